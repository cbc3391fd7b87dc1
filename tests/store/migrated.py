"""A database as the tests of migrations look at it: what it holds, and the steps it takes."""

import asyncio
from collections.abc import Callable
from typing import Any

from alembic import command
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.store import migrate


def on(url: str, function: Callable[[Connection], Any]) -> Any:
    """Run a function on a connection of its own and commit."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            return function(connection)
    return asyncio.run(_on_postgresql(url, function))


async def _on_postgresql(url: str, function: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(function)


def names(connection: Connection) -> set[str]:
    """Return the names of all tables."""
    return set(inspect(connection).get_table_names())


def rules(connection: Connection) -> list[Any]:
    """Return the definition of everything in the database."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master ORDER BY name"
    else:
        query = (
            "SELECT tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "UNION ALL SELECT proname::text, prosrc FROM pg_proc "
            "WHERE pronamespace = 'public'::regnamespace "
            "UNION ALL SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace "
            "UNION ALL SELECT indexname::text, indexdef FROM pg_indexes "
            "WHERE schemaname = 'public' "
            "UNION ALL SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable "
            "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
    return [tuple(row) for row in connection.execute(text(query))]


def everything(connection: Connection) -> dict[str, list[Any]]:
    """Read every row of every table."""
    found: dict[str, list[Any]] = {}
    for name in sorted(inspect(connection).get_table_names()):
        columns = [column["name"] for column in inspect(connection).get_columns(name)]
        rows = connection.execute(text(f"SELECT {', '.join(map(quoted, columns))} FROM {name}"))
        found[name] = sorted(repr(dict(row)) for row in rows.mappings())
    return found


def quoted(name: str) -> str:
    """Quote a column's name."""
    return f'"{name}"'


def step_back(url: str, revision: str) -> None:
    """Go back to a revision."""
    on(url, lambda connection: command.downgrade(migrate.configure(connection), revision))


def execute(url: str, *statements: str) -> None:
    """Run statements in one transaction."""

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    on(url, run)
