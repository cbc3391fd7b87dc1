"""What people make of an anomaly is appended, goes on from the step before, and ends for good."""

import pytest

from tests.store.builders import NOW, Row, insert, literal, update
from tests.store.refusal import Action, assert_refused
from tests.store.seeds import note_row
from tests.store.worlds import World

ASSIGNED = "owner = 'ada'"
OF_B = "(SELECT id FROM anomalies WHERE payment_id = 'pay_b')"
ANOTHER: Row = {"id": "ano_x", "kind": "odd", "detail": "x", "noted_at": NOW}


def note(**columns: object) -> str:
    """Write the statement that appends the second note of the seeded anomaly."""
    row = note_row("ano_b", sequence=2, source="assigned", noted_at=NOW) | columns
    return insert("anomaly_notes", row).replace(literal("ano_b"), OF_B)


def first(**columns: object) -> list[str]:
    """Write the statements of another anomaly with a note."""
    row = note_row("ano_x", noted_at=NOW) | columns
    return [
        insert("anomalies", ANOTHER | {"payment_intent": "pi_nobody"}),
        insert("anomaly_notes", row),
    ]


def resolved(**columns: object) -> str:
    """Write the statement that resolves the seeded anomaly."""
    return note(**{"state": "resolved", "resolution": "accepted", "reason": "why", **columns})


REFUSED: dict[str, Action] = {
    "anomaly about nothing": lambda w: [insert("anomalies", ANOTHER)],
    "anomaly twice": lambda w: first()[:1] * 2,
    "note of no anomaly": lambda w: first()[1:],
    "note in the place of another": lambda w: [note(sequence=1, source="open")],
    "note past a gap": lambda w: [note(sequence=3)],
    "note before the first": lambda w: [note(sequence=0)],
    "note from another state": lambda w: [note(source="open")],
    "first note from nowhere": lambda w: first(source="assigned"),
    "note to no state": lambda w: [note(state="open")],
    "assigned to nobody": lambda w: [note(owner=None)],
    "assigned with a resolution": lambda w: [note(resolution="accepted", reason="why")],
    "resolved without a reason": lambda w: [resolved(reason=None)],
    "resolved as nothing": lambda w: [resolved(resolution=None)],
    "resolved twice": lambda w: [resolved(), resolved(sequence=3, source="resolved")],
    "given away once resolved": lambda w: [resolved(), note(sequence=3)],
    "noted by no person": lambda w: [note(actor_kind="worker")],
    "noted by nobody": lambda w: [note(actor_kind=None)],
    "note changed": lambda w: [update("anomaly_notes", ASSIGNED, owner="bob")],
    "note of another anomaly": lambda w: [
        *first()[:1],
        update("anomaly_notes", ASSIGNED, anomaly_id="ano_x"),
    ],
    "note deleted": lambda w: [f"DELETE FROM anomaly_notes WHERE {ASSIGNED}"],  # noqa: S608, RUF100  ours
}

ACCEPTED: dict[str, list[str]] = {
    "given to another": [note(owner="bob")],
    "resolved": [resolved()],
    "resolved by an operator": [resolved(actor_kind="operator", actor_id=None, owner=None)],
    "of an intent of nobody": first(),
    "resolved at once": first(state="resolved", owner=None, resolution="r", reason="why"),
}


@pytest.mark.parametrize("action", REFUSED.values(), ids=REFUSED)
def test_note_is_refused(world: World, action: Action) -> None:
    """Nobody rewrites who had an anomaly, or how it ended."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("statements", ACCEPTED.values(), ids=ACCEPTED)
def test_note_is_accepted(world: World, statements: list[str]) -> None:
    """An anomaly goes on from where it stands."""
    world.check(*statements)
