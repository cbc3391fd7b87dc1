"""What somebody with the database's password writes to be looked over, or to stop the audit."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.audit import verify_all, verify_one
from orchestrator.seals.proof import ProofBroken, prove
from orchestrator.seals.sealing import make_seal
from orchestrator.store.connections import Database, open_database
from tests.seals.test_seal import KEY, TRUSTED
from tests.stored_payments import Storyteller, new_payment, store_one_of_each
from tests.tampering import tamper


async def _fill(url: str) -> None:
    database = open_database(url)
    payments = await store_one_of_each(database)
    await make_seal(database, KEY, "one")
    await Storyteller(database).opened(payments["pay_e"], "pm_six")
    await make_seal(database, KEY, "one")
    await database.close()


@pytest.fixture(scope="module")
def sealed_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store a payment of each kind, with a seal over all and one over what moved since."""
    file = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("insider") / "sealed.db")
    asyncio.run(_fill(f"sqlite:///{file}"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
async def database(sealed_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Open a copy of the sealed store."""
    copy = shutil.copyfile(sealed_file, tmp_path / "sealed.db")
    opened = open_database(f"sqlite:///{copy}")
    yield opened
    await opened.close()


@pytest.fixture
def url(database: Database, tmp_path: Path) -> str:
    """Give the address of the copy."""
    return f"sqlite:///{tmp_path / 'sealed.db'}"


def planted(seal: int, position: int) -> str:
    """Write a leaf that no seal is over, of a payment as it stands."""
    return (
        f"INSERT INTO seal_leaves SELECT {seal}, {position}, id, version, last_hash, "
        "evidence_count, evidence_hash, '[]' FROM payments WHERE id = 'pay_new'"
    )


@pytest.mark.parametrize(("seal", "position"), [(9, 0), (0, 0), (1, -1)])
async def test_a_planted_leaf_keeps_no_payment_out_of_the_seals(
    database: Database, url: str, seal: int, position: int
) -> None:
    """A leaf that no root is over does not pass for sealed, and is found."""
    await Storyteller(database).created(new_payment("pay_new"))
    await tamper(url, planted(seal, position))
    report = await verify_all(database, trusted=TRUSTED)
    sealed = await make_seal(database, KEY, "one")

    assert ("seals", seal or None) in {
        (problem.table, problem.sequence or None) for problem in report.problems
    }
    assert sealed.seal.payments == 1


@pytest.mark.parametrize(
    "attack",
    ["UPDATE seals SET other_chains = '[]' WHERE number = 2", "DELETE FROM seals WHERE number = 1"],
)
async def test_one_payment_does_not_hold_without_its_seal(
    database: Database, url: str, attack: str
) -> None:
    """Where a seal cannot be read or is gone, its payment is not said to hold."""
    await tamper(url, attack)
    report = await verify_one(database, "pay_a", trusted=TRUSTED)

    assert report is not None
    assert not report.holds


_UNREADABLE = [
    ("payments", "item_ids", "'[9007199254740999999999]'"),
    ("payments", "amount", "9223372036854775807"),
    ("payments", "created_at", "'0001-01-01T00:00:00+14:00'"),
    ("payments", "last_hash", "CAST(x'ff' AS TEXT)"),
    ("payment_transitions", "occurred_at", "'9999-12-31T23:59:59.999999-10:00'"),
    ("payment_transitions", "reason", "CAST(x'ff' AS TEXT)"),
    ("attempts", "parameters", "'7'"),
    ("attempts", "closed_at", "'0001-01-01T00:00:00+14:00'"),
    ("seal_leaves", "attempts", "'7'"),
    ("seal_leaves", "last_hash", "CAST(x'ff' AS TEXT)"),
]


@pytest.mark.parametrize(("table", "column", "value"), _UNREADABLE)
async def test_nothing_that_is_written_into_a_row_stops_the_audit(
    database: Database, url: str, table: str, column: str, value: str
) -> None:
    """A value that nobody of ours wrote is a problem of its payment, and all others are read."""
    key = "id" if table == "payments" else "payment_id"
    await tamper(url, f"UPDATE {table} SET {column} = {value} WHERE {key} = 'pay_a'")
    everything = await verify_all(database, trusted=TRUSTED)
    alone = await verify_one(database, "pay_a", trusted=TRUSTED)

    assert "pay_a" in {problem.payment for problem in everything.problems}
    assert everything.payments == 5
    assert alone is not None
    assert not alone.holds


@pytest.mark.parametrize(
    "change",
    [
        """other_chains = '{"é": {"count": 1, "hash": "x"}}'""",
        """other_chains = '{"actions": {"count": 1e30, "hash": "x"}}'""",
        """other_chains = '{"actions": {"count": "x", "hash": []}}'""",
        "other_chains = CAST(x'ff' AS TEXT)",
        "payments = 9223372036854775807",
        "sealed_at = '0001-01-01T00:00:00+14:00'",
    ],
)
async def test_nothing_that_is_written_into_a_seal_stops_the_audit(
    database: Database, url: str, change: str
) -> None:
    """A seal that nobody of ours wrote is a problem of the seals, and payments are read."""
    await tamper(url, f"UPDATE seals SET {change} WHERE number = 2")
    report = await verify_all(database, trusted=TRUSTED)

    assert "seals" in {problem.table for problem in report.problems}
    assert report.payments == 5


@pytest.mark.parametrize(
    "attack",
    ["DELETE FROM seal_leaves WHERE position = 4", "UPDATE seal_leaves SET version = 1"],
)
async def test_leaves_that_were_not_signed_prove_nothing(
    database: Database, url: str, attack: str
) -> None:
    """No proof is handed out whose way leads to another root than was signed."""
    await tamper(url, attack)

    with pytest.raises(ProofBroken, match="audit verify"):
        await prove(database, "pay_a")
