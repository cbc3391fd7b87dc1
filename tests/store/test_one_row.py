"""Statements that go straight to the driver: what they read, and how they fail."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.exc import DBAPIError

from orchestrator.store.connections import Database, open_database
from orchestrator.store.one_row import Row, one_row
from orchestrator.store.types import DOCUMENT
from tests.postgres_server import PostgresServer

_NUMBER = bindparam("number", type_=literal(1).type)


@one_row(select(_NUMBER + 1).where(_NUMBER < 10), "number")
def add_one(row: Row | None) -> int | None:
    """Add one to a small number."""
    return row[0] if row is not None else None


@one_row(select(literal(7) // _NUMBER), "number")
def divide(row: Row | None) -> object:
    """Divide by a number."""
    return row


@one_row(select(bindparam("document", type_=DOCUMENT).label("document")), "document")
def echo(row: Row | None) -> object:
    """Send a document there and back."""
    return row[0] if row is not None else None


@one_row(select(func.pg_backend_pid()))
def backend(row: Row | None) -> int:
    """Name the server's process."""
    assert row is not None, "a function has a value"
    pid: int = row[0]
    return pid


@one_row(select(func.pg_sleep(30)))
def sleep(row: Row | None) -> object:
    """Wait on the server."""
    return row


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a database, once of each kind."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def one_connection(postgres_url: str) -> AsyncIterator[Database]:
    """Open a PostgreSQL database through a single connection."""
    opened = open_database(postgres_url, pool_size=1)
    yield opened
    await opened.close()


async def test_row_is_read(database: Database) -> None:
    """The reading function gets the row, constants of the statement included."""
    assert await database.read(add_one, 2) == 3


async def test_missing_row_is_null(database: Database) -> None:
    """Where the statement finds nothing the reading function gets null."""
    assert await database.read(add_one, 10) is None


@pytest.mark.parametrize("document", [{"a": [1, "é", None]}, [], None], ids=str)
async def test_document_goes_there_and_back(database: Database, document: object) -> None:
    """A JSON value arrives as it was sent, and a missing one as SQL's null."""
    assert await database.read(echo, document) == document


async def test_statement_may_be_written_through(database: Database) -> None:
    """As a write it runs by itself just the same."""
    assert await database.write(add_one, 2) == 3


async def test_refused_statement_raises_with_its_code(one_connection: Database) -> None:
    """What the server refuses is SQLAlchemy's error, with the server's code, without values."""
    with pytest.raises(DBAPIError) as refused:
        await one_connection.read(divide, 0)

    assert getattr(refused.value.orig, "sqlstate", None) == "22012"
    assert refused.value.params is None


async def test_connection_survives_a_refused_statement(one_connection: Database) -> None:
    """A refusal says nothing about the connection, which goes back to the pool."""
    before = await one_connection.read(backend)

    with pytest.raises(DBAPIError):
        await one_connection.read(divide, 0)

    assert await one_connection.read(backend) == before


async def test_closed_connection_is_replaced(
    one_connection: Database, postgres_server: PostgresServer
) -> None:
    """A connection the server closed while it lay idle is not handed out again."""
    before = await one_connection.read(backend)
    postgres_server.execute(f"select pg_terminate_backend({before}, 5000)")
    await asyncio.sleep(0.05)

    assert await one_connection.read(backend) != before


async def test_connection_lost_under_way_is_an_error(
    one_connection: Database, postgres_server: PostgresServer
) -> None:
    """A statement whose connection is lost is not sent again: nobody knows what it did."""
    pid = await one_connection.read(backend)
    waiting = asyncio.create_task(one_connection.read(sleep))
    await asyncio.sleep(0.2)
    postgres_server.execute(f"select pg_terminate_backend({pid}, 5000)")

    with pytest.raises(DBAPIError) as lost:
        await waiting

    assert lost.value.connection_invalidated


async def test_canceled_statement_leaves_no_broken_connection(one_connection: Database) -> None:
    """A caller that goes away takes its connection along, and the next one gets another."""
    before = await one_connection.read(backend)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one_connection.read(sleep), 0.2)

    assert await one_connection.read(backend) != before
