"""A set of rules that was rewritten behind the program's back is found and named."""

from collections.abc import AsyncIterator

import pytest

from orchestrator.audit import verify_all, verify_one
from orchestrator.decline_rules import ChangeRule
from orchestrator.payment import Payment
from tests.tampering import tamper
from tests.world import World, open_world

DECLINED = "pm_sim_do_not_honor"

# Written the same for both databases, but for how each sets a value within JSON.
SETTING = {
    "sqlite": "json_set({column}, '$.{path}', json('{value}'))",
    "postgresql": "jsonb_set({column}, '{{{path}}}', '{value}')",
}
TAMPERINGS = {
    "another meaning": ("content", "errors.do_not_honor.meaning", '"fraud"', "content"),
    "a row of another day": ("content", "errors.new_code", "1", "content"),
    "another version": ("stored", "do_not_honor", "2", "stored"),
    "a version of what has none": ("stored", "expired_card", "1", "stored"),
}


@pytest.fixture
async def world(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment where a stored rule has decided."""
    async with open_world(database_url, stand_in_url) as opened:
        wish = ChangeRule("fail_payment", "we end these")
        await opened.runtime.decline_rules.change("do_not_honor", wish, opened.caller())
        yield opened


@pytest.fixture
async def sqlite_world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test the same on SQLite, where the kind of database makes no difference."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        wish = ChangeRule("fail_payment", "we end these")
        await opened.runtime.decline_rules.change("do_not_honor", wish, opened.caller())
        yield opened


async def decided(world: World) -> Payment:
    """Have the stored rule decide."""
    return (await world.confirm(await world.create(), DECLINED)).payment


async def found(world: World, payment_id: str | None = None) -> list[tuple[str, str]]:
    """Check everything, or one payment; return which rule of which table is broken."""
    database = world.runtime.database
    report = await (verify_one(database, payment_id) if payment_id else verify_all(database))
    assert report is not None
    return [(problem.table, problem.rule) for problem in report.problems]


async def test_kept_sets_hold(world: World) -> None:
    """Sets as they were taken up give no problem, of all payments or of one."""
    payment = await decided(world)

    assert await found(world) == []
    assert await found(world, payment.id) == []


@pytest.mark.parametrize(
    ("column", "path", "value", "broken"), TAMPERINGS.values(), ids=TAMPERINGS.keys()
)
async def test_a_rewritten_set_is_named(
    world: World, database_url: str, column: str, path: str, value: str, broken: str
) -> None:
    """What a set says cannot be changed for what it did not say when it decided."""
    payment = await decided(world)
    kind = database_url.partition(":")[0].partition("+")[0]
    path = path if kind == "sqlite" else path.replace(".", ",")
    changed = SETTING[kind].format(column=column, path=path, value=value)
    named = (await world.payments.history(payment.id, None))[-1]["rules_version"]
    await tamper(
        database_url,
        f"UPDATE rule_sets SET {column} = {changed} WHERE rules_version = '{named}'",
    )

    assert await found(world) == [("rule_sets", broken)]
    assert await found(world, payment.id) == [("rule_sets", broken)]


VERSIONS_FORGOTTEN = {
    "none at all": "{}",
    # Its third version says what its first does.
    "another of the same words": '{"do_not_honor": 3}',
}


@pytest.mark.parametrize("stored", VERSIONS_FORGOTTEN.values(), ids=VERSIONS_FORGOTTEN.keys())
async def test_which_version_decided_cannot_be_changed(
    sqlite_world: World, sqlite_url: str, stored: str
) -> None:
    """A set cannot be made to say that no stored rule decided, or another version of the same."""
    await decided(sqlite_world)
    desk = sqlite_world.runtime.decline_rules
    for handler in ("bar_same_card", "fail_payment"):
        wish = ChangeRule(handler, "and back again")
        await desk.change("do_not_honor", wish, sqlite_world.caller())
    await tamper(
        sqlite_url,
        f"UPDATE rule_sets SET stored = '{stored}' WHERE stored = '{{\"do_not_honor\":1}}'",
    )

    assert await found(sqlite_world) == [("rule_sets", "stored")]


async def test_a_rewritten_rule_is_named(world: World, database_url: str) -> None:
    """A stored rule that was rewritten says something else than the set it was in."""
    await decided(world)
    await tamper(database_url, "UPDATE decline_rules SET message = 'Call us.'")

    assert ("rule_sets", "stored") in await found(world)
