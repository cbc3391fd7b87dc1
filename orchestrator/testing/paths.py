"""Walks every path that a payment can take, from ``created`` to its end.

Pure: it drives the machine that the program runs, guards included, and stores nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from orchestrator.states import (
    GUARDS,
    INITIAL_STATE,
    TRANSITIONS,
    Configuration,
    PaymentEvent,
    PaymentMachine,
    PaymentState,
    Transition,
)
from orchestrator.states.table import Guards, Table


class PathsUnbounded(AssertionError):
    """A path went on past the bound: the table or its guards let a payment go round."""


class Path(NamedTuple):
    """One life of a payment: its transitions after ``created``, in order."""

    steps: tuple[Transition, ...]

    @property
    def events(self) -> tuple[PaymentEvent, ...]:
        """List the events, in order; a history has ``create`` before them."""
        return tuple(step.event for step in self.steps)

    @property
    def states(self) -> tuple[PaymentState, ...]:
        """List the states, ``created`` first."""
        return (INITIAL_STATE, *(step.target for step in self.steps))

    @property
    def end(self) -> PaymentState:
        """Return the state in which it ends."""
        return self.states[-1]

    @property
    def confirmations(self) -> int:
        """Count the attempts it spends."""
        return self.events.count(PaymentEvent.confirm)

    def __str__(self) -> str:
        return " ".join(self.events)


def paths(
    max_attempts: int = 4, *, table: Table = TRANSITIONS, guards: Guards = GUARDS
) -> Iterator[Path]:
    """Generate every path from ``created`` to an end, for a payment with that many attempts.

    There are ``6 * (2 ** max_attempts - 1)`` of the program's own table, none longer than twice
    ``max_attempts``.

    Raises:
        PathsUnbounded: a path of another table is longer than that.
        ValueError: ``max_attempts`` is less than one.
    """
    if max_attempts < 1:
        raise ValueError(f"A payment has at least one attempt; {max_attempts} were asked for.")
    machine = PaymentMachine(table, guards)
    longest = 2 * max_attempts
    waiting = [(Configuration(INITIAL_STATE, max_attempts), Path(()))]
    while waiting:
        here, path = waiting.pop()
        if len(path.steps) > longest:
            raise PathsUnbounded(f"With {max_attempts} attempts a payment can go on: {path} …")
        after = [_taken(machine, here, path, event) for event in machine.permitted_events(here)]
        if not after:
            yield path
        waiting += reversed(after)


def _taken(
    machine: PaymentMachine, here: Configuration, path: Path, event: PaymentEvent
) -> tuple[Configuration, Path]:
    after = machine.step(here, event)
    return after, Path((*path.steps, Transition(here.state, event, after.state)))
