"""Runs the table: the one module that touches the ``transitions`` library.

A pure function over values. It never sees an ORM object, a callback or a condition, because the
library overwrites the state of the one and swallows the refusal of the other two.
"""

import logging
from typing import Final

from transitions import Event, Machine, MachineError

from orchestrator.states.errors import AttemptsExhausted, IllegalTransition, InvalidTable
from orchestrator.states.state import INITIAL_STATE, Configuration, PaymentEvent, PaymentState
from orchestrator.states.table import (
    GUARDS,
    TRANSITIONS,
    UNGUARDED,
    Guards,
    Table,
    guard_allows,
    table_violations,
)

# The library logs every entry and exit at INFO: two lines a step on the hot path.
logging.getLogger("transitions").setLevel(logging.WARNING)


class _Subject:
    """The one field the library reads and writes; it lives for a single step."""

    __slots__ = ("state",)

    def __init__(self, state: PaymentState) -> None:
        self.state = state


class PaymentMachine:
    """A table with its guards, made to run. It keeps no payment and no state of its own."""

    def __init__(self, table: Table, guards: Guards) -> None:
        """Build the machine.

        Raises:
            InvalidTable: rows are not of our enums, ambiguous, or lead back to their source.
        """
        violations = tuple(table_violations(table))
        if violations:
            raise InvalidTable(violations)
        self._guards = guards
        self._events = _build(table).events
        self._allowed = {
            state: tuple(
                event
                for event in PaymentEvent
                if any(row.source is state and row.event is event for row in table)
            )
            for state in PaymentState
        }

    def advance(self, state: PaymentState | str, event: PaymentEvent | str) -> PaymentState:
        """Return the state to which ``event`` leads from ``state``, by the table alone.

        Raises:
            IllegalTransition: the table has no such row.
            ValueError: no such state or event exists.
        """
        state, event = PaymentState(state), PaymentEvent(event)
        try:
            return self._fire(state, event)
        except MachineError as error:
            raise IllegalTransition(state, event, self.allowed_events(state)) from error

    def step(self, configuration: Configuration, event: PaymentEvent | str) -> Configuration:
        """Return the configuration to which ``event`` leads, by the table and the guards.

        Raises:
            IllegalTransition: the table has no such row.
            AttemptsExhausted: it has, but too few attempts are left.
            ValueError: no such state or event exists.
        """
        state, event = PaymentState(configuration.state), PaymentEvent(event)
        left = configuration.attempts_left
        try:
            target = self._fire(state, event)
        except MachineError as error:
            permitted = self.permitted_events(configuration)
            raise IllegalTransition(state, event, permitted) from error
        if not guard_allows(event, left, self._guards):
            raise AttemptsExhausted(state, event, self.permitted_events(configuration), left)
        return Configuration(target, left - self._guards.get(event, UNGUARDED).attempts_spent)

    def allowed_events(self, state: PaymentState | str) -> tuple[PaymentEvent, ...]:
        """List the events the table has for ``state``, in the order of the enum."""
        return self._allowed[PaymentState(state)]

    def permitted_events(self, configuration: Configuration) -> tuple[PaymentEvent, ...]:
        """List the events ``step`` would accept: allowed by the table and by the guards."""
        return tuple(
            event
            for event in self.allowed_events(configuration.state)
            if guard_allows(event, configuration.attempts_left, self._guards)
        )

    def _fire(self, state: PaymentState, event: PaymentEvent) -> PaymentState:
        subject = _Subject(state)
        self._events[event].trigger(subject)
        return subject.state


def _build(table: Table) -> Machine:
    machine = Machine(
        model=None,
        states=PaymentState,
        initial=INITIAL_STATE,
        transitions=[
            {"trigger": row.event.value, "source": row.source, "dest": row.target} for row in table
        ],
        auto_transitions=False,
        queued=False,
        ignore_invalid_triggers=False,
    )
    for event in PaymentEvent:
        # An event without a row is known all the same, and refused everywhere.
        machine.events.setdefault(event.value, Event(event.value, machine))
    return machine


MACHINE: Final = PaymentMachine(TRANSITIONS, GUARDS)

advance = MACHINE.advance
step = MACHINE.step
allowed_events = MACHINE.allowed_events
permitted_events = MACHINE.permitted_events
