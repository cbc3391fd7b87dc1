"""Proves the machine's promises by visiting every configuration there is, for every budget.

It drives the machine the product runs, guards included, and trusts no row: a broken promise comes
back as a value that names it. It repairs nothing and raises for nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.states.errors import InvalidTable
from orchestrator.states.machine import PaymentMachine
from orchestrator.states.space import Space, explore, row_on_a_cycle
from orchestrator.states.state import (
    LARGEST_MAX_ATTEMPTS,
    TERMINAL_STATES,
    WAITING_STATES,
    PaymentEvent,
    PaymentState,
)
from orchestrator.states.table import GUARDS, TRANSITIONS, Guards, Table, Transition, Violation

_S, _E = PaymentState, PaymentEvent

# An event means one thing, so it leads to one state wherever it happens.
LEADS_TO: Final[Mapping[PaymentEvent, PaymentState]] = MappingProxyType(
    {
        _E.confirm: _S.confirming,
        _E.succeed: _S.succeeded,
        _E.require_new_card: _S.requires_new_card,
        _E.disable_card: _S.card_disabled,
        _E.fail: _S.failed,
        _E.cancel: _S.failed,
        _E.expire: _S.failed,
    }
)

# Stripe's answers to a confirmation: there is none to hear where none was asked for.
OUTCOMES: Final = frozenset({_E.succeed, _E.require_new_card, _E.disable_card, _E.fail})

# What must be possible however few attempts are left: a known outcome can be written down, and
# anybody can end an open payment.
ALWAYS_OWED: Final[Mapping[PaymentState, frozenset[PaymentEvent]]] = MappingProxyType(
    {
        _S.created: frozenset({_E.cancel, _E.expire}),
        _S.requires_new_card: frozenset({_E.cancel, _E.expire}),
        _S.card_disabled: frozenset({_E.cancel, _E.expire}),
        _S.confirming: frozenset({_E.succeed, _E.fail, _E.cancel, _E.expire}),
    }
)

# What must be possible besides while an attempt is left: to pay, and to try another card.
OWED_WITH_ATTEMPTS: Final[Mapping[PaymentState, frozenset[PaymentEvent]]] = MappingProxyType(
    {
        _S.created: frozenset({_E.confirm}),
        _S.requires_new_card: frozenset({_E.confirm}),
        _S.card_disabled: frozenset({_E.confirm}),
        _S.confirming: frozenset({_E.require_new_card, _E.disable_card}),
    }
)


class Measure(NamedTuple):
    """What was found for one budget. None stands for a path without a bound."""

    max_attempts: int
    configurations: int
    longest_path: int | None
    max_confirmations: int | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof's result: it holds when there are no violations."""

    measures: tuple[Measure, ...]
    violations: tuple[Violation, ...]
    max_attempts: int

    @property
    def holds(self) -> bool:
        """Tell whether every promise was kept."""
        return not self.violations

    @property
    def configurations(self) -> int:
        """Count the reachable configurations visited, over all budgets."""
        return sum(measure.configurations for measure in self.measures)

    @property
    def longest_path(self) -> int | None:
        """Give the longest path of the largest budget."""
        return self.measures[-1].longest_path if self.measures else None

    @property
    def max_confirmations(self) -> int | None:
        """Give the most confirmations of the largest budget."""
        return self.measures[-1].max_confirmations if self.measures else None

    def as_json(self) -> dict[str, Any]:
        """Give the certificate as plain JSON values."""
        return {
            "max_attempts": self.max_attempts,
            "configurations": self.configurations,
            "longest_path": self.longest_path,
            "max_confirmations": self.max_confirmations,
            "violations": [violation.as_json() for violation in self.violations],
        }


def certify(
    max_attempts: int = LARGEST_MAX_ATTEMPTS,
    table: Table = TRANSITIONS,
    guards: Guards = GUARDS,
) -> Certificate:
    """Visit every configuration for each budget from 1 to ``max_attempts`` and try every rule.

    Raises:
        ValueError: ``max_attempts`` is less than one, so there is nothing to prove.
    """
    if max_attempts < 1:
        raise ValueError(f"A payment has at least one attempt; {max_attempts} were asked for.")
    try:
        machine = PaymentMachine(table, guards)
    except InvalidTable as error:
        return Certificate((), error.violations, max_attempts)
    spaces = [explore(machine, table, budget) for budget in range(1, max_attempts + 1)]
    measures = tuple(
        Measure(s.max_attempts, len(s.reachable), s.longest_path, s.max_confirmations)
        for s in spaces
    )
    broken = (violation for space in spaces for rule in RULES for violation in rule(space))
    return Certificate(measures, _first_of_each(broken), max_attempts)


def _first_of_each(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Keep the smallest budget's instance of a violation that every budget shows."""
    first: dict[tuple[str, Transition | None], Violation] = {}
    for violation in violations:
        first.setdefault((violation.rule, violation.row), violation)
    return tuple(first.values())


def _terminal_is_final(space: Space) -> Iterator[Violation]:
    for row in space.table:
        if row.source in TERMINAL_STATES:
            yield Violation("terminal_is_final", row, f"Row {row} leaves a handled state.")


def _event_keeps_its_meaning(space: Space) -> Iterator[Violation]:
    for row in space.table:
        if row.target is not LEADS_TO[row.event]:
            sentence = f"Row {row} should lead to {LEADS_TO[row.event]}."
            yield Violation("event_keeps_its_meaning", row, sentence)


def _outcome_needs_a_question(space: Space) -> Iterator[Violation]:
    for row in space.table:
        if row.event in OUTCOMES and row.source is not _S.confirming:
            sentence = f"Row {row} records an outcome where no confirmation was sent."
            yield Violation("outcome_needs_a_question", row, sentence)


def _every_row_is_reachable(space: Space) -> Iterator[Violation]:
    if space.max_attempts == 1:
        return  # One attempt leaves none for a new card; two are enough for every row.
    taken = {step.row for steps in space.reachable.values() for step in steps}
    for row in space.table:
        if row not in taken:
            yield Violation("every_row_is_reachable", row, f"Row {row} can never be taken.")


def _what_is_owed_is_permitted(space: Space) -> Iterator[Violation]:
    for here, steps in space.graph.items():
        owed = ALWAYS_OWED.get(here.state, frozenset())
        if here.attempts_left > 0:
            owed |= OWED_WITH_ATTEMPTS.get(here.state, frozenset())
        for event in sorted(owed - {step.row.event for step in steps}):
            row = Transition(here.state, event, LEADS_TO[event])
            sentence = f"Row {row} is missing or refused with {here.attempts_left} attempts left."
            yield Violation("what_is_owed_is_permitted", row, sentence)


def _only_confirm_spends(space: Space) -> Iterator[Violation]:
    for row, before, after in space.steps:
        spent = before.attempts_left - after.attempts_left
        due = int(row.event is _E.confirm)
        if spent != due:
            sentence = f"Row {row} spends {spent} attempts and should spend {due}."
            yield Violation("only_confirm_spends", row, sentence)


def _attempts_stay_in_bounds(space: Space) -> Iterator[Violation]:
    for row, before, after in space.steps:
        if not 0 <= after.attempts_left <= before.attempts_left:
            sentence = f"Row {row} takes {before.attempts_left} attempts to {after.attempts_left}."
            yield Violation("attempts_stay_in_bounds", row, sentence)


def _waiting_can_still_pay(space: Space) -> Iterator[Violation]:
    for row, _, after in space.steps:
        if after.state in WAITING_STATES and after.attempts_left <= 0:
            sentence = f"Row {row} waits for a card with {after.attempts_left} attempts left."
            yield Violation("waiting_can_still_pay", row, sentence)


def _everything_ends(space: Space) -> Iterator[Violation]:
    ending = {here for here in space.graph if here.state in TERMINAL_STATES}
    while more := {
        here
        for here, steps in space.graph.items()
        if here not in ending and any(step.after in ending for step in steps)
    }:
        ending |= more
    for state, left in sorted(space.graph.keys() - ending):
        sentence = f"From {state} with {left} attempts left no handled state can be reached."
        yield Violation("everything_ends", None, sentence)


def _path_is_bounded(space: Space) -> Iterator[Violation]:
    expected = {
        "longest_path": (space.longest_path, 2 * space.max_attempts),
        "max_confirmations": (space.max_confirmations, space.max_attempts),
    }
    for rule, (found, bound) in expected.items():
        if found is None:
            row = row_on_a_cycle(space.reachable)
            yield Violation(rule, row, f"Row {row} can be taken again and again: no bound holds.")
        elif found != bound:
            sentence = f"With max_attempts {space.max_attempts} the {rule} is {found}, not {bound}."
            yield Violation(rule, None, sentence)


RULES: Final[tuple[Callable[[Space], Iterator[Violation]], ...]] = (
    _terminal_is_final,
    _event_keeps_its_meaning,
    _outcome_needs_a_question,
    _every_row_is_reachable,
    _what_is_owed_is_permitted,
    _only_confirm_spends,
    _attempts_stay_in_bounds,
    _waiting_can_still_pay,
    _everything_ends,
    _path_is_bounded,
)
