"""A rule or a key that nobody is on record for, or otherwise, is found and named."""

from collections.abc import AsyncIterator

import pytest

from orchestrator.audit import verify_all
from orchestrator.decline_rules import ChangeRule
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.store.keys import insert_key, revoke_key
from tests.tampering import tamper
from tests.world import World, open_world

COPY_OF_RULE = "code, 2, handler, message, meaning, alert, retry_after_seconds, auto_retry, reason"
BEHIND_OUR_BACK = {
    "a rule reworded": ("UPDATE decline_rules SET message = 'Call us.'", "decline_rules"),
    "a rule of somebody else": ("UPDATE decline_rules SET author_name = 'eve'", "decline_rules"),
    "a rule taken back": ("UPDATE decline_rules SET state = 'rejected'", "decline_rules"),
    "a rule removed": ("DELETE FROM decline_rules", "decline_rules"),
    "a rule slipped in": (
        f"INSERT INTO decline_rules SELECT {COPY_OF_RULE}, author_id, author_name, created_at, "
        "needs_approval, state, decided_by, decided_by_name, decided_reason, decided_at "
        "FROM decline_rules",
        "decline_rules",
    ),
    "a key of more power": ("UPDATE api_keys SET scope = 'admin'", "api_keys"),
    "a key that lives on": ("UPDATE api_keys SET revoked_at = NULL", "api_keys"),
    "a key slipped in": ("UPDATE api_keys SET id = 'other'", "api_keys"),
}


@pytest.fixture
async def world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment with a stored rule and a revoked key."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        wish = ChangeRule("fail_payment", "we end these")
        await opened.runtime.decline_rules.change("do_not_honor", wish, opened.caller())
        row, _ = create_key("shop", "payments", None, utc_now())
        await opened.runtime.database.write(insert_key, row)
        await opened.runtime.database.write(revoke_key, row["id"], utc_now())
        yield opened


async def found(world: World) -> set[tuple[str, str]]:
    """Check everything; return which rule of which table is broken."""
    report = await verify_all(world.runtime.database)
    return {(problem.table, problem.rule) for problem in report.problems}


async def test_what_is_on_record_holds(world: World) -> None:
    """Rules and keys that the program wrote give no problem."""
    assert await found(world) == set()


@pytest.mark.parametrize(
    ("statement", "table"), BEHIND_OUR_BACK.values(), ids=BEHIND_OUR_BACK.keys()
)
async def test_what_nobody_is_on_record_for_is_named(
    world: World, sqlite_url: str, statement: str, table: str
) -> None:
    """What was written into a table of people's doing is not what the chain of actions has."""
    await tamper(sqlite_url, statement)

    assert await found(world) == {(table, "on_record")}


async def test_what_cannot_be_read_is_named(world: World, sqlite_url: str) -> None:
    """A rule that cannot be read is a problem like any other, and hides no key's."""
    await tamper(
        sqlite_url,
        "UPDATE decline_rules SET auto_retry = 'not JSON'",
        "UPDATE api_keys SET scope = 'admin'",
    )

    assert await found(world) == {("decline_rules", "readable"), ("api_keys", "on_record")}
