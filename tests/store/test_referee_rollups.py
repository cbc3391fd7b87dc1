"""A count only grows, and what is counted goes on in the feed and never back."""

import pytest

from tests.store.builders import Row, insert
from tests.store.refusal import Action, assert_refused, rows_of
from tests.store.worlds import World

EVER = "1970-01-01T00:00:00.000000Z"
CREATED = "span = 'ever' AND kind = 'entered' AND name = 'created'"
LAST = "(SELECT max(position) FROM events)"


def count(**columns: object) -> Row:
    """Build the row of a count that begins."""
    row: Row = {
        "span": "ever",
        "kind": "decline",
        "began_at": EVER,
        "name": "never_came",
        "how_many": 1,
    }
    return row | columns


REFUSED: dict[str, Action] = {
    "of nothing": lambda _: [insert("rollups", count(how_many=0))],
    "of another span": lambda _: [insert("rollups", count(span="week"))],
    "of another kind": lambda _: [insert("rollups", count(kind="customers"))],
    "begun twice": lambda _: [insert("rollups", count(kind="entered", name="created"))],
    "lowered": lambda _: [f"UPDATE rollups SET how_many = how_many - 1 WHERE {CREATED}"],
    "renamed": lambda _: [
        f"UPDATE rollups SET how_many = how_many + 1, name = 'gone' WHERE {CREATED}"
    ],
    "taken away": lambda _: [f"DELETE FROM rollups WHERE {CREATED}"],
    "counted again": lambda _: ["UPDATE rollup_turn SET position = 1"],
    "counted ahead": lambda _: [f"UPDATE rollup_turn SET position = {LAST} + 1"],
    "no place at all": lambda _: ["DELETE FROM rollup_turn"],
    "two places": lambda _: ["INSERT INTO rollup_turn (single, position) VALUES (1, 0)"],
}
TAKEN: dict[str, Action] = {
    "begun": lambda _: [insert("rollups", count())],
    "grown": lambda _: [f"UPDATE rollups SET how_many = how_many + 2 WHERE {CREATED}"],
}


@pytest.mark.parametrize("action", rows_of(REFUSED))
def test_no_count_is_forged(world: World, action: Action) -> None:
    """The databases refuse what the program never does."""
    assert_refused(world, action(world))


@pytest.mark.parametrize("action", rows_of(TAKEN))
def test_what_the_program_does_is_taken(world: World, action: Action) -> None:
    """The databases take what the program does."""
    world.check(*action(world))
