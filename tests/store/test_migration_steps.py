"""The steps as pytest-alembic checks them, and what Alembic cannot see: rules, and the way back.

Its four tests are called here rather than collected: its collector breaks with this pytest. They
run on a connection of ours, because ``env.py`` takes the one that it is handed and PostgreSQL's
driver is asynchronous. Our steps are frozen SQL (ADR 6), so what Alembic compares is the database
that the SQL made with the schema that the statements are built from; it compares tables, columns,
types, keys, unique constraints and indexes. CHECKs, triggers and computed columns it passes over:
CHECKs are compared below, triggers step by step and by the referee's tests.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from pytest_alembic import tests as alembic_tests
from pytest_alembic.config import Config
from pytest_alembic.plugin.error import AlembicTestFailure
from pytest_alembic.runner import MigrationContext, runner
from sqlalchemy import CheckConstraint, Column, Connection, MetaData, Table, Text, inspect
from sqlalchemy.engine import make_url

from orchestrator.store import migrate, schema
from tests.databases import POSTGRESQL_WHEN_THOROUGH
from tests.store.migrated import on, rules, step_back

Check = Callable[[MigrationContext], None]
CHECKS: dict[str, Check] = {name: getattr(alembic_tests, name) for name in alembic_tests.__all__}


def run(check: Check, url: str) -> None:
    """Run one of pytest-alembic's tests on a database, as its own fixtures would."""

    def on_connection(connection: Connection) -> None:
        config = Config(alembic_config=migrate.configure())
        with warnings.catch_warnings(), runner(config, connection) as context:
            # Alembic cannot compare a computed column on PostgreSQL, and says so of each.
            warnings.filterwarnings("ignore", "Computed default on", UserWarning)
            check(context)

    on(url, on_connection)


@pytest.mark.parametrize("name", CHECKS)
def test_steps_are_sound(name: str, empty_database_url: str) -> None:
    """One line of steps leads up, and back down, and ends at what the schema says."""
    run(CHECKS[name], empty_database_url)


def widened(parts: list[MetaData]) -> list[MetaData]:
    """Return a schema whose payments have a column that no step has made."""
    copies = [MetaData(naming_convention=part.naming_convention) for part in parts]
    for part, copy in zip(parts, copies, strict=True):
        for table in part.tables.values():
            table.to_metadata(copy)
    copies[0].tables["payments"].append_column(Column("colour", Text))
    return copies


def test_drift_is_seen(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that was added to the schema without a step fails the check, which names it."""
    parts = schema.metadata_of(make_url(database_url).get_backend_name())
    monkeypatch.setattr(schema, "metadata_of", lambda dialect: widened(parts))

    with pytest.raises(AlembicTestFailure) as failure:
        run(alembic_tests.test_model_definitions_match_ddl, database_url)

    assert "op.add_column('payments', sa.Column('colour', sa.Text()" in str(failure.value.context)


@pytest.mark.parametrize("empty_database_url", POSTGRESQL_WHEN_THOROUGH, indirect=True)
def test_each_step_undoes_itself(empty_database_url: str) -> None:
    """Going up a step and down again leaves every table, rule and function as it was before."""
    script = ScriptDirectory.from_config(migrate.configure())
    steps = [step.revision for step in script.walk_revisions()][::-1]
    reached = ["base", *steps]
    for below, step in zip(reached, steps, strict=False):
        climb(empty_database_url, below)
        before = on(empty_database_url, definitions)
        climb(empty_database_url, step)
        step_back(empty_database_url, below)

        assert (step, on(empty_database_url, definitions)) == (step, before)


def definitions(connection: Connection) -> list[tuple[Any, ...]]:
    """Return what defines the database: SQLite quotes the name of a table that was renamed."""
    quoted = re.compile(r'^(CREATE TABLE) "(\w+)"')
    return [(name, quoted.sub(r"\1 \2", sql or "")) for name, sql in rules(connection)]


def climb(url: str, revision: str) -> None:
    """Go up to a revision."""
    on(url, lambda connection: command.upgrade(migrate.configure(connection), revision))


# ── what Alembic cannot see ──────────────────────────────────────────────────────────────────


# Its CHECKs stand in the step alone, as its table says.
UNDESCRIBED = "payment_beginnings"


def checks_of_schema(table: Table) -> dict[str, str]:
    """Return the CHECKs that a table of the schema has, by name."""
    return {
        str(each.name): plain(str(each.sqltext))
        for each in table.constraints
        if isinstance(each, CheckConstraint)
    }


def checks_of_database(connection: Connection, table: str) -> dict[str, str]:
    """Return the CHECKs that a table of the database has, by name."""
    return {
        str(each["name"]): plain(each["sqltext"])
        for each in inspect(connection).get_check_constraints(table)
    }


def plain(sql: str) -> str:
    """Return SQL without what no database cares about."""
    return "".join(sql.lower().split())


def unlike(connection: Connection) -> dict[str, Any]:
    """Find the tables whose CHECKs are others than the schema's: PostgreSQL rewords them."""
    reworded = connection.dialect.name == "postgresql"
    found: dict[str, Any] = {}
    for part in schema.metadata_of(connection.dialect.name):
        for table in (each for each in part.tables.values() if each.name != UNDESCRIBED):
            wanted = checks_of_schema(table)
            stored = checks_of_database(connection, table.name)
            if (stored.keys() != wanted.keys()) if reworded else (stored != wanted):
                found[table.name] = set(stored.items()) ^ set(wanted.items())
    return found


def test_every_check_is_migrated(database_url: str) -> None:
    """Each CHECK of the schema is in the database, and the database has no other."""
    assert on(database_url, unlike) == {}
