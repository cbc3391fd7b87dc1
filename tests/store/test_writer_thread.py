"""SQLite's one writer: jobs are committed together, and each succeeds or fails alone."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, IntegrityError

from orchestrator.store.connections import GROUP_SIZE, SqliteDatabase

TABLES = """
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (
  id INTEGER PRIMARY KEY,
  parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
);
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the test a file with a key that is looked at only when a transaction ends."""
    path = tmp_path / "jobs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
    return path


@pytest.fixture
async def database(file: Path) -> AsyncIterator[SqliteDatabase]:
    """Open the file as the program does."""
    opened = SqliteDatabase(f"sqlite:///{file}")
    yield opened
    await opened.close()


class Gate:
    """A job that keeps the writer busy until it is opened, so that others queue up behind it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self, connection: Connection) -> None:
        """Hold the writer."""
        self.entered.set()
        self._opened.wait(10)

    def open(self) -> None:
        """Let the writer go on."""
        self._opened.set()


async def together(database: SqliteDatabase, *jobs: Callable[..., Any]) -> list[Any]:
    """Have jobs carried out as one group, and return what became of each."""
    gate = Gate()
    held = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    waiting = [asyncio.create_task(database.write(job)) for job in jobs]
    await asyncio.sleep(0)
    gate.open()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


def good(number: int) -> Callable[[Connection], int]:
    """Make a job that stores a row."""

    def job(connection: Connection) -> int:
        connection.exec_driver_sql(f"INSERT INTO parent VALUES ({number})")
        return number

    return job


def bad_at_commit(connection: Connection) -> str:
    """Store a row whose parent will be missing when the transaction ends."""
    connection.exec_driver_sql("INSERT INTO child VALUES (1, 404)")
    return "never seen"


def bad_at_once(connection: Connection) -> None:
    """Store a row, then fail."""
    connection.exec_driver_sql("INSERT INTO parent VALUES (500)")
    raise ValueError("the job's own")


def stored(file: Path, table: str = "parent") -> list[int]:
    """Read the ids of a table's rows, as another process would."""
    with closing(sqlite3.connect(file)) as connection:
        return [id for (id,) in connection.execute(f"SELECT id FROM {table} ORDER BY id")]


async def test_jobs_get_their_own_results(database: SqliteDatabase, file: Path) -> None:
    """More jobs than one commit carries are all done, each answered with its own result."""
    numbers = list(range(GROUP_SIZE * 2 + 3))
    results = await together(database, *(good(number) for number in numbers))

    assert results == numbers
    assert stored(file) == numbers


async def test_queued_jobs_share_one_commit(database: SqliteDatabase, file: Path) -> None:
    """What is queued together becomes visible to others together."""
    seen: list[list[int]] = []

    def look(connection: Connection) -> None:
        seen.append(stored(file))

    await together(database, good(1), look, good(2), look)

    assert seen == [[], []]
    assert stored(file) == [1, 2]


async def test_bad_commit_fails_its_own_job_alone(database: SqliteDatabase, file: Path) -> None:
    """A job that only the commit refuses does not take the others of its group with it."""
    one, bad, two = await together(database, good(1), bad_at_commit, good(2))

    assert (one, two) == (1, 2)
    assert isinstance(bad, IntegrityError)
    assert (stored(file), stored(file, "child")) == ([1, 2], [])


async def test_failed_job_is_rolled_back_alone(database: SqliteDatabase, file: Path) -> None:
    """A job that fails leaves nothing, and the jobs around it stay."""
    one, bad, two = await together(database, good(1), bad_at_once, good(2))

    assert (one, two) == (1, 2)
    assert str(bad) == "the job's own"
    assert stored(file) == [1, 2]


async def test_failed_job_in_a_bad_group_fails_alone(database: SqliteDatabase, file: Path) -> None:
    """When a group is done again one by one, each job gets an answer of its own."""
    results = await together(database, bad_at_once, bad_at_commit, good(1))

    assert [type(result) for result in results] == [ValueError, IntegrityError, int]
    assert stored(file) == [1]


async def test_job_refused_for_what_was_undone_is_done(
    database: SqliteDatabase, file: Path
) -> None:
    """A job that lost to a row which the commit then refused gets its turn."""

    def bad_with_a_row(connection: Connection) -> None:
        good(1)(connection)
        bad_at_commit(connection)

    bad, result = await together(database, bad_with_a_row, good(1))

    assert (type(bad), result) == (IntegrityError, 1)
    assert stored(file) == [1]


async def test_refusal_is_told_once_its_cause_is_committed(
    database: SqliteDatabase, file: Path
) -> None:
    """Who lost to another job of the same group is told when that job's row can be read."""
    first, second = Gate(), Gate()
    held = asyncio.create_task(database.write(first))
    await asyncio.to_thread(first.entered.wait, 10)
    jobs = (good(1), good(1), second)
    won, lost, last = [asyncio.create_task(database.write(job)) for job in jobs]
    await asyncio.sleep(0)
    first.open()
    await asyncio.to_thread(second.entered.wait, 10)
    await asyncio.sleep(0.05)
    told_early = lost.done()
    second.open()
    await asyncio.gather(held, won, last)

    assert not told_early
    with pytest.raises(IntegrityError):
        await lost


async def test_bad_job_alone_is_told(database: SqliteDatabase, file: Path) -> None:
    """A single job whose commit is refused gets the refusal."""
    with pytest.raises(IntegrityError):
        await database.write(bad_at_commit)

    assert await database.write(good(1)) == 1


async def test_caller_gone_before_its_turn_writes_nothing(
    database: SqliteDatabase, file: Path
) -> None:
    """A job whose caller gave up while it was queued is not carried out."""
    gate = Gate()
    held = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    gone = asyncio.create_task(database.write(good(1)))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.open()
    await held

    assert await database.write(good(2)) == 2
    assert (gone.cancelled(), stored(file)) == (True, [2])


async def test_caller_gone_during_its_turn_is_written(database: SqliteDatabase, file: Path) -> None:
    """A job that has begun is committed whether or not somebody still waits for it."""
    gate = Gate()

    def slow(connection: Connection) -> None:
        gate(connection)
        good(1)(connection)

    gone = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(gate.entered.wait, 10)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    gate.open()

    assert await database.write(good(2)) == 2
    assert stored(file) == [1, 2]


async def test_many_gone_callers_do_not_stop_the_thread(database: SqliteDatabase) -> None:
    """Callers that give up at any moment leave the writer at work."""
    for number in range(100):
        gone = asyncio.create_task(database.write(good(number)))
        await asyncio.sleep(0.0002 * (number % 7))
        gone.cancel()

    assert await asyncio.wait_for(database.write(good(1000)), 10) == 1000


async def test_close_finishes_what_is_queued(file: Path) -> None:
    """Closing waits for the jobs that were queued before it."""
    database = SqliteDatabase(f"sqlite:///{file}")
    waiting = [asyncio.create_task(database.write(good(number))) for number in range(10)]
    await asyncio.sleep(0)
    await database.close()

    assert await asyncio.gather(*waiting) == list(range(10))


async def test_closed_database_takes_nothing_more(file: Path) -> None:
    """A job that comes after closing is refused at once, not left waiting for ever."""
    database = SqliteDatabase(f"sqlite:///{file}")
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await asyncio.wait_for(database.write(good(1)), 10)

    assert not [thread for thread in threading.enumerate() if thread.name == "sqlite-writer"]


async def test_unreadable_file_is_told_to_every_caller(tmp_path: Path) -> None:
    """Where the file is no database, whoever writes is told so."""
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, not tables. " * 100)
    database = SqliteDatabase(f"sqlite:///{path}")
    for _ in range(2):
        with pytest.raises(DatabaseError):
            await asyncio.wait_for(database.write(good(1)), 10)
    await database.close()


async def test_writer_commits_durably(database: SqliteDatabase) -> None:
    """A commit that was answered survives a power cut: the log is synced at each."""

    def settings(connection: Connection) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert await database.write(settings) == ["wal", 2, 1]
