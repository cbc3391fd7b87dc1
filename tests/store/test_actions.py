"""Actions are recorded with what they are of, one after the other, and listed newest first."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator.actions import Action, ActionName, Subject, action_hash
from orchestrator.chain import GENESIS
from orchestrator.payment import Actor
from orchestrator.store.actions import ListActions, read_actions, record_action
from orchestrator.store.connections import Database, open_database
from tests.stored_payments import START

ACTION = Action(
    ActionName.card_disabled,
    Subject("card", "pm_1"),
    Actor("api_key", "key1"),
    START,
    "lost",
    "req_1",
    {"owner": "shop", "customer": None},
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a migrated database of this test's own."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def test_actions_of_one_moment_are_chained(database: Database) -> None:
    """Many who record at the same time get numbers without gaps, each tied to the one before."""
    await asyncio.gather(*(database.write(record_action, ACTION) for _ in range(20)))

    rows = (await database.read(read_actions, ListActions(limit=100))).actions[::-1]
    assert [row["number"] for row in rows] == list(range(1, 21))
    assert [row["previous_hash"] for row in rows] == [GENESIS, *(row["hash"] for row in rows[:-1])]
    assert all(action_hash(row) == row["hash"] for row in rows)


async def test_an_action_goes_with_what_it_is_of(database: Database) -> None:
    """Where the transaction fails, nothing is on record, and the next action has its place."""

    def fail(connection: Connection) -> None:
        record_action(connection, ACTION)
        raise RuntimeError("after the action")

    with pytest.raises(RuntimeError):
        await database.write(fail)
    await database.write(record_action, ACTION)

    rows = (await database.read(read_actions, ListActions())).actions
    assert [row["number"] for row in rows] == [1]


async def test_pages_go_down_and_up(database: Database) -> None:
    """A page is newest first, goes on from a number either way, and says whether there is more."""
    for _ in range(5):
        await database.write(record_action, ACTION)

    async def page(**place: Any) -> tuple[list[int], bool]:
        found = await database.read(read_actions, replace(ListActions(limit=2), **place))
        return [row["number"] for row in found.actions], found.has_more

    assert await page() == ([5, 4], True)
    assert await page(starting_after=2) == ([1], False)
    assert await page(ending_before=2) == ([4, 3], True)
    assert await page(ending_before=3) == ([5, 4], False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ListActions(action="key_revoked"), [2]),
        (ListActions(actor="root"), [3]),
        (ListActions(subject="pm_1"), [3, 1]),
        (ListActions(subject="pm_1", actor="key1"), [1]),
    ],
    ids=lambda each: "",
)
async def test_lists_are_restricted(
    database: Database, wanted: ListActions, found: list[int]
) -> None:
    """A list may be of one kind of action, of one actor, of one subject."""
    await database.write(record_action, ACTION)
    revoked = replace(ACTION, name=ActionName.key_revoked, subject=Subject("api_key", "key2"))
    await database.write(record_action, revoked)
    await database.write(record_action, replace(ACTION, actor=Actor("operator", "root")))

    page = await database.read(read_actions, wanted)

    assert [row["number"] for row in page.actions] == found


async def test_details_come_back_as_they_were(database: Database) -> None:
    """What is stored of an action is what was recorded; somebody unknown has no name."""
    await database.write(record_action, replace(ACTION, actor=None))

    row = (await database.read(read_actions, ListActions())).actions[0]
    assert row["details"] == {"owner": "shop", "customer": None}
    assert (row["actor_kind"], row["actor_id"], row["occurred_at"]) == ("anonymous", None, START)


async def test_a_detail_without_one_spelling_is_refused(database: Database) -> None:
    """A float cannot be hashed, so it is not recorded either."""
    with pytest.raises(TypeError):
        await database.write(record_action, replace(ACTION, details={"rate": 0.5}))
