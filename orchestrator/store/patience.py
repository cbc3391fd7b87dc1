"""Waits out what passes by itself: a database that restarts, fails over, or drops a connection.

A job that failed may run again although its commit was carried out: the news of it was lost, not
the rows. So every job that writes is guarded by a unique key, or by what it read (its revision),
and meets its own rows the second time. Whoever waited in vain is told one thing, whatever the
driver said; what the database refuses passes as it is.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog

from orchestrator.errors import DatabaseUnavailable
from orchestrator.store.connections import Database
from orchestrator.store.faults import Fault, classify

Result = TypeVar("Result")

log = structlog.get_logger("orchestrator.store")

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0


class PatientDatabase:
    """A database that is asked again for ``seconds`` at the most before a caller hears of it."""

    def __init__(
        self,
        database: Database,
        seconds: float,
        *,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Stand before a database."""
        self.dialect = database.dialect
        self._database = database
        self._seconds = seconds
        self._ticks = ticks
        self._sleep = sleep

    async def read(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function that only reads.

        Raises:
            DatabaseUnavailable: the database did not answer in time.
        """
        return await self._try_on(lambda: self._database.read(function, *arguments))

    async def write(
        self, function: Callable[..., Result], *arguments: Any, one_statement: bool = False
    ) -> Result:
        """Run a function in one transaction, again where nobody knows what became of it.

        Raises:
            DatabaseUnavailable: the database did not answer in time; it may be written or not.
        """
        return await self._try_on(
            lambda: self._database.write(function, *arguments, one_statement=one_statement)
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    async def _try_on(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        began = self._ticks()
        for tries in itertools.count():
            try:
                result = await attempt()
            except Exception as exc:
                fault = classify(exc)
                if fault is Fault.refused:
                    raise
                pause = _pause_after(tries)
                waited = self._ticks() - began
                if fault is Fault.unavailable or waited + pause > self._seconds:
                    log.warning("database_unavailable", error=type(exc).__name__)
                    raise DatabaseUnavailable from exc
            else:
                if tries:
                    waited = round(self._ticks() - began, 3)
                    log.info("database_waited_for", tries=tries, seconds=waited)
                return result
            await self._sleep(pause)
        raise AssertionError("there is always another try")


def _pause_after(tries: int) -> float:
    """Draw a pause, half of it by chance: who failed together must not come back together."""
    longest = min(FIRST_PAUSE_SECONDS * (1 << min(tries, 10)), LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + random.random() / 2)  # noqa: S311, RUF100  no secret


__all__ = ["PatientDatabase"]
