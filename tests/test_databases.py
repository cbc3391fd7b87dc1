"""The database fixtures: migrated, one for each test, on both kinds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.databases import fresh_database
from tests.postgres_server import PostgresServer

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
