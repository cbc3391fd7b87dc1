"""The connections: PostgreSQL through asyncpg, SQLite through one writer thread.

Both run the same store functions, which are plain functions of a SQLAlchemy connection. On SQLite
all writes go through one thread that commits them in groups; reads run beside it.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from orchestrator.errors import Misconfigured
from orchestrator.store.limits import Limits
from orchestrator.store.postgresql import PostgresDatabase

Result = TypeVar("Result")
Job = Callable[..., Any]

# How many jobs one commit may carry, and how many readers run beside the writer.
GROUP_SIZE = 64
READERS = 4


class UnreadableText(ValueError):
    """A column of text in SQLite holds bytes that are none."""


class Database(Protocol):
    """What the use cases need of a database."""

    dialect: str

    async def read(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function that only reads."""

    async def write(
        self, function: Callable[..., Result], *arguments: Any, one_statement: bool = False
    ) -> Result:
        """Run a function in one transaction; ``one_statement`` promises it sends just one."""

    async def close(self) -> None:
        """Close every connection."""


def open_database(
    url: str, *, pool_size: int | None = None, limits: Limits | None = None
) -> Database:
    """Open the database at ``url``; ``limits``, or a ``pool_size`` alone, are for PostgreSQL.

    Raises:
        Misconfigured: the URL names no database we run on.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return SqliteDatabase(url)
    if backend == "postgresql":
        limits = limits or Limits()
        return PostgresDatabase(url, replace(limits, pool_size=pool_size or limits.pool_size))
    raise Misconfigured(
        f"ORCHESTRATOR_DATABASE_URL names {backend!r}; use sqlite:///FILE or "
        "postgresql+asyncpg://USER@HOST/DATABASE."
    )


def sqlite_url(url: str) -> str:
    """Return the URL for the standard library's driver.

    Raises:
        Misconfigured: the database would live in memory, where no second connection sees it.
    """
    parsed = make_url(url)
    if not parsed.database or parsed.database == ":memory:":
        raise Misconfigured("SQLite needs a file: sqlite:///orchestrator.db")
    return parsed.set(drivername="sqlite+pysqlite").render_as_string(hide_password=False)


class SqliteDatabase:
    """SQLite in WAL mode: one writer thread with group commit, readers beside it."""

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        path = Path(make_url(url).database or "")
        if not path.parent.is_dir():
            raise Misconfigured(f"There is no folder {path.parent} for the SQLite file.")
        self._engine = _sqlite_engine(url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._writer = _WriterThread(self._engine)

    async def read(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function that only reads, on a connection of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, function, arguments)

    async def write(
        self, function: Callable[..., Result], *arguments: Any, one_statement: bool = False
    ) -> Result:
        """Queue a function for the writer thread; returns once its group is committed."""
        del one_statement
        result: Result = await asyncio.wrap_future(self._writer.submit(function, arguments))
        return result

    async def close(self) -> None:
        """Stop the threads and close every connection."""
        await asyncio.to_thread(self._writer.stop)
        self._readers.shutdown()
        self._engine.dispose()

    def _read(self, function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
        with self._engine.connect() as connection:
            return function(connection, *arguments)


_Queued = tuple[Job, tuple[Any, ...], Future[Any]]


class _WriterThread:
    """The one thread that writes: takes what is queued, commits it together, answers each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._refusal: Exception | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, function: Job, arguments: tuple[Any, ...]) -> Future[Any]:
        """Queue a job; one that can no longer be carried out is answered at once."""
        future: Future[Any] = Future()
        with self._lock:
            if self._refusal is None:
                self._queue.put((function, arguments, future))
            else:
                future.set_exception(self._refusal)
        return future

    def stop(self) -> None:
        """Finish what is queued, take nothing more, and end the thread."""
        with self._lock:
            self._refusal = self._refusal or RuntimeError("The database is closed.")
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                while group := self._take_group():
                    _commit_group(connection, group)
        except Exception as exc:  # noqa: BLE001  handed to everybody who would wait for ever
            self._refuse_from_now_on(exc)

    def _take_group(self) -> list[_Queued]:
        """Wait for a job and take those behind it; empty once there is nothing left to do.

        Who has gone by now has written nothing; from here on a job is carried out whoever waits.
        """
        group: list[_Queued] = []
        while not group or (len(group) < GROUP_SIZE and not self._queue.empty()):
            job = self._queue.get()
            if job is None:
                if group:
                    self._queue.put(None)
                return group
            if job[2].set_running_or_notify_cancel():
                group.append(job)
        return group

    def _refuse_from_now_on(self, exc: Exception) -> None:
        with self._lock:
            self._refusal = exc
            while not self._queue.empty():
                job = self._queue.get()
                if job is not None and job[2].set_running_or_notify_cancel():
                    job[2].set_exception(exc)


def _commit_group(connection: Connection, group: list[_Queued]) -> None:
    """Commit a group; where the commit itself is refused, commit its jobs one by one.

    A savepoint does not check deferred keys, so one bad job could fail the commit of all. A
    transaction that cannot even begin (the file is locked, the disk is full) fails for all. Nobody
    is answered before the commit, not even with a refusal: its cause may be a row of the same
    group, which the caller would look for in vain.
    """
    began = False
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        began = True
        answers = [_run_job(connection, job) for job in group]
        connection.exec_driver_sql("COMMIT")
    except Exception as exc:  # noqa: BLE001  handed to every caller
        _roll_back(connection)
        if began and len(group) > 1:
            for job in group:
                _commit_group(connection, [job])
        else:
            for _, _, future in group:
                future.set_exception(exc)
        return
    for answer in answers:
        answer()


def _run_job(connection: Connection, job: _Queued) -> Callable[[], None]:
    """Carry a job out, or undo it; return what answers its caller."""
    function, arguments, future = job
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        result = function(connection, *arguments)
    except Exception as exc:  # noqa: BLE001  the job's own failure goes to its caller
        connection.exec_driver_sql("ROLLBACK TO job")
        answer = partial(future.set_exception, exc)
    else:
        answer = partial(future.set_result, result)
    connection.exec_driver_sql("RELEASE job")
    return answer


def _roll_back(connection: Connection) -> None:
    if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # sqlite3's
        connection.exec_driver_sql("ROLLBACK")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        sqlite_url(url),
        poolclass=QueuePool,
        pool_size=READERS + 1,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "handle_error")
    def _tell_unreadable(context: Any) -> UnreadableText | None:
        # Not that the database is away: somebody wrote bytes into a column of text.
        sentence = str(context.original_exception)
        return UnreadableText(sentence) if "Could not decode to UTF-8" in sentence else None

    @event.listens_for(engine, "connect")
    def _set_up(dbapi_connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=30000",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    return engine
