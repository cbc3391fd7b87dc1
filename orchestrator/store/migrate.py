"""Brings a database to the newest schema, and tells whether it is there.

Refuses a database whose schema is newer than this program knows.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.store.connections import sqlite_url


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
    """Return the newest schema's revision."""
    revision = ScriptDirectory.from_config(configure()).get_current_head()
    assert revision is not None, "there is at least one migration"
    return revision


def current(connection: Connection) -> str | None:
    """Return the revision of the database a connection leads to, or null when it has no schema."""
    return MigrationContext.configure(connection).get_current_revision()


def _sqlite_engine(url: str) -> Engine:
    """Open SQLite so that a migration is one transaction.

    Python's driver begins one by itself only before a row is written, so that tables made or
    dropped before then would stay when a later statement fails.
    """
    engine = create_engine(sqlite_url(url), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _upgrade_postgresql(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()


def _upgrade(connection: Connection) -> None:
    command.upgrade(configure(connection), "head")


def configure(connection: Connection | None = None) -> Config:
    """Return what Alembic's own commands need, to run on this connection."""
    config = Config()
    config.attributes["connection"] = connection
    location = files("orchestrator.store") / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
