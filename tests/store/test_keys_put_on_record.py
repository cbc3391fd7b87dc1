"""Keys that are older than the record of what people do are put on it by the migration."""

import asyncio

from orchestrator.audit import verify_all
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.store import migrate
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key, revoke_key
from tests.store.migrated import step_back

# Of these schemas one has no actions, and the other has those of every key.
WITHOUT_ACTIONS, WITH_ACTIONS = "0007", "0013"


async def on_record_after(url: str, revision: str) -> list[tuple[str, str]]:
    """Make a key and revoke another, go back to a revision and up again; return what is on record.

    Nothing may be found that nobody is on record for.
    """
    database = open_database(url)
    for key_id in ("kept", "revoked"):
        row, _ = create_key("shop", "payments", 30, utc_now())
        await database.write(insert_key, row | {"id": key_id})
    await database.write(revoke_key, "revoked", utc_now())
    await database.close()
    await asyncio.to_thread(step_back, url, revision)
    migrate.upgrade(url)
    database = open_database(url)
    report = await verify_all(database)
    page = await database.read(read_actions, ListActions())
    await database.close()

    assert report.problems == []
    return sorted((row["action"], row["subject_id"]) for row in page.actions)


ON_RECORD = [("key_created", "kept"), ("key_created", "revoked"), ("key_revoked", "revoked")]


async def test_older_keys_are_put_on_record(database_url: str) -> None:
    """Keys that were made and revoked before anything was on record raise no alarm."""
    assert await on_record_after(database_url, WITHOUT_ACTIONS) == ON_RECORD


async def test_what_is_on_record_is_put_there_once(sqlite_url: str) -> None:
    """What was recorded when it was done is not recorded again."""
    assert await on_record_after(sqlite_url, WITH_ACTIONS) == ON_RECORD
