"""The database fixtures: migrated, one for each test, on both kinds."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from orchestrator.states import TRANSITIONS
from tests.databases import fresh_database
from tests.postgres_pool import DatabasePool
from tests.postgres_server import PostgresServer

SPOILED = {
    "a table": "CREATE TABLE mine (id int)",
    "a column": "ALTER TABLE customers ADD COLUMN mine int",
    "a trigger": "DROP TRIGGER payment_transitions_head ON payment_transitions",
    "a trigger at rest": "ALTER TABLE payment_transitions DISABLE TRIGGER ALL",
    "an index": "CREATE INDEX mine ON customers (owner)",
    "a constraint": "ALTER TABLE customers ADD CONSTRAINT mine CHECK (owner <> 'mine')",
    "a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a privilege": "GRANT SELECT ON customers TO PUBLIC",
    "a setting": "ALTER DATABASE {name} SET work_mem = '8MB'",
    "statistics": "ANALYZE legal_edges",
    "a truncated table": "SET session_replication_role = replica; TRUNCATE idempotency_keys",
}
TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'payments'"
LEGAL_EDGES = "SELECT count(*) FROM legal_edges"


def ask_sqlite(url: str, statement: str) -> str:
    """Return the one value of a statement on a SQLite file."""
    with closing(sqlite3.connect(str(make_url(url).database))) as connection:
        return str(connection.execute(statement).fetchone()[0])


def ask_postgresql(server: PostgresServer, url: str, statement: str) -> str:
    """Return the one value of a statement on a PostgreSQL database."""
    return server.execute(statement, str(make_url(url).database))


def test_sqlite_database_is_migrated(sqlite_url: str) -> None:
    """A test's SQLite file has the schema and its seed."""
    assert int(ask_sqlite(sqlite_url, LEGAL_EDGES)) > 0


def test_postgresql_database_is_migrated(
    postgres_server: PostgresServer, postgresql_url: str
) -> None:
    """A test's PostgreSQL database has the schema and its seed."""
    assert int(ask_postgresql(postgres_server, postgresql_url, LEGAL_EDGES)) > 0


def test_empty_databases_have_no_tables(
    postgres_server: PostgresServer, empty_postgresql_url: str, empty_sqlite_url: str
) -> None:
    """A test of migrations starts from nothing."""
    assert ask_postgresql(postgres_server, empty_postgresql_url, TABLES) == "0"
    assert not Path(str(make_url(empty_sqlite_url).database)).exists()


def test_each_kind_gets_its_own_address(database_url: str, request: pytest.FixtureRequest) -> None:
    """The parametrized fixture gives an address of the kind it is named after."""
    kind = request.node.callspec.params["database_url"]

    assert make_url(database_url).get_backend_name() == kind


def test_database_goes_with_its_test(postgres_server: PostgresServer) -> None:
    """A test's PostgreSQL database is dropped when the test is over."""
    with fresh_database(postgres_server, template=None) as url:
        name = make_url(url).database

    left = postgres_server.execute("SELECT datname FROM pg_database").splitlines()

    assert name not in left


@pytest.fixture
def pool(postgres_server: PostgresServer, postgres_template: str) -> DatabasePool:
    """Give the test a pool of its own."""
    return DatabasePool(postgres_server, postgres_template)


def test_lent_database_is_empty_again(postgres_server: PostgresServer, pool: DatabasePool) -> None:
    """The next test finds what the migrations wrote, and nothing that a test wrote or took away."""
    with pool.lend() as url:
        name = str(make_url(url).database)
        postgres_server.execute("INSERT INTO customers VALUES ('cus_1', 'shop', now())", name)
        postgres_server.execute(
            "SET session_replication_role = replica; DELETE FROM legal_edges WHERE event = 'fail'",
            name,
        )
    with pool.lend() as again:
        edges = ask_postgresql(postgres_server, again, LEGAL_EDGES)
        customers = ask_postgresql(postgres_server, again, "SELECT count(*) FROM customers")

    assert (again, edges, customers) == (url, str(len(TRANSITIONS)), "0")


@pytest.mark.parametrize("statement", SPOILED.values(), ids=SPOILED)
def test_spoiled_database_is_not_lent_again(
    postgres_server: PostgresServer, pool: DatabasePool, statement: str
) -> None:
    """A database whose schema a test changed is dropped."""
    with pool.lend() as url:
        name = str(make_url(url).database)
        postgres_server.execute(statement.format(name=name), name)
    with pool.lend() as again:
        left = postgres_server.execute("SELECT datname FROM pg_database").splitlines()

    assert again != url
    assert name not in left


def test_database_in_use_is_not_lent_again(pool: DatabasePool) -> None:
    """A database that somebody still speaks to is dropped."""
    with asyncio.Runner() as runner:
        with pool.lend() as url:
            address = make_url(url)
            connection = runner.run(
                asyncpg.connect(
                    host=str(address.query["host"]), user="postgres", database=address.database
                )
            )
        with pool.lend() as again:
            assert again != url
        connection.terminate()
