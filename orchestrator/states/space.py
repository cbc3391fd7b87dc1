"""Visits every configuration a payment with a given budget could be in, and every step from it.

It only looks: what the steps must and must not do is judged in ``certificate.py``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from orchestrator.states.errors import TransitionRefused
from orchestrator.states.machine import PaymentMachine
from orchestrator.states.state import INITIAL_STATE, Configuration, PaymentEvent, PaymentState
from orchestrator.states.table import Table, Transition


class Step(NamedTuple):
    """One move of the machine: by which row, from where, to where."""

    row: Transition
    before: Configuration
    after: Configuration


Graph = Mapping[Configuration, tuple[Step, ...]]


@dataclass(frozen=True)
class Space:
    """Everything a payment with ``max_attempts`` could do, reachable or not."""

    max_attempts: int
    table: Table
    graph: Graph

    @property
    def start(self) -> Configuration:
        """Give the configuration in which such a payment begins."""
        return Configuration(INITIAL_STATE, self.max_attempts)

    @cached_property
    def reachable(self) -> Graph:
        """Give the part of the graph a payment can really come to."""
        found: dict[Configuration, tuple[Step, ...]] = {}
        waiting = [self.start]
        while waiting:
            here = waiting.pop()
            if here in self.graph and here not in found:
                found[here] = self.graph[here]
                waiting += [step.after for step in self.graph[here]]
        return found

    @property
    def steps(self) -> Iterator[Step]:
        """Go through every step of every configuration."""
        return (step for steps in self.graph.values() for step in steps)

    @cached_property
    def longest_path(self) -> int | None:
        """Count the most transitions a payment can make; None where there is no bound."""
        return _longest(self.reachable, self.start, lambda _: 1)

    @cached_property
    def max_confirmations(self) -> int | None:
        """Count the most confirmations a payment can make; None where there is no bound."""
        return _longest(self.reachable, self.start, lambda row: row.event is PaymentEvent.confirm)


def explore(machine: PaymentMachine, table: Table, max_attempts: int) -> Space:
    """Try every event in every state with every number of attempts left."""
    everything = (
        Configuration(state, left) for state in PaymentState for left in range(max_attempts + 1)
    )
    graph = {here: tuple(_steps(machine, here)) for here in everything}
    return Space(max_attempts, table, graph)


def _steps(machine: PaymentMachine, here: Configuration) -> Iterator[Step]:
    for event in PaymentEvent:
        try:
            after = machine.step(here, event)
        except TransitionRefused:
            continue
        yield Step(Transition(here.state, event, after.state), here, after)


def _longest(graph: Graph, start: Configuration, weight: Callable[[Transition], int]) -> int | None:
    successors = {here: [step.after for step in steps] for here, steps in graph.items()}
    try:
        last_first = tuple(TopologicalSorter(successors).static_order())
    except CycleError:
        return None
    length: dict[Configuration, int] = {}
    for here in last_first:
        steps = graph.get(here, ())
        length[here] = max((weight(s.row) + length[s.after] for s in steps), default=0)
    return length[start]


def row_on_a_cycle(graph: Graph) -> Transition:
    """Name a row that leads back to where it came from; ``graph`` is known to have one."""
    return next(
        step.row
        for steps in graph.values()
        for step in steps
        if step.before in _beyond(graph, step.after)
    )


def _beyond(graph: Graph, start: Configuration) -> set[Configuration]:
    seen: set[Configuration] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += [step.after for step in graph.get(here, ())]
    return seen
