"""Each setting of the database reaches the server, or the pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from orchestrator.errors import DatabaseUnavailable
from orchestrator.runtime import limits_of
from orchestrator.settings import Settings
from orchestrator.store.connections import Database, open_database
from orchestrator.store.faults import Fault, classify
from orchestrator.store.one_row import Row, one_row
from orchestrator.store.patience import PatientDatabase
from tests.postgres_server import PostgresServer

DEFAULTS = {
    "application_name": "orchestrator",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
}
CHANGED = {
    "database_statement_timeout": ("statement_timeout", 2.5, "2500ms"),
    "database_lock_timeout": ("lock_timeout", 0.25, "250ms"),
    "database_idle_timeout": ("idle_in_transaction_session_timeout", 90, "90s"),
}


@one_row(select(func.pg_sleep(30)))
def sleep(row: Row | None) -> object:
    """Wait on the server, in one statement."""
    return row


def sleep_in_transaction(connection: Connection) -> None:
    """Wait on the server, inside a transaction."""
    connection.execute(text("SELECT pg_sleep(30)"))


def show(connection: Connection, name: str) -> str:
    """Ask the server for one of its settings."""
    shown: str = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
    return shown


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[Database]:
    """Open a database as a deployment with these settings does."""
    given = Settings(database_url=url, **settings)
    database = open_database(given.database_url, limits=limits_of(given))
    yield database
    await database.close()


async def failure_of(call: Any) -> BaseException:
    """Return what a call raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  which it is, is the question
        await call
    return raised.value


@pytest.mark.parametrize("way", ["read", "write"])
@pytest.mark.parametrize("name", DEFAULTS)
async def test_defaults_reach_the_server(postgres_url: str, way: str, name: str) -> None:
    """Connections for statements and for transactions have the same limits."""
    async with opened(postgres_url) as database:
        assert await getattr(database, way)(show, name) == DEFAULTS[name]


@pytest.mark.parametrize("setting", CHANGED)
async def test_settings_reach_the_server(postgres_url: str, setting: str) -> None:
    """What is set is what the server says."""
    name, seconds, shown = CHANGED[setting]
    async with opened(postgres_url, **{setting: seconds}) as database:
        assert await database.read(show, name) == shown


@pytest.mark.parametrize("job", [sleep, sleep_in_transaction])
async def test_long_statement_is_given_up_by_the_server(
    postgres_url: str, job: Callable[..., object]
) -> None:
    """A statement over its time ends at the server, and is no reason to try again."""
    async with opened(postgres_url, database_statement_timeout=0.1) as database:
        failure = await failure_of(database.write(job))

    assert getattr(getattr(failure, "orig", None), "sqlstate", None) == "57014"
    assert classify(failure) is Fault.unavailable


@pytest.mark.parametrize("job", [sleep, sleep_in_transaction])
async def test_silent_connection_is_cut_off(postgres_url: str, job: Callable[..., object]) -> None:
    """A connection that does not answer is a lost one, and the next is a new one."""
    async with opened(postgres_url, database_command_timeout=0.2, database_pool=1) as database:
        failure = await failure_of(database.write(job))

        assert classify(failure) is Fault.retry
        assert await database.write(show, "application_name") == "orchestrator"


async def test_silent_connection_is_not_canceled(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    """The server is not told to cancel: a commit that waits for a standby would count as done."""
    async with opened(postgres_url, database_command_timeout=0.2, database_pool=1) as database:
        await failure_of(database.write(sleep, one_statement=True))
        await asyncio.sleep(0.3)
        still = postgres_server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE "
            "'SELECT pg_sleep%' AND datname = '" + postgres_url.split("/")[3].split("?")[0] + "'"
        )

    assert still == "1"


async def test_lock_is_waited_for_so_long(postgres_url: str) -> None:
    """A row that another transaction holds is a database that cannot now."""
    lock = text("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
    held, done = asyncio.Event(), asyncio.Event()

    async with opened(postgres_url, database_lock_timeout=0.1) as database:
        loop = asyncio.get_running_loop()

        def hold(connection: Connection) -> None:
            connection.execute(lock)
            loop.call_soon(held.set)
            connection.execute(text("SELECT pg_sleep(0.5)"))
            done.set()

        holding = asyncio.create_task(database.write(hold))
        await held.wait()
        failure = await failure_of(database.write(lambda connection: connection.execute(lock)))
        await holding

    assert done.is_set()
    assert classify(failure) is Fault.unavailable


async def test_full_pool_is_waited_for_so_long(postgres_url: str) -> None:
    """A pool without room is a database that cannot now, and says so after its time."""
    settings = {"database_pool": 1, "database_pool_timeout": 0.1}
    async with opened(postgres_url, **settings) as database:
        busy = asyncio.create_task(database.read(_sleep_a_moment))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await PatientDatabase(database, seconds=5).read(show, "lock_timeout")
        waited = time.monotonic() - began
        await busy

    assert 0.1 <= waited < 0.5


async def test_overflow_makes_room(postgres_url: str) -> None:
    """Connections beyond the pool's size are made as far as the setting allows."""
    settings = {"database_pool": 1, "database_pool_timeout": 0.1, "database_pool_overflow": 1}
    async with opened(postgres_url, **settings) as database:
        busy = asyncio.create_task(database.read(_sleep_a_moment))
        await asyncio.sleep(0.1)

        assert await database.read(show, "lock_timeout") == "5s"
        await busy


def _sleep_a_moment(connection: Connection) -> None:
    connection.execute(text("SELECT pg_sleep(0.7)"))
