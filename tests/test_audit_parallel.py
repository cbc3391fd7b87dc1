"""Several processes find what one finds, and count each payment once."""

import pytest

from orchestrator.audit import parallel, verify_all
from orchestrator.store.connections import open_database
from tests.many_payments import many_id, store_many
from tests.tampering import tamper


async def test_processes_find_what_one_finds(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked in ranges by two processes, payments give the report that one process gives."""
    monkeypatch.setattr(parallel, "CHUNK", 7)
    monkeypatch.setattr(parallel, "WORTH_PROCESSES", 20)
    await store_many(sqlite_url, 40)
    await tamper(
        sqlite_url,
        f"UPDATE payments SET amount = 1 WHERE id IN ('{many_id(6)}', '{many_id(39)}')",
    )
    database = open_database(sqlite_url)
    alone = await verify_all(database)
    told: list[tuple[int, int]] = []
    together = await parallel.verify_with_processes(
        database, sqlite_url, 2, lambda done, total: told.append((done, total))
    )
    await database.close()

    assert together.as_json() == alone.as_json()
    assert {problem.payment for problem in together.problems} == {many_id(6), many_id(39)}
    assert told[-1] == (40, 40)
