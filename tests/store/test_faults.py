"""What each failure of a database means."""

from __future__ import annotations

import socket
import sqlite3
from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.errors import WriteConflict
from orchestrator.store.faults import Fault, classify

RETRY, UNAVAILABLE, REFUSED = Fault


def of_server(state: str) -> asyncpg.PostgresError:
    """Make what the driver raises for an error of the server's."""
    made: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": state, "M": "so it goes"})
    return made


def wrapped(cause: BaseException, *, lost: bool = False) -> DBAPIError:
    """Wrap a driver's error as SQLAlchemy does: translated first, with the cause behind it."""
    kind: Any = AsyncAdapt_asyncpg_dbapi.Error
    translated = kind(str(cause), cause)
    translated.__cause__ = cause
    return DBAPIError(None, None, translated, connection_invalidated=lost)


def past_sqlalchemy(cause: Any, *, lost: bool = False) -> DBAPIError:
    """Wrap a driver's error as our own statements do."""
    return DBAPIError(None, None, cause, connection_invalidated=lost)


def of_sqlite(name: str) -> DBAPIError:
    """Make what SQLAlchemy raises for an error of SQLite's."""
    cause = sqlite3.OperationalError("so it goes")
    cause.sqlite_errorname = name
    return DBAPIError(None, None, cause)


SERVER = {
    "08003": RETRY,
    "08006": RETRY,
    "25006": RETRY,
    "25P03": RETRY,
    "40001": RETRY,
    "40P01": RETRY,
    "53300": RETRY,
    "57P01": RETRY,
    "57P02": RETRY,
    "57P03": RETRY,
    "28P01": UNAVAILABLE,
    "3D000": UNAVAILABLE,
    "53100": UNAVAILABLE,
    "55P03": UNAVAILABLE,
    "57014": UNAVAILABLE,
    "58030": UNAVAILABLE,
    "22012": REFUSED,
    "23503": REFUSED,
    "23505": REFUSED,
    "25P02": REFUSED,
    "42501": REFUSED,
    "42P01": REFUSED,
    "P0001": REFUSED,
    "XX000": REFUSED,
}
SQLITE = {
    "SQLITE_BUSY": UNAVAILABLE,
    "SQLITE_BUSY_SNAPSHOT": UNAVAILABLE,
    "SQLITE_LOCKED": UNAVAILABLE,
    "SQLITE_FULL": UNAVAILABLE,
    "SQLITE_IOERR_WRITE": UNAVAILABLE,
    "SQLITE_READONLY_DBMOVED": UNAVAILABLE,
    "SQLITE_CONSTRAINT_UNIQUE": REFUSED,
    "SQLITE_ERROR": REFUSED,
}
CLOSED = asyncpg.InterfaceError("connection is closed")
BUSY = asyncpg.InternalClientError("cannot switch to state 15; another operation is in progress")
STANDBY = asyncpg.exceptions.TargetServerAttributeNotMatched("none of the hosts is read-write")
GONE = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
WRONG_ARGUMENT = asyncpg.DataError("invalid input for query argument $1: 'x'")
WITHOUT_CODE = {
    "refused at connect": (ConnectionRefusedError(111, "refused"), RETRY),
    "reset at connect": (ConnectionResetError(104, "reset"), RETRY),
    "no socket yet": (FileNotFoundError(2, "no such file"), RETRY),
    "no such host": (socket.gaierror(-2, "name unknown"), RETRY),
    "command timeout": (TimeoutError(), RETRY),
    "connect timeout": (TimeoutError(), RETRY),
    "lost at commit": (wrapped(GONE, lost=True), RETRY),
    "lost in a statement": (past_sqlalchemy(GONE, lost=True), RETRY),
    "closed meanwhile": (wrapped(CLOSED, lost=True), RETRY),
    "closed, not told as lost": (wrapped(CLOSED), RETRY),
    "closed, bare": (CLOSED, RETRY),
    "in a strange state": (wrapped(BUSY, lost=True), RETRY),
    "in a strange state, bare": (BUSY, RETRY),
    "no primary among the hosts": (STANDBY, RETRY),
    "no room in the pool": (PoolTimeout("QueuePool limit reached"), UNAVAILABLE),
    "wrong argument": (past_sqlalchemy(WRONG_ARGUMENT, lost=True), REFUSED),
    "misuse": (asyncpg.InterfaceError("the server expects 1 argument"), REFUSED),
    "our own": (WriteConflict("pay_1"), REFUSED),
    "a bug": (TypeError("no"), REFUSED),
    "a broken invariant": (AssertionError("no"), REFUSED),
    "no cause known": (IntegrityError("INSERT", None, Exception("UNIQUE")), REFUSED),
}


@pytest.mark.parametrize("drawn", [of_server, wrapped, past_sqlalchemy], ids=lambda f: f.__name__)
@pytest.mark.parametrize("state", SERVER)
def test_server_errors(state: str, drawn: Any) -> None:
    """The server's code decides, however the error is wrapped."""
    failure = of_server(state)

    assert classify(failure if drawn is of_server else drawn(failure)) is SERVER[state]


@pytest.mark.parametrize("name", SQLITE)
def test_sqlite_errors(name: str) -> None:
    """A file that cannot be used now is told from a statement that is refused."""
    assert classify(of_sqlite(name)) is SQLITE[name]


@pytest.mark.parametrize("name", WITHOUT_CODE)
def test_errors_without_a_code(name: str) -> None:
    """What no server has a code for is a lost connection, or a bug."""
    failure, expected = WITHOUT_CODE[name]

    assert classify(failure) is expected
