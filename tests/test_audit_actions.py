"""An action that was changed, removed or added behind the program's back is found and named."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from orchestrator.actions import action_row
from orchestrator.audit import actions as audited
from orchestrator.audit import verify_all
from orchestrator.seals.sealing import make_seal
from orchestrator.store.actions import ListActions, read_actions, record_action
from orchestrator.store.connections import Database, open_database
from tests.seals.test_seal import KEY
from tests.store.test_actions import ACTION
from tests.tampering import tamper

TAMPERINGS = {
    "reason": ("UPDATE actions SET reason = 'x' WHERE number = 3", [(3, "hash")]),
    "actor": ("UPDATE actions SET actor_id = 'y' WHERE number = 1", [(1, "hash")]),
    "details": ("UPDATE actions SET details = '{}' WHERE number = 2", [(2, "hash")]),
    "details unreadable": (
        "UPDATE actions SET details = '{\"rate\": 0.5}' WHERE number = 2",
        [(2, "hash")],
    ),
    "first removed": ("DELETE FROM actions WHERE number = 1", [(2, "number_without_gaps")]),
    "one removed": ("DELETE FROM actions WHERE number = 3", [(4, "number_without_gaps")]),
    "last removed": ("DELETE FROM actions WHERE number = 5", [(4, "action_head")]),
    "all removed": ("DELETE FROM actions", [(0, "action_head")]),
    "end moved back": ("UPDATE action_head SET number = 4", [(4, "action_head")]),
    "end removed": ("DELETE FROM action_head", [(5, "action_head")]),
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a database with five actions in it."""
    opened = open_database(database_url)
    for _ in range(5):
        await opened.write(record_action, ACTION)
    yield opened
    await opened.close()


async def found(database: Database) -> list[tuple[int | None, str]]:
    """Check everything; return which rows break which rule."""
    report = await verify_all(database)
    assert {problem.table for problem in report.problems} <= {"actions"}
    return [(problem.sequence, problem.rule) for problem in report.problems]


async def test_untouched_actions_hold(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Actions as the program records them give no problem, however they fall into pages."""
    for size in (1, 2, 5, 500):
        monkeypatch.setattr(audited, "PAGE", size)

        report = await verify_all(database)

        assert (report.holds, report.actions) == (True, 5)


@pytest.mark.parametrize(("statement", "expected"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_named(
    database: Database, database_url: str, statement: str, expected: list[tuple[int, str]]
) -> None:
    """The first row that does not fit is named, and no other is accused."""
    await tamper(database_url, statement)

    assert await found(database) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(3, (4, "previous_hash")), (5, (5, "action_head"))], ids=str
)
async def test_rehashed_row_is_found(
    database: Database, database_url: str, number: int, expected: tuple[int, str]
) -> None:
    """Whoever changes a row and hashes it anew is found by the row after it, or by the end."""
    rows = (await database.read(read_actions, ListActions())).actions
    before = rows[-number]["previous_hash"]
    forged = action_row(replace(ACTION, reason="x"), number, before)["hash"]
    await tamper(
        database_url, f"UPDATE actions SET reason = 'x', hash = '{forged}' WHERE number = {number}"
    )

    assert await found(database) == [expected]


async def test_a_chain_that_was_cut_is_found_by_its_seal(
    database: Database, database_url: str
) -> None:
    """Whoever takes the last action away, and moves the end with it, is found by the seal alone."""
    await make_seal(database, KEY, "one")
    await tamper(
        database_url,
        "DELETE FROM actions WHERE number = 5",
        "UPDATE action_head SET number = 4, hash = (SELECT hash FROM actions WHERE number = 4)",
    )
    problems = (await verify_all(database)).problems

    assert [(each.table, each.sequence, each.rule) for each in problems] == [
        ("seals", 1, "other_chain")
    ]
