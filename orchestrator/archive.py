"""Archives of handled payments: gzipped lines of JSON, one payment each with all its rows.

An archive is a copy that proves itself: it is checked as it will be found, read back from its file,
before it gets its name. Refuses to write over a file, to archive a payment whose rows do not hold,
and to remove anything (ADR 15).
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
from sqlalchemy import DateTime

from orchestrator import __version__
from orchestrator.audit import Problem, verify_payment
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.chain import instant
from orchestrator.given_files import lines_of, refuse_irregular
from orchestrator.store import migrate
from orchestrator.store.archive import Row, Rows, count_handled, read_handled
from orchestrator.store.connections import Database
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import metadata

FORMAT: Final = 1
# More than anybody reads; the rest are counted.
KEPT_PROBLEMS: Final = 100
Progress = Callable[[int, int], None]


class ArchiveRefused(Exception):
    """An archive that cannot be written, or is none; the sentence says why."""


@dataclass(slots=True)
class ArchiveReport:
    """What an archive holds, and what in it does not hold; ``problems`` has the first of them."""

    payments: int = 0
    rows: int = 0
    sha256: str = ""
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Tell whether nothing was found."""
        return self.problem_count == 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are few."""
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values."""
        return {
            "ok": self.holds,
            "payments": self.payments,
            "rows": self.rows,
            "sha256": self.sha256,
            "problem_count": self.problem_count,
            "problems": [problem.as_json() for problem in self.problems],
        }


# ── writing ──────────────────────────────────────────────────────────────────────────────────


async def write_archive(
    database: Database, before: datetime, path: Path, progress: Progress | None = None
) -> ArchiveReport:
    """Archive the payments that were handled, and last touched, before a moment.

    Beside the file stands its SHA-256, as ``sha256sum --check`` reads it. Where a payment's rows do
    not hold, the report says so and no file is left.

    Raises:
        ArchiveRefused: there is such a file already, no folder for it, or a row nobody can read.
    """
    total = await database.read(count_handled, before)
    with _unfinished(path) as unfinished:
        done, after = 0, ""
        with _written(unfinished) as lines:
            while page := await _page(database, before, after):
                for payment_id, rows in page:
                    lines.write(_line(payment_id, rows))
                done, after = done + len(page), page[-1][0]
                if progress:
                    progress(done, max(total, done))
        report = verify_archive(unfinished)
        if report.holds:
            _keep(unfinished, path, report.sha256)
    return report


async def _page(database: Database, before: datetime, after: str) -> list[tuple[str, Rows]]:
    try:
        return await database.read(read_handled, before, after)
    except UNREADABLE as exc:
        # Of which payment it is only the audit finds out, which reads them one by one.
        raise ArchiveRefused(
            f"A column holds what cannot be read ({exc}). Run: orchestrator audit verify"
        ) from exc


def checksum_of(path: Path) -> Path:
    """Return where an archive's SHA-256 stands."""
    return path.with_name(f"{path.name}.sha256")


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """Give a name to write under until the archive is known to be good; nothing is left of it."""
    for taken in (path, checksum_of(path)):
        if taken.exists():
            raise ArchiveRefused(f"{taken} exists already. Choose another name.")
    if not path.parent.is_dir():
        raise ArchiveRefused(f"There is no folder {path.parent}.")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """Open a file for lines, readable by its owner alone, and see it to the disk."""
    # A new one: whoever had laid one there, open to others, would read along.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        # Without a name and a time in it: the same payments give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as lines:
            yield lines  # type: ignore[misc]  # it writes bytes, which is all that is asked of it
        file.flush()
        os.fsync(file.fileno())


def _line(payment_id: str, rows: Rows) -> bytes:
    document = {
        "format": FORMAT,
        "schema": migrate.head(),
        "application_version": __version__,
        "payment": payment_id,
        "rows": rows,
    }
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, default=_plain, option=options)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(f"an archive takes no {type(value).__name__}")


def _keep(unfinished: Path, path: Path, sha256: str) -> None:
    checksum_of(path).write_text(f"{sha256}  {path.name}\n", encoding="ascii")
    unfinished.rename(path)


# ── checking ─────────────────────────────────────────────────────────────────────────────────


def verify_archive(path: Path) -> ArchiveReport:
    """Check an archive by itself: every payment's hashes, path, heads and attempts.

    Where its SHA-256 stands beside it, the file must be that very one: only so a row that no chain
    covers, or a whole line, is known to be as it was.

    Raises:
        ArchiveRefused: there is no such file, or it is no archive.
    """
    report = ArchiveReport()
    try:
        refuse_irregular(path)
        with path.open("rb") as file:
            report.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        last = ""
        with gzip.open(path) as content:
            for number, line in enumerate(lines_of(content), start=1):
                last = _verify_line(line, number, last, report)
    except FileNotFoundError as exc:
        raise ArchiveRefused(f"There is no archive {path}.") from exc
    except (OSError, EOFError, zlib.error) as exc:
        raise ArchiveRefused(f"{path} is no archive, or only a part of one: {exc}") from exc
    for problem in _checksum_problems(path, report.sha256):
        report.add(problem)
    return report


def _checksum_problems(path: Path, sha256: str) -> Iterator[Problem]:
    checksum = checksum_of(path)
    if checksum.exists():
        try:
            refuse_irregular(checksum)
            told = checksum.read_text(encoding="ascii", errors="replace").split(maxsplit=1)
        except OSError as exc:
            raise ArchiveRefused(f"{checksum} cannot be read ({exc.strerror}).") from exc
        if told[:1] != [sha256]:
            sentence = f"{checksum.name} tells another SHA-256: the file is not as it was written."
            yield Problem("-", "archive", None, "sha256", sentence)


def _verify_line(line: bytes, number: int, last: str, report: ArchiveReport) -> str:
    """Check one line, and return its payment's id."""
    try:
        document = orjson.loads(line)
        if document["format"] != FORMAT:
            raise ArchiveRefused(f"Line {number} is of format {document['format']}, not {FORMAT}.")
        payment_id: str = document["payment"]
        rows = {name: _read_rows(name, rows) for name, rows in document["rows"].items()}
        problems = [*_order_problems(payment_id, last), *_payment_problems(payment_id, rows)]
    except UNREADABLE as exc:
        sentence = f"The line cannot be read: {type(exc).__name__}: {exc}"
        report.add(Problem("-", "archive", number, "readable", sentence))
        return last
    report.payments += 1
    report.rows += sum(map(len, rows.values()))
    for problem in problems:
        report.add(problem)
    return payment_id


def _read_rows(table: str, rows: list[Row]) -> list[Row]:
    """Read rows as the database gives them: moments are moments."""
    moments = [
        column.name for column in metadata.tables[table].c if isinstance(column.type, DateTime)
    ]
    return [
        {**row, **{name: _moment(row[name]) for name in moments if name in row}} for row in rows
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _order_problems(payment_id: str, last: str) -> Iterator[Problem]:
    if payment_id <= last:
        sentence = f"It comes after {last}: lines were added, doubled or moved."
        yield Problem(payment_id, "archive", None, "in_order", sentence)


def _payment_problems(payment_id: str, rows: Mapping[str, list[Row]]) -> Iterator[Problem]:
    [own] = rows["payments"]
    strangers = [
        (name, row)
        for name, each in rows.items()
        for row in each
        if row["id" if name == "payments" else "payment_id"] != payment_id
    ]
    for name, row in strangers:
        sentence = f"It is a row of {row.get('payment_id', row.get('id'))}."
        yield Problem(payment_id, name, None, "belongs_to_payment", sentence)
    payment = payment_from_row([own[column.name] for column in payment_columns()])
    yield from verify_payment(
        payment,
        rows.get("payment_transitions", []),
        rows.get("evidence", []),
        rows.get("attempts", []),
    )
