"""An archive holds every handled payment whole, the same every time, and takes nothing away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, func, select

from orchestrator.archive import ArchiveRefused, checksum_of, verify_archive
from orchestrator.store.archive import CHILDREN
from orchestrator.store.schema import payments
from tests.archive.conftest import archived, handled, lines_of
from tests.store.migrated import execute, on
from tests.store.seeds import seed
from tests.stored_payments import START


async def test_every_row_of_a_handled_payment_is_there(database_url: str, tmp_path: Path) -> None:
    """On both databases the archive has each handled payment, with as many rows as it has."""
    await seed(database_url)
    report = await archived(database_url, tmp_path / "2026.jsonl.gz")
    lines = lines_of(tmp_path / "2026.jsonl.gz")
    counted = {
        line["payment"]: {name: len(rows) for name, rows in line["rows"].items()} for line in lines
    }

    assert report.holds
    assert report.payments == len(lines) > 1
    assert counted == await asyncio.to_thread(on, database_url, partial(rows_stored, ids=counted))
    assert {line["rows"]["payments"][0]["state"] for line in lines} == {"succeeded", "failed"}


def rows_stored(connection: Connection, ids: Mapping[str, object]) -> dict[str, dict[str, int]]:
    """Count the rows that payments have, by table."""
    found: dict[str, dict[str, int]] = {payment_id: {"payments": 1} for payment_id in ids}
    for table, _ in CHILDREN:
        query = select(table.c.payment_id, func.count()).group_by(table.c.payment_id)
        for payment_id, count in connection.execute(query):
            if payment_id in found:
                found[payment_id][table.name] = count
    return found


async def test_what_is_open_or_newer_is_left_out(stored: str, tmp_path: Path) -> None:
    """A payment that was touched at the date itself is not before it."""
    newest = on(stored, lambda connection: connection.execute(NEWEST).scalar_one())
    report = await archived(stored, tmp_path / "some", newest)
    everything = await archived(stored, tmp_path / "all")
    none = await archived(stored, tmp_path / "none", START - timedelta(days=1))

    assert report.payments < everything.payments == handled(stored)
    assert (none.payments, none.holds, lines_of(tmp_path / "none")) == (0, True, [])


NEWEST: Final = select(func.max(payments.c.updated_at)).where(payments.c.handled)


async def test_the_same_payments_give_the_same_bytes(stored: str, tmp_path: Path) -> None:
    """Two archives of the same payments are one and the same file, whatever they are called."""
    first = await archived(stored, tmp_path / "a.jsonl.gz")
    second = await archived(stored, tmp_path / "b.jsonl.gz")

    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert first.sha256 == second.sha256


def test_the_checksum_is_the_usual_one(archive: Path) -> None:
    """What stands beside an archive is what ``sha256sum`` writes; only the owner may read it."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()

    assert checksum_of(archive).read_text() == f"{digest}  2026.jsonl.gz\n"
    assert verify_archive(archive).sha256 == digest
    assert archive.stat().st_mode & 0o077 == 0


async def test_nothing_is_removed(stored: str, tmp_path: Path) -> None:
    """Every payment is where it was, and an archive can be made again."""
    query = select(func.count()).select_from(payments)
    before = on(stored, lambda connection: connection.execute(query).scalar_one())
    await archived(stored, tmp_path / "2026.jsonl.gz")

    assert on(stored, lambda connection: connection.execute(query).scalar_one()) == before


async def test_a_payment_that_does_not_hold_is_not_archived(stored: str, tmp_path: Path) -> None:
    """Where a stored row was changed, the report names it and no file is left."""
    execute(
        stored,
        "DROP TRIGGER payment_transitions_no_update",
        "UPDATE payment_transitions SET reason = 'kindness' "
        "WHERE payment_id = 'pay_a' AND sequence = 2",
    )
    report = await archived(stored, tmp_path / "2026.jsonl.gz")

    assert not report.holds
    assert [(each.payment, each.table, each.sequence) for each in report.problems] == [
        ("pay_a", "payment_transitions", 2)
    ]
    assert names_in(tmp_path) == set()


async def test_a_row_that_nobody_can_read_is_told(stored: str, tmp_path: Path) -> None:
    """Where a column holds no value of its kind, the archive is refused and no file is left."""
    execute(
        stored,
        "DROP TRIGGER evidence_no_update",
        "UPDATE evidence SET payload = 'no document' WHERE payment_id = 'pay_a'",
    )
    with pytest.raises(ArchiveRefused, match="Run: orchestrator audit verify"):
        await archived(stored, tmp_path / "2026.jsonl.gz")

    assert names_in(tmp_path) == set()


def names_in(folder: Path) -> set[str]:
    """List the archives of a folder, finished or not, and what stands beside them."""
    return {path.name for path in folder.glob("2026*")}


async def test_a_file_is_never_written_over(stored: str, tmp_path: Path) -> None:
    """A name that is taken is refused, and the file under it stays as it is."""
    (tmp_path / "2026.jsonl.gz").write_text("mine")
    with pytest.raises(ArchiveRefused, match="exists already"):
        await archived(stored, tmp_path / "2026.jsonl.gz")

    assert (tmp_path / "2026.jsonl.gz").read_text() == "mine"


async def test_nobody_reads_along_while_an_archive_is_written(stored: str, tmp_path: Path) -> None:
    """A file that somebody had laid where the archive is written, open to others, is not used."""
    laid = tmp_path / "2026.jsonl.gz.unfinished"
    laid.touch(mode=0o666)
    with laid.open("rb") as reader:
        await archived(stored, tmp_path / "2026.jsonl.gz")
        assert reader.read() == b""
    assert (tmp_path / "2026.jsonl.gz").stat().st_mode & 0o077 == 0
