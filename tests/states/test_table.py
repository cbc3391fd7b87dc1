"""The rows and the guards, against a copy written by hand."""

from typing import Any

import pytest

from orchestrator.states import (
    GUARDS,
    MACHINE_VERSION,
    TRANSITIONS,
    Guard,
    PaymentEvent,
    PaymentState,
    Transition,
    guard_allows,
    machine_version,
)
from orchestrator.states.table import table_violations

ROWS = [
    ("created", "confirm", "confirming"),
    ("requires_new_card", "confirm", "confirming"),
    ("card_disabled", "confirm", "confirming"),
    ("confirming", "succeed", "succeeded"),
    ("confirming", "require_new_card", "requires_new_card"),
    ("confirming", "disable_card", "card_disabled"),
    ("confirming", "fail", "failed"),
    ("created", "cancel", "failed"),
    ("requires_new_card", "cancel", "failed"),
    ("card_disabled", "cancel", "failed"),
    ("confirming", "cancel", "failed"),
    ("created", "expire", "failed"),
    ("requires_new_card", "expire", "failed"),
    ("card_disabled", "expire", "failed"),
    ("confirming", "expire", "failed"),
]


def test_rows_are_the_fifteen() -> None:
    """The table is these fifteen rows in this order."""
    assert [(row.source.value, row.event.value, row.target.value) for row in TRANSITIONS] == ROWS


def test_row_reads_as_an_arrow() -> None:
    """A row names itself the way messages quote it."""
    assert str(TRANSITIONS[0]) == "created --confirm--> confirming"


@pytest.mark.parametrize(
    ("event", "with_none", "with_one"),
    [
        ("confirm", False, True),
        ("succeed", True, True),
        ("require_new_card", False, True),
        ("disable_card", False, True),
        ("fail", True, True),
        ("cancel", True, True),
        ("expire", True, True),
    ],
)
def test_guard_of_every_event(event: str, with_none: bool, with_one: bool) -> None:
    """Three events need an attempt; the others happen with none left."""
    assert guard_allows(PaymentEvent(event), 0) is with_none
    assert guard_allows(PaymentEvent(event), 1) is with_one


def test_only_confirm_spends() -> None:
    """A confirmation spends one attempt, and nothing else spends any."""
    spent = {event: guard.attempts_spent for event, guard in GUARDS.items()}

    assert spent == {
        PaymentEvent.confirm: 1,
        PaymentEvent.require_new_card: 0,
        PaymentEvent.disable_card: 0,
    }


def test_version_is_pinned() -> None:
    """The version stands on stored rows, so a changed rule has to change this line as well."""
    assert MACHINE_VERSION == "969db9e4ad5d"


def test_version_ignores_order() -> None:
    """Rows written in another order are the same machine."""
    assert (
        machine_version(TRANSITIONS[::-1], dict(reversed(list(GUARDS.items())))) == MACHINE_VERSION
    )


@pytest.mark.parametrize("row", TRANSITIONS, ids=str)
def test_version_covers_every_row(row: Transition) -> None:
    """A machine without one of its rows has another version."""
    table = [other for other in TRANSITIONS if other != row]

    assert machine_version(table, GUARDS) != MACHINE_VERSION


@pytest.mark.parametrize("event", GUARDS)
def test_version_covers_every_guard(event: PaymentEvent) -> None:
    """A machine with another guard has another version."""
    guards = {**GUARDS, event: Guard(attempts_needed=2)}

    assert machine_version(TRANSITIONS, guards) != MACHINE_VERSION


def test_table_is_sound() -> None:
    """The table we run has nothing a machine could not be built on."""
    assert list(table_violations(TRANSITIONS)) == []


def test_shared_source_and_event_is_named() -> None:
    """Two rows for one source and event are both named: the library would drop one silently."""
    rival = Transition(PaymentState.created, PaymentEvent.confirm, PaymentState.failed)

    violations = list(table_violations([*TRANSITIONS, rival]))

    assert [(violation.rule, violation.row) for violation in violations] == [
        ("unique_rows", TRANSITIONS[0]),
        ("unique_rows", rival),
    ]


def test_repeated_row_is_named_once() -> None:
    """A row written twice is one violation."""
    violations = list(table_violations([*TRANSITIONS, TRANSITIONS[3]]))

    assert [(violation.rule, violation.row) for violation in violations] == [
        ("unique_rows", TRANSITIONS[3])
    ]


@pytest.mark.parametrize("state", PaymentState)
def test_self_transition_is_named(state: PaymentState) -> None:
    """A row that leads nowhere new is a violation: it would be a history row without a move."""
    loop = Transition(state, PaymentEvent.succeed, state)

    rules = [v.rule for v in table_violations([loop]) if v.row == loop]

    assert rules == ["no_self_transition"]


@pytest.mark.parametrize("part", [0, 1, 2], ids=["source", "event", "target"])
def test_plain_string_is_named(part: int) -> None:
    """A part that is only a string, though rightly spelt, is a violation."""
    words: list[Any] = list(TRANSITIONS[0])
    words[part] = words[part].value

    rules = [violation.rule for violation in table_violations([Transition(*words)])]

    assert rules == ["enum_typed"]


def test_violation_as_json() -> None:
    """A violation gives its row as an object, or null where no row is to blame."""
    (violation,) = table_violations([TRANSITIONS[0], TRANSITIONS[0]])

    assert violation.as_json() == {
        "rule": "unique_rows",
        "row": {"source": "created", "event": "confirm", "target": "confirming"},
        "sentence": "Row created --confirm--> confirming shares source and event with another.",
    }
