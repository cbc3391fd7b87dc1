"""Seals follow each other without gaps, stand over their leaves, and none of it changes."""

import pytest

from tests.store.builders import FORGED, NOW, Row, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World


def seal(world: World, **columns: object) -> Row:
    """Build the row of the seal that would come next."""
    (last,) = world.rows("SELECT number, hash FROM seals")
    row: Row = {
        "number": int(last[0]) + 1,
        "sealed_at": NOW,
        "payments": 0,
        "root": FORGED,
        "previous_hash": last[1],
        "key_id": "k",
        "other_chains": {},
        "hash": FORGED,
        "signature": "s",
        "public_key": "p",
    }
    return row | columns


def leaf(world: World, **columns: object) -> Row:
    """Build the first leaf of the seal that would come next: of the payment that was created."""
    payment = world.payments["created"]
    row: Row = {
        "seal": 2,
        "position": 0,
        "payment_id": payment.id,
        "version": payment.version,
        "last_hash": payment.last_hash,
        "evidence_count": payment.evidence_count,
        "evidence_hash": payment.evidence_hash,
        "attempts": [],
    }
    return row | columns


REFUSED: dict[str, Action] = {
    "seal: a gap": lambda w: [insert("seals", seal(w, number=3))],
    "seal: again": lambda w: [insert("seals", seal(w, number=1))],
    "seal: after another": lambda w: [insert("seals", seal(w, previous_hash=FORGED))],
    "seal: over fewer leaves": lambda w: [
        insert("seal_leaves", leaf(w)),
        insert("seals", seal(w)),
    ],
    "seal: over more leaves": lambda w: [insert("seals", seal(w, payments=1))],
    "seal: changed": lambda _: [update("seals", "number = 1", root=FORGED)],
    "seal: removed": lambda _: ["DELETE FROM seals"],
    "leaf: of a seal that stands": lambda w: [insert("seal_leaves", leaf(w, seal=1, position=99))],
    "leaf: of a later seal": lambda w: [insert("seal_leaves", leaf(w, seal=3))],
    "leaf: a gap": lambda w: [insert("seal_leaves", leaf(w, position=1))],
    "leaf: of another hash": lambda w: [insert("seal_leaves", leaf(w, last_hash=FORGED))],
    "leaf: of another version": lambda w: [insert("seal_leaves", leaf(w, version=9))],
    "leaf: of nobody": lambda w: [insert("seal_leaves", leaf(w, payment_id="pay_x"))],
    "leaf: of evidence nobody has": lambda w: [
        insert("seal_leaves", leaf(w, evidence_count=9, evidence_hash=FORGED))
    ],
    "leaf: twice": lambda w: [
        insert("seal_leaves", leaf(w)),
        insert("seal_leaves", leaf(w, position=1)),
    ],
    "leaf: changed": lambda _: [update("seal_leaves", "position = 0", last_hash=FORGED)],
    "leaf: removed": lambda _: ["DELETE FROM seal_leaves WHERE position = 0"],
    "turn: another": lambda _: ["INSERT INTO seal_turn (single) VALUES (2)"],
    "turn: removed": lambda _: ["DELETE FROM seal_turn"],
    "turn: held for ever": lambda _: [update("seal_turn", "single = 1", holder="x")],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_seals_are_guarded(world: World, action: Action) -> None:
    """Plain SQL can neither change, remove nor slip in a seal or a leaf."""
    assert_refused(world, action(world))


def test_a_draft_may_leave(world: World) -> None:
    """The leaves of a seal that does not stand yet may be thrown away, and sealed."""
    world.check(
        insert("seal_leaves", leaf(world)),
        "DELETE FROM seal_leaves WHERE seal = 2",
        insert("seal_leaves", leaf(world)),
        insert("seals", seal(world, payments=1)),
    )
