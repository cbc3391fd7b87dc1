"""A database whose connections are lost at chosen writes: before them, after them, or for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError

from orchestrator.store.connections import Database


def lost_connection() -> DBAPIError:
    """Make what a connection that is lost in a statement, or at COMMIT, raises."""
    cause = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
    return DBAPIError(None, None, cause, connection_invalidated=True)


class Unreliable:
    """A real database behind connections that break.

    ``before`` and ``after`` number the writes, from 1, at which the connection is lost: before
    anything was written, or once it is committed. Each is lost once. ``away_from`` is the write
    from which on the database is gone, reads included.
    """

    def __init__(
        self,
        real: Database,
        *,
        before: frozenset[int] = frozenset(),
        after: frozenset[int] = frozenset(),
        away_from: int | None = None,
    ) -> None:
        """Stand before a real database."""
        self.dialect = real.dialect
        self._real = real
        self._before = set(before)
        self._after = set(after)
        self._away_from = away_from
        self.writes = 0

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Read, unless the database is away."""
        self._refuse_when_away(self.writes)
        return await self._real.read(function, *arguments)

    async def write(
        self, function: Callable[..., Any], *arguments: Any, one_statement: bool = False
    ) -> Any:
        """Write, and perhaps lose the connection."""
        number = self.writes + 1
        self._refuse_when_away(number)
        if number in self._before:
            self._before.discard(number)
            raise lost_connection()
        result = await self._real.write(function, *arguments, one_statement=one_statement)
        if number in self._after:
            self._after.discard(number)
            raise lost_connection()
        self.writes = number
        return result

    async def close(self) -> None:
        """Close the real database."""
        await self._real.close()

    def _refuse_when_away(self, number: int) -> None:
        if self._away_from is not None and number >= self._away_from:
            raise ConnectionRefusedError(111, "refused")
