"""Reads that see one moment of the database, though each statement commits by itself otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection

_BEGIN: Final = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """See one moment of the database until the block ends."""
    connection.exec_driver_sql(_BEGIN[connection.dialect.name])
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")
