"""The chain of actions only grows, by one row at a time, each tied to the one before."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World

BEGINNING = "0" * 64


def last(world: World) -> tuple[int, str]:
    """Return the number and the hash of the last action."""
    number, digest = world.rows("SELECT number, hash FROM action_head")[0]
    return int(number), str(digest)


def action(world: World, **columns: object) -> Row:
    """Build the action that would come next."""
    number, digest = last(world)
    row: Row = {
        "number": number + 1,
        "actor_kind": "api_key",
        "actor_id": "kept",
        "action": "card_disabled",
        "subject_kind": "card",
        "subject_id": "pm_card",
        "reason": "lost",
        "details": "{}",
        "request_id": "req_1",
        "application_version": "0",
        "occurred_at": NOW,
        "previous_hash": digest,
        "hash": "a" * 64,
    }
    return row | columns


REFUSED: dict[str, Action] = {
    "a gap": lambda w: [insert("actions", action(w, number=last(w)[0] + 2))],
    "a number taken": lambda w: [insert("actions", action(w, number=last(w)[0]))],
    "from nought": lambda w: [insert("actions", action(w, number=0))],
    "another chain": lambda w: [insert("actions", action(w, previous_hash=BEGINNING))],
    "two of one number": lambda w: [insert("actions", action(w)), insert("actions", action(w))],
    "an actor nobody knows": lambda w: [insert("actions", action(w, actor_kind="stripe"))],
    "a key without a name": lambda w: [insert("actions", action(w, actor_id=None))],
    "nobody with a name": lambda w: [insert("actions", action(w, actor_kind="anonymous"))],
    "changed": lambda _: [update("actions", "number = 1", reason="another")],
    "removed": lambda _: ["DELETE FROM actions WHERE number = 1"],
    "the last one removed": lambda w: [f"DELETE FROM actions WHERE number = {last(w)[0]}"],
    "end: moved back": lambda w: [f"UPDATE action_head SET number = {last(w)[0] - 1}"],
    "end: moved alone": lambda w: [f"UPDATE action_head SET number = {last(w)[0] + 1}"],
    "end: another hash": lambda _: [f"UPDATE action_head SET hash = '{BEGINNING}'"],
    "end: removed": lambda _: ["DELETE FROM action_head"],
    "end: a second": lambda _: [
        f"INSERT INTO action_head (single, number, hash) VALUES (2, 0, '{BEGINNING}')"
    ],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_actions_are_guarded(world: World, action: Action) -> None:
    """Plain SQL can neither rewrite, remove nor insert an action, nor move the chain's end."""
    assert_refused(world, action(world))


def test_the_end_follows(world: World) -> None:
    """An action that fits is taken, and the chain ends with it."""
    row = action(world)
    world.run(insert("actions", row))

    assert last(world) == (row["number"], row["hash"])
