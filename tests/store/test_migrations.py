"""The migrations: they make what the schema says, and the machine's table is in the database."""

import asyncio
import subprocess
import sys
import warnings
from importlib.resources import files
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from orchestrator.states import TRANSITIONS
from orchestrator.store import migrate
from orchestrator.store.connections import open_database
from orchestrator.store.customers import keep_customer
from orchestrator.store.schema import legal_edges, metadata_of
from tests.store.migrated import everything, execute, names, on, rules, step_back
from tests.store.seeds import seed
from tests.stored_payments import START

LAST_INDEX = "ix_payments_transaction"
# What 0001 has no room for; the history, and with it the feed, comes back whole.
NEWER_TABLES = (
    "customers",
    "stripe_events",
    "card_outcomes",
    "webhook_endpoints",
    "webhook_deliveries",
    "seals",
    "seal_leaves",
    "anomaly_notes",
    "console_sessions",
    "rollups",
)
NEWER = "UPDATE alembic_version SET version_num = '9999'"


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
    step_back(database_url, "base")

    assert on(database_url, names) == {"alembic_version"}
    assert [name for name, _ in on(database_url, rules) if "alembic" not in name] == []


def test_downgrade_then_upgrade_gives_the_same(database_url: str) -> None:
    """What was dropped comes back as it was, rule for rule."""
    before = on(database_url, rules)
    step_back(database_url, "base")
    migrate.upgrade(database_url)

    assert on(database_url, rules) == before


async def test_a_step_keeps_every_row(database_url: str) -> None:
    """A step back and forth loses nothing but what the older schema has no room for."""
    await seed(database_url)
    before = await asyncio.to_thread(on, database_url, everything)
    await asyncio.to_thread(step_back, database_url, "0001")
    migrate.upgrade(database_url)
    after = await asyncio.to_thread(on, database_url, everything)

    # Where the chain of actions ends, and how far is counted, goes with them.
    for head in ("action_head", "rollup_turn"):
        before.pop(head), after.pop(head)
    # So do the actions; on the way up those that made and revoked keys are put on record again.
    assert before.pop("actions") != []
    assert all("'subject_kind': 'api_key'" in action for action in after.pop("actions"))
    for table in NEWER_TABLES:
        assert before.pop(table) != []
        assert after.pop(table) == []
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
    await asyncio.to_thread(step_back, database_url, "0001")
    found = await asyncio.to_thread(on, database_url, everything)

    assert found["idempotency_keys"] == []


@pytest.mark.parametrize("start", ["base", "0001"])
async def test_failed_step_changes_nothing(database_url: str, start: str) -> None:
    """Where a step's last statement fails, all stays as it was; with its cause gone it succeeds."""
    newest = await asyncio.to_thread(on, database_url, rules)
    await seed(database_url)
    await asyncio.to_thread(step_back, database_url, start)
    # The last statement of 0002 makes an index of this name.
    await asyncio.to_thread(execute, database_url, f"CREATE TABLE {LAST_INDEX} (id INTEGER)")
    before = await asyncio.to_thread(look_at, database_url)

    with pytest.raises(DBAPIError, match=LAST_INDEX):
        migrate.upgrade(database_url)

    assert await asyncio.to_thread(look_at, database_url) == before
    await asyncio.to_thread(execute, database_url, f"DROP TABLE {LAST_INDEX}")
    migrate.upgrade(database_url)
    assert await asyncio.to_thread(on, database_url, rules) == newest


def look_at(url: str) -> tuple[Any, ...]:
    """Return the definition of everything, and every row."""
    return on(url, rules), on(url, everything)


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
    assert (files("orchestrator.store.migrations") / "script.py.mako").is_file()


def test_newest_schema_is_the_last_step() -> None:
    """The revision that the program asks for is where the one line of steps ends."""
    script = ScriptDirectory.from_config(migrate.configure())

    assert script.get_heads() == [migrate.head()]


def test_commands_do_not_load_alembic() -> None:
    """A command that migrates nothing does not pay for what migrates, nor does one that opens."""
    program = (
        "import orchestrator.cli, orchestrator.cli.storage, sys; print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("False\n", "")
