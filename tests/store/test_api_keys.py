"""API keys and the mode in the database: stored once, revoked once, bound once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from orchestrator.keys import create_key
from orchestrator.store.connections import Database, open_database
from orchestrator.store.keys import claim_mode, find_api_key, insert_key, list_keys, revoke_key
from tests.stored_payments import START


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a migrated database of this test's own."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def test_key_is_read_as_it_was_stored(database: Database) -> None:
    """A key's row is found by its id, and by no other."""
    row, _ = create_key("shop", "payments", 30, START)
    await database.write(insert_key, row)

    assert await database.read(find_api_key, row["id"]) == row
    assert await database.read(find_api_key, "other") is None


async def test_keys_are_listed_newest_first(database: Database) -> None:
    """All keys are listed, also revoked ones."""
    for days in range(3):
        row, _ = create_key(f"key {days}", "audit", None, START + timedelta(days=days))
        await database.write(insert_key, row)

    names = [row["name"] for row in await database.read(list_keys)]
    assert names == ["key 2", "key 1", "key 0"]


async def test_key_is_revoked_once(database: Database) -> None:
    """Revoking tells whether a key in use had the id, and keeps the first moment."""
    row, _ = create_key("shop", "payments", None, START)
    await database.write(insert_key, row)
    answers = [await database.write(revoke_key, id, START) for id in (row["id"], "other")]
    answers.append(await database.write(revoke_key, row["id"], START + timedelta(days=1)))
    stored = await database.read(find_api_key, row["id"])

    assert answers == [True, False, False]
    assert stored is not None
    assert stored["revoked_at"] == START


async def test_first_mode_binds(database: Database) -> None:
    """A database keeps the mode it was first used in, and says which that is."""
    modes = [await database.write(claim_mode, mode) for mode in ("live", "test", "live")]

    assert modes == ["live", "live", "live"]


async def test_processes_that_start_at_once_agree(database: Database) -> None:
    """Of processes that bind at the same moment none fails, and all find one mode."""
    modes = await asyncio.gather(
        *(database.write(claim_mode, mode) for mode in ("test", "live") * 4)
    )

    assert len(set(modes)) == 1


async def test_unknown_mode_is_refused(database: Database) -> None:
    """There are two modes."""
    with pytest.raises(IntegrityError):
        await database.write(claim_mode, "both")
