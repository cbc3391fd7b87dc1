"""What a database's failure means for whoever asked: pure, and read like two tables.

Decides nothing about how often or how long to try again; that is ``patience.py``'s business.
"""

import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Fault(StrEnum):
    """What to make of a failure.

    ``retry``: the connection was lost, could not be had, or lost a race on the server; the very
    same may work a moment later. ``unavailable``: the database is there and cannot do it now.
    ``refused``: it is there and says no: the caller knows what that means, or it is a bug.
    """

    retry = "retry"
    unavailable = "unavailable"
    refused = "refused"


# https://www.postgresql.org/docs/current/errcodes-appendix.html; a class is its first two letters.
BY_SQLSTATE: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "08": Fault.retry,  # the connection failed, at COMMIT too (08003, 08006, 08007)
        "25006": Fault.retry,  # read-only: a standby, or a primary that no longer is one
        "25P03": Fault.retry,  # idle in a transaction for too long: the connection is closed
        "40001": Fault.retry,
        "40P01": Fault.retry,
        "53300": Fault.retry,  # too many connections, as when everybody comes back at once
        "57P01": Fault.retry,  # terminated by an administrator: a restart
        "57P02": Fault.retry,  # a crash
        "57P03": Fault.retry,  # starting up, shutting down
        "57P05": Fault.retry,  # idle for too long: the connection is closed
        "25P04": Fault.unavailable,  # the transaction took too long
        "28": Fault.unavailable,  # the server does not take our role or password
        "3D000": Fault.unavailable,  # no such database
        "53": Fault.unavailable,  # no disk, no memory
        "55P03": Fault.unavailable,  # a lock that did not come free in time
        "57014": Fault.unavailable,  # the statement took too long
        "57P04": Fault.unavailable,  # the database was dropped
        "58": Fault.unavailable,  # an error of the server's system
    }
)

# https://www.sqlite.org/rescode.html; extended codes begin with their primary one. Its own busy
# timeout has passed by the time we hear of a lock.
BY_SQLITE_NAME: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        f"SQLITE_{name}": Fault.unavailable
        for name in ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "PROTOCOL", "PERM")
    }
)


def classify(failure: BaseException) -> Fault:
    """Say what a failure of a read or a write means."""
    cause = _driver_failure(failure)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return BY_SQLSTATE.get(state) or BY_SQLSTATE.get(state[:2]) or Fault.refused
    if isinstance(cause, sqlite3.Error):
        primary = "_".join(getattr(cause, "sqlite_errorname", "").split("_")[:2])
        return BY_SQLITE_NAME.get(primary, Fault.refused)
    if isinstance(cause, PoolTimeout):
        return Fault.unavailable
    return Fault.retry if _lost_connection(cause, failure) else Fault.refused


def _driver_failure(failure: BaseException) -> BaseException:
    """Return what the driver raised, out of what SQLAlchemy made of it, where it made anything."""
    cause: Any = failure
    if isinstance(cause, DBAPIError) and cause.orig is not None:
        cause = cause.orig
        if cause.__cause__ is not None and not isinstance(cause, sqlite3.Error):
            cause = cause.__cause__
    found: BaseException = cause
    return found


def _lost_connection(cause: BaseException, failure: BaseException) -> bool:
    """Tell a lost connection among what carries no code of the server's.

    Of a wrong argument the driver makes an ``InterfaceError`` as well, which is a bug of ours.
    """
    if isinstance(cause, OSError | asyncpg.InternalClientError):
        return True
    if isinstance(cause, asyncpg.InterfaceError):
        invalidated = isinstance(failure, DBAPIError) and failure.connection_invalidated
        return not isinstance(cause, ValueError) and (invalidated or "clos" in str(cause))
    return False


__all__ = ["BY_SQLITE_NAME", "BY_SQLSTATE", "Fault", "classify"]
