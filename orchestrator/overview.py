"""Keeps the figures of the database for whoever asks often, and asks the database seldom.

Refuses to make anybody wait: what is old is read anew beside the asker, who gets what there is.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from orchestrator import metrics
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.overview import Overview, read_overview

log = structlog.get_logger("orchestrator.overview")

# Figures are kept this long, or as many times longer than reading them took: counting a million
# payments takes PostgreSQL a tenth of a second, and must never take it more than a fiftieth part.
KEPT_SECONDS: Final = 5.0
KEPT_TIMES: Final = 50
# How long an asker waits for new figures before it gets the old ones.
WAIT_SECONDS: Final = 1.0
READ_SECONDS: Final = 30.0


@dataclass(slots=True)
class Overviews:
    """The figures of one database, with their age."""

    database: Database
    clock: Callable[[], datetime] = utc_now
    ticks: Callable[[], float] = time.monotonic
    _last: Overview | None = None
    _read_at: float = 0.0
    _kept_seconds: float = 0.0
    _reading: "asyncio.Task[None] | None" = field(default=None, repr=False)

    async def show(self) -> None:
        """Bring the metrics up to date with the database, as far as it answers at once."""
        if self._last is None or self.ticks() - self._read_at >= self._kept_seconds:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            await asyncio.wait({self._reading}, timeout=WAIT_SECONDS)
        self._show()

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        began = self.ticks()
        try:
            async with asyncio.timeout(READ_SECONDS):
                self._last = await self.database.read(read_overview, self.clock())
        except Exception as exc:  # noqa: BLE001  whatever the driver raises: there are no figures
            log.warning("overview_failed", error=type(exc).__name__)
            self._last = None
            return
        self._read_at = self.ticks()
        self._kept_seconds = max(KEPT_SECONDS, KEPT_TIMES * (self._read_at - began))

    def _show(self) -> None:
        metrics.DATABASE_UP.set(self._last is not None)
        if self._last is None:
            metrics.hide_stored()
            return
        now = self.clock()
        metrics.show_stored(
            self._last.states,
            due=self._last.due,
            due_seconds=_seconds(self._last.due_since, now),
            unknown=self._last.unknown,
            unknown_seconds=_seconds(self._last.unknown_since, now),
            age_seconds=self.ticks() - self._read_at,
            events=self._last.events,
        )


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
