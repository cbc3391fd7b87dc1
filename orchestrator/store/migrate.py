"""Brings a database to the newest schema, and tells whether it is there.

Refuses a database whose schema is newer than this program knows. Whoever migrates a database that
is being migrated waits, and then finds nothing to do.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.store.connections import sqlite_url
from orchestrator.store.limits import Limits
from orchestrator.store.primary import Primary

if TYPE_CHECKING:
    from alembic.config import Config

# How long SQLite waits for who writes: somebody else's migration may make a large table anew.
SQLITE_WAIT_SECONDS: Final = 60

_VERSION: Final = re.compile(r"v\d{4}_\w+\.py")

# Whoever holds PostgreSQL's advisory lock of this number migrates; the number means nothing.
POSTGRESQL_LOCK: Final = 7_206_112_015


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; a no-op when it is there.

    May be called from inside a running event loop.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = _sqlite_engine(url)
        with engine.begin() as connection:
            _upgrade(connection)
        engine.dispose()
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _upgrade_postgresql(url)).result()


def head() -> str:
    """Return the newest schema's revision.

    Told by the names of the files, ``v0002_….py``: loading Alembic to be told it takes a third of
    a second, and every command that opens the database asks.
    """
    versions = files("orchestrator.store") / "migrations" / "versions"
    return max(file.name[1:5] for file in versions.iterdir() if _VERSION.fullmatch(file.name))


def current(connection: Connection) -> str | None:
    """Return the revision of the database a connection leads to, or null when it has no schema."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return revision


def _sqlite_engine(url: str) -> Engine:
    """Open SQLite so that a migration is one transaction.

    Python's driver begins one by itself only before a row is written, so that tables made or
    dropped before then would stay when a later statement fails.
    """
    engine = create_engine(
        sqlite_url(url), poolclass=NullPool, connect_args={"timeout": SQLITE_WAIT_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _upgrade_postgresql(url: str) -> None:
    # Each statement has to see what was committed while the lock was waited for.
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",
        connect_args={"async_creator_fn": Primary(Limits().connect_seconds)},
    )
    async with engine.begin() as connection:
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(:number)"), {"number": POSTGRESQL_LOCK}
        )
        await connection.run_sync(_upgrade)
    await engine.dispose()


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(configure(connection), "head")


def configure(connection: Connection | None = None) -> "Config":
    """Return what Alembic's own commands need, to run on this connection."""
    from alembic.config import Config

    config = Config()
    config.attributes["connection"] = connection
    location = files("orchestrator.store") / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
