"""A session of the console keeps its key and its end, and is never begun by a key that may not."""

import pytest

from tests.store.builders import NOW, Row, insert, update
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World

KEPT = "token_digest = '" + "5" * 64 + "'"
LATER = "2026-03-01T13:00:00.000000Z"


def session(**columns: object) -> Row:
    """Build the row of a session that begins."""
    row: Row = {
        "token_digest": "a" * 64,
        "key_id": "kept",
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": "2027-03-01T20:00:00.000000Z",
    }
    return row | columns


REFUSED: dict[str, Action] = {
    "of no key": lambda _: [insert("console_sessions", session(key_id="nobody"))],
    "of a revoked key": lambda _: [insert("console_sessions", session(key_id="revoked"))],
    "of a key of one owner": lambda _: [insert("console_sessions", session(key_id="shop"))],
    "twice": lambda _: [insert("console_sessions", session(token_digest="5" * 64))],
    "the token itself": lambda _: [insert("console_sessions", session(token_digest="abc"))],
    "over before it begins": lambda _: [insert("console_sessions", session(expires_at=NOW))],
    "seen before it begins": lambda _: [
        insert("console_sessions", session(last_seen_at="2020-01-01T00:00:00.000000Z"))
    ],
    "seen after its end": lambda _: [
        update("console_sessions", KEPT, last_seen_at="2030-01-01T00:00:00.000000Z")
    ],
    "seen earlier": lambda _: [
        update("console_sessions", KEPT, last_seen_at=LATER),
        update("console_sessions", KEPT, last_seen_at="2026-03-01T12:30:00.000000Z"),
    ],
    "of another key": lambda _: [update("console_sessions", KEPT, key_id="revoked")],
    "another token": lambda _: [update("console_sessions", KEPT, token_digest="b" * 64)],
    "made longer": lambda _: [
        update("console_sessions", KEPT, expires_at="2030-01-01T00:00:00.000000Z")
    ],
    "begun at another time": lambda _: [
        update("console_sessions", KEPT, created_at="2026-03-01T11:00:00.000000Z")
    ],
}
TAKEN: dict[str, Action] = {
    "begun": lambda _: [insert("console_sessions", session())],
    "seen again": lambda _: [update("console_sessions", KEPT, last_seen_at=LATER)],
    "ended": lambda _: [f"DELETE FROM console_sessions WHERE {KEPT}"],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_no_session_is_forged(world: World, action: Action) -> None:
    """The databases refuse what the program never does."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("action", rows_of(TAKEN))
def test_what_the_program_does_is_taken(world: World, action: Action) -> None:
    """The databases take what the program does."""
    world.check(*action(world))
