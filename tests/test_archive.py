"""Archives of handled payments: whole, the same every time, and found out when they are not."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest
from sqlalchemy import Connection, func, select

from orchestrator.archive import ArchiveRefused, checksum_of, verify_archive, write_archive
from orchestrator.cli.archive import moment_of
from orchestrator.store.archive import CHILDREN
from orchestrator.store.connections import open_database
from orchestrator.store.schema import payments
from tests.cli.conftest import Run, run
from tests.store.migrated import execute, on
from tests.store.seeds import seed
from tests.stored_payments import START

LATER: Final = START + timedelta(days=365)
Line = dict[str, Any]

__all__ = ["run"]


async def archived(url: str, path: Path, before: datetime = LATER) -> Any:
    """Archive what a database holds."""
    database = open_database(url)
    try:
        return await write_archive(database, before, path)
    finally:
        await database.close()


def lines_of(path: Path) -> list[Line]:
    """Read an archive as anybody would."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one database with payments in every state, and one archive of it."""
    folder = tmp_path_factory.mktemp("seeded")
    url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'orchestrator.db')}"
    asyncio.run(seed(url))
    assert asyncio.run(archived(url, folder / "2026.jsonl.gz")).holds
    return folder


@pytest.fixture
def stored(seeded: Path, tmp_path: Path) -> str:
    """Give the test a database with payments in every state."""
    return f"sqlite:///{shutil.copyfile(seeded / 'orchestrator.db', tmp_path / 'stored.db')}"


@pytest.fixture
def archive(seeded: Path, tmp_path: Path) -> Path:
    """Give the test an archive, and what stands beside it."""
    for file in seeded.glob("2026*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "2026.jsonl.gz"


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


def handled(url: str) -> int:
    """Count the payments that are handled."""
    query = select(func.count()).where(payments.c.state.in_(["succeeded", "failed"]))
    count: int = on(url, lambda connection: connection.execute(query).scalar_one())
    return count


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


# ── tampering ────────────────────────────────────────────────────────────────────────────────


def history_of(lines: list[Line], column: str, value: object) -> None:
    """Change a column of a history row."""
    lines[0]["rows"]["payment_transitions"][1][column] = value


CHANGES: Final[Mapping[str, tuple[Callable[[list[Line]], object], str]]] = MappingProxyType(
    {
        "a row's content": (lambda lines: history_of(lines, "reason", "kindness"), "hash"),
        "a row's time": (
            lambda lines: history_of(lines, "occurred_at", "2020-01-01T00:00:00.000000Z"),
            "hash",
        ),
        "a row removed": (
            lambda lines: lines[0]["rows"]["evidence"].pop(0),
            "sequence_without_gaps",
        ),
        "the last row removed": (
            lambda lines: lines[0]["rows"]["payment_transitions"].pop(),
            "state",
        ),
        "the amount": (
            lambda lines: lines[0]["rows"]["payments"][0].update(amount=1),
            "facts_hash",
        ),
        "rows of another payment": (
            lambda lines: lines[0]["rows"].update(evidence=lines[1]["rows"]["evidence"]),
            "belongs_to_payment",
        ),
        "a line doubled": (lambda lines: lines.insert(1, lines[0]), "in_order"),
        "a line moved": (lambda lines: lines.reverse(), "in_order"),
        "a line that is none": (lambda lines: lines[0].pop("rows"), "readable"),
        "rows that are none": (lambda lines: lines[0].update(rows=[]), "readable"),
        "a column gone": (
            lambda lines: lines[0]["rows"]["payments"][0].pop("owner"),
            "readable",
        ),
    }
)


def rewrite(path: Path, change: Callable[[list[Line]], object]) -> None:
    """Change an archive, as somebody would who can write files."""
    lines = lines_of(path)
    change(lines)
    with gzip.open(path, "wt", encoding="utf-8") as written:
        written.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found_without_the_checksum(archive: Path, change: str) -> None:
    """What a chain or the order covers is found in the file alone."""
    checksum_of(archive).unlink()
    apply, rule = CHANGES[change]
    rewrite(archive, apply)

    assert rule in {problem.rule for problem in verify_archive(archive).problems}


def test_a_line_removed_is_found_by_the_checksum(archive: Path) -> None:
    """A payment that is missing altogether breaks no chain, but the file is another one."""
    rewrite(archive, lambda lines: lines.pop())

    assert [problem.rule for problem in verify_archive(archive).problems] == ["sha256"]


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_cut_file_is_refused(archive: Path, cut: int) -> None:
    """A copy that stopped halfway is told as such."""
    archive.write_bytes(archive.read_bytes()[:-cut])

    with pytest.raises(ArchiveRefused, match="no archive, or only a part of one"):
        verify_archive(archive)


def test_a_broken_file_is_refused_wherever_it_broke(archive: Path) -> None:
    """Whichever byte was lost, the file is told as none or in part, or another SHA-256 is."""
    content = archive.read_bytes()
    for place in range(0, len(content), 97):
        archive.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        with suppress(ArchiveRefused):
            assert not verify_archive(archive).holds


def test_a_named_pipe_is_no_archive(tmp_path: Path) -> None:
    """Nobody waits for a pipe that has an archive's name."""
    os.mkfifo(tmp_path / "pipe.gz")

    with pytest.raises(ArchiveRefused, match="it is no regular file"):
        verify_archive(tmp_path / "pipe.gz")


def test_a_checksum_nobody_can_read_is_told(archive: Path) -> None:
    """A SHA-256 that cannot be read is not passed over."""
    checksum_of(archive).unlink()
    checksum_of(archive).mkdir()

    with pytest.raises(ArchiveRefused, match="cannot be read"):
        verify_archive(archive)


async def test_nobody_reads_along_while_an_archive_is_written(stored: str, tmp_path: Path) -> None:
    """A file that somebody had laid where the archive is written, open to others, is not used."""
    laid = tmp_path / "2026.jsonl.gz.unfinished"
    laid.touch(mode=0o666)
    with laid.open("rb") as reader:
        await archived(stored, tmp_path / "2026.jsonl.gz")
        assert reader.read() == b""
    assert (tmp_path / "2026.jsonl.gz").stat().st_mode & 0o077 == 0


# ── the command ──────────────────────────────────────────────────────────────────────────────


async def test_the_command_writes_and_verifies(
    stored: str,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command archives, and checks an archive where there is no database."""
    path = str(tmp_path / "2026.jsonl.gz")
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", stored)
    written = await asyncio.to_thread(
        run, "archive", "--before", LATER.date().isoformat(), "--to", path, "--json"
    )
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", "sqlite:///nowhere.db")
    verified = run("archive", "--verify", path)

    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", stored)
    action, *_ = json.loads((await asyncio.to_thread(run, "audit", "actions", "--json")).stdout)

    assert (written.exit_code, written.stderr) == (0, "")
    assert (action["action"], action["details"]) == ("export_made", {"format": "archive"})
    assert json.loads(written.stdout)["payments"] == handled(stored)
    assert verified.exit_code == 0
    assert json.loads(written.stdout)["sha256"] in verified.stdout


WRONG: Final[Mapping[str, tuple[tuple[str, ...], str]]] = MappingProxyType(
    {
        "nothing asked": ((), "Give --before and --to"),
        "no file": (("--before", "2026-01-01"), "Give --before and --to"),
        "both at once": (("--verify", "a", "--to", "b"), "Give --before and --to"),
        "no date": (("--before", "soon", "--to", "a.gz"), "soon is no date"),
        "no archive": (("--verify", "missing.gz"), "There is no archive missing.gz"),
    }
)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_makes_no_sense_is_refused(run: Run, wrong: str) -> None:
    """A command that cannot be meant is answered with a sentence."""
    arguments, sentence = WRONG[wrong]
    result = run("archive", *arguments)

    assert result.exit_code == 1
    assert sentence in result.stderr


def test_a_date_is_one_of_utc() -> None:
    """A date without a zone is midnight in UTC, and a moment keeps its own zone."""
    assert moment_of("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment_of("2026-01-31T02:00:00+02:00") == datetime(2026, 1, 31, tzinfo=UTC)
