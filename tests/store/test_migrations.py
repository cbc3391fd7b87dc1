"""The migrations: they make what the schema says, and the machine's table is in the database."""

import asyncio
import warnings
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.states import TRANSITIONS
from orchestrator.store import migrate
from orchestrator.store.connections import open_database
from orchestrator.store.customers import keep_customer
from orchestrator.store.schema import legal_edges, metadata_of
from tests.store.seeds import seed
from tests.stored_payments import START

NEWER = "UPDATE alembic_version SET version_num = '9999'"


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


def differences(connection: Connection) -> list[Any]:
    """Return what Alembic would change to make the database what the schema says."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    with warnings.catch_warnings():
        # Alembic compares no computed columns on PostgreSQL and says so each time.
        warnings.filterwarnings("ignore", "Computed default on", UserWarning)
        expected: Any = metadata_of(connection.dialect.name)
        found: list[Any] = compare_metadata(context, expected)
    return found


def rules(connection: Connection) -> list[Any]:
    """Return the definition of everything in the database that is not a table."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master ORDER BY name"
    else:
        query = (
            "SELECT tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "UNION ALL SELECT proname::text, prosrc FROM pg_proc "
            "WHERE pronamespace = 'public'::regnamespace "
            "UNION ALL SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
    return [tuple(row) for row in connection.execute(text(query))]


def test_upgrade_makes_every_table(empty_database_url: str) -> None:
    """An empty database gets the schema's tables and Alembic's own, and no other."""
    migrate.upgrade(empty_database_url)

    dialect = make_url(empty_database_url).get_backend_name()
    expected = {table for part in metadata_of(dialect) for table in part.tables}
    assert on(empty_database_url, names) == expected | {"alembic_version"}


def test_migrated_database_is_at_the_head(database_url: str) -> None:
    """A migrated database says so, and migrating it again is a no-op."""
    before = on(database_url, rules)
    migrate.upgrade(database_url)

    assert on(database_url, migrate.current) == migrate.head()
    assert on(database_url, rules) == before


def test_empty_database_has_no_revision(empty_database_url: str) -> None:
    """A database that was never migrated is told apart."""
    assert on(empty_database_url, migrate.current) is None


def test_schema_is_what_was_migrated(database_url: str) -> None:
    """The schema that the program's statements are built from is the database's."""
    assert on(database_url, differences) == []


def test_seeded_edges_are_the_machine(database_url: str) -> None:
    """The legal edges in the database are the machine's transitions, each and no other."""
    stored = on(database_url, lambda connection: connection.execute(select(legal_edges)).all())

    assert sorted(stored) == sorted((row.source, row.event, row.target) for row in TRANSITIONS)
    assert len(stored) == len(TRANSITIONS)


def test_downgrade_leaves_nothing(database_url: str) -> None:
    """Going back drops every table and every rule."""
    on(database_url, lambda connection: command.downgrade(migrate.configure(connection), "base"))

    assert on(database_url, names) == {"alembic_version"}
    assert [name for name, _ in on(database_url, rules) if "alembic" not in name] == []


def test_downgrade_then_upgrade_gives_the_same(database_url: str) -> None:
    """What was dropped comes back as it was, rule for rule."""
    before = on(database_url, rules)
    on(database_url, lambda connection: command.downgrade(migrate.configure(connection), "base"))
    migrate.upgrade(database_url)

    assert on(database_url, rules) == before


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


async def test_a_step_keeps_every_row(database_url: str) -> None:
    """A step back and forth loses nothing but what the older schema has no room for."""
    await seed(database_url)
    before = await asyncio.to_thread(on, database_url, everything)

    def back(connection: Connection) -> None:
        command.downgrade(migrate.configure(connection), "0001")

    await asyncio.to_thread(on, database_url, back)
    migrate.upgrade(database_url)
    after = await asyncio.to_thread(on, database_url, everything)

    assert before.pop("customers") != []
    assert after.pop("customers") == []
    assert after == before
    assert len(before["idempotency_keys"]) > 0
    assert len(before["card_disablements"]) > 0


async def test_keys_of_customers_do_not_stop_a_step_back(database_url: str) -> None:
    """Keys that an older program could not read go when its schema comes back."""
    database = open_database(database_url)
    key = {
        "owner": "shop",
        "key": "k",
        "operation": "create_customer",
        "request_digest": "d",
        "resource": "cus_1",
        "created_at": START,
    }
    await database.write(keep_customer, "cus_1", "shop", START, key)
    await database.close()

    def back(connection: Connection) -> None:
        command.downgrade(migrate.configure(connection), "0001")

    await asyncio.to_thread(on, database_url, back)
    found = await asyncio.to_thread(on, database_url, everything)

    assert found["idempotency_keys"] == []


def test_newer_schema_is_refused(database_url: str) -> None:
    """A database that a newer program has migrated is left alone."""
    on(database_url, lambda connection: connection.execute(text(NEWER)))
    with pytest.raises(CommandError, match="9999"):
        migrate.upgrade(database_url)

    assert on(database_url, migrate.current) == "9999"


async def test_upgrade_runs_inside_a_loop(empty_database_url: str) -> None:
    """The commands that serve may migrate first, whatever loop is running."""
    migrate.upgrade(empty_database_url)

    current = await asyncio.to_thread(on, empty_database_url, migrate.current)
    assert current == migrate.head()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_migration_has_its_sql(dialect: str) -> None:
    """Each revision finds its files as the installed package has them."""
    folder = files("orchestrator.store.migrations") / "versions"
    present = {entry.name for entry in folder.iterdir()}
    first = ("0001_tables", "0001_edges", "0001_rules", "0001_down")
    second = ("0002_customers_and_lists", "0002_down")

    assert {f"{part}.{dialect}.sql" for part in (*first, *second)} <= present


def test_next_migration_has_a_template() -> None:
    """Alembic finds the template for the next revision in the package."""
    script = ScriptDirectory.from_config(migrate.configure())

    assert (files("orchestrator.store.migrations") / "script.py.mako").is_file()
    assert len(script.get_heads()) == 1
