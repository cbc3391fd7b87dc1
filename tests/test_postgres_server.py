"""The throw-away PostgreSQL: it works, it is private, and nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.postgres_server import PostgresServer, ServerFailed

PROJECT = Path(__file__).resolve().parent.parent
# Names the server's directory and process, then holds the server until told to end.
HOLDER = """
import signal
from tests.postgres_server import PostgresServer

signal.signal(signal.SIGINT, signal.default_int_handler)
with PostgresServer.start() as server:
    pid = (server.directory / "data" / "postmaster.pid").read_text().splitlines()[0]
    try:
        print(server.directory, pid, flush=True)
        signal.pause()
    finally:
        print(server.execute("SELECT 'still there'"), flush=True)
"""


async def test_url_reaches_the_database(postgres_server: PostgresServer) -> None:
    """The address of a database works as it is with SQLAlchemy."""
    engine = create_async_engine(postgres_server.url("postgres"))
    async with engine.connect() as connection:
        name = await connection.scalar(text("SELECT current_database()"))
    await engine.dispose()

    assert name == "postgres"


def test_template_is_copied(postgres_server: PostgresServer) -> None:
    """A database made from a template has the template's rows."""
    postgres_server.create_database("original")
    postgres_server.execute("CREATE TABLE word AS SELECT 'kept' AS value", "original")
    postgres_server.create_database("copy", template="original")

    assert postgres_server.execute("SELECT value FROM word", "copy") == "kept"


def test_dropped_database_is_gone(postgres_server: PostgresServer) -> None:
    """A dropped database takes no statement any more."""
    postgres_server.create_database("short_lived")
    postgres_server.drop_database("short_lived")

    with pytest.raises(ServerFailed, match='database "short_lived" does not exist'):
        postgres_server.execute("SELECT 1", "short_lived")


def test_server_never_runs_as_root(postgres_server: PostgresServer) -> None:
    """The server's files belong to an unprivileged user, whoever runs the tests."""
    owner = (postgres_server.directory / "data" / "PG_VERSION").stat().st_uid

    assert owner != 0


def test_other_users_are_kept_out(postgres_server: PostgresServer) -> None:
    """Only the server's own user may enter the directory of its socket."""
    mode = stat.S_IMODE(postgres_server.directory.stat().st_mode)

    assert mode == 0o700


@pytest.mark.thorough
def test_refused_setting_is_reported() -> None:
    """A server that does not start says why, in PostgreSQL's words."""
    start = PostgresServer.start({"max_connections": "none"})

    with pytest.raises(ServerFailed, match='invalid value for parameter "max_connections"'), start:
        pass


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.thorough
def test_nothing_outlives_its_starter(ending: signal.Signals) -> None:
    """Server and files go away with the process that started them, however that one ends."""
    with holder() as (process, directory, pid):
        process.send_signal(ending)
        # The guard holds the error pipe open, so this returns once the guard has ended as well.
        process.communicate(timeout=60)

    assert not directory.exists()
    assert not process_exists(pid)


@pytest.mark.thorough
def test_interrupt_leaves_the_server_to_its_starter() -> None:
    """Ctrl-C reaches every process of a terminal's job, yet the starter can still clean up."""
    with holder() as (process, _, _):
        os.killpg(process.pid, signal.SIGINT)
        last_words, _ = process.communicate(timeout=60)

    assert last_words == "still there\n"


@contextmanager
def holder() -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """Start a process group that holds a server; yield it with the server's directory and pid."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None, "a pipe"
        directory, pid = process.stdout.readline().split()
        yield process, Path(directory), int(pid)


def process_exists(pid: int) -> bool:
    """Say whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
