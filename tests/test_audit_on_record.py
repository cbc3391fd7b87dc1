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
    "a rule of another key": ("UPDATE decline_rules SET author_id = 'eve'", "decline_rules"),
    "a rule for another reason": ("UPDATE decline_rules SET reason = 'none'", "decline_rules"),
    "a rule that somebody else decided": (
        "UPDATE decline_rules SET decided_by = 'eve'",
        "decline_rules",
    ),
    "a rule that two people wanted": (
        "UPDATE decline_rules SET needs_approval = 1",
        "decline_rules",
    ),
    "a rule with a word of approval": (
        "UPDATE decline_rules SET decided_reason = 'fine'",
        "decline_rules",
    ),
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
    "a key revoked earlier": (
        "UPDATE api_keys SET revoked_at = '2020-01-01T00:00:00.000000Z'",
        "api_keys",
    ),
    "a key of another day": (
        "UPDATE api_keys SET created_at = '2020-01-01T00:00:00.000000Z'",
        "api_keys",
    ),
    "a key slipped in": (
        "INSERT INTO api_keys SELECT 'other', name, scope, secret_hash, created_at, expires_at, "
        "revoked_at FROM api_keys",
        "api_keys",
    ),
    "a key removed": ("DELETE FROM api_keys", "api_keys"),
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


@pytest.fixture
async def careful(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment where a second person approves rules."""
    async with open_world(database_url, stand_in_url, rules_need_approval=True) as opened:
        yield opened


async def found(world: World) -> set[tuple[str, str]]:
    """Check everything; return which rule of which table is broken."""
    report = await verify_all(world.runtime.database)
    return {(problem.table, problem.rule) for problem in report.problems}


async def test_what_is_on_record_holds(world: World) -> None:
    """Rules and keys that the program wrote give no problem."""
    assert await found(world) == set()


async def test_what_two_people_wrote_holds(careful: World) -> None:
    """A proposal, one that was approved and one that was rejected are as they are on record."""
    rules, second = careful.runtime.decline_rules, careful.caller(owner="second")
    for decision in ("approved", "rejected", None):
        wish = ChangeRule("fail_payment", "we end these", meaning=f"to be {decision}")
        row = await rules.change("do_not_honor", wish, careful.caller())
        if decision is not None:
            await rules.decide("do_not_honor", row["version"], decision, "looked at", second)

    assert await found(careful) == set()


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
