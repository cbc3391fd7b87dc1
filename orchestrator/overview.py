"""Keeps the figures of the database for whoever asks often, and asks the database seldom.

Refuses to make anybody wait: what is old is read anew beside the asker, who gets what there is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar

import structlog

from orchestrator import metrics
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.overview import Overview, count_handled, read_overview
from orchestrator.store.refunds import count_refunds

Figures = TypeVar("Figures")

log = structlog.get_logger("orchestrator.overview")

# Figures are kept this long, or as many times longer than reading them took: counting a million
# handled payments takes PostgreSQL up to a second, and may take it no more than a fiftieth part.
KEPT_SECONDS: Final = 5.0
KEPT_TIMES: Final = 50
# How long an asker waits for new figures before it gets the old ones.
WAIT_SECONDS: Final = 1.0
READ_SECONDS: Final = 30.0


@dataclass(slots=True)
class Kept(Generic[Figures]):
    """What one reading gave, until it is too old; null while the last one failed."""

    name: str
    read: Callable[[], Awaitable[Figures]]
    ticks: Callable[[], float]
    last: Figures | None = None
    _read_at: float = 0.0
    _next_at: float | None = None
    _reading: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def age_seconds(self) -> float:
        """Return how long ago they were read."""
        return self.ticks() - self._read_at if self.last is not None else float("nan")

    def refresh(self) -> "asyncio.Task[None] | None":
        """Begin to read them again where they are old; return what is being read."""
        reading = self._reading is not None and not self._reading.done()
        if not reading and (self._next_at is None or self.ticks() >= self._next_at):
            self._reading = asyncio.create_task(self._read())
        return self._reading

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        began = self.ticks()
        try:
            async with asyncio.timeout(READ_SECONDS):
                self.last = await self.read()
        except Exception as exc:  # noqa: BLE001  whatever the driver raises: there are no figures
            log.warning("overview_failed", of=self.name, error=type(exc).__name__)
            self.last = None
        self._read_at = self.ticks()
        took = self._read_at - began
        # What failed at once is tried again at once: a database that is back is soon seen.
        least = KEPT_SECONDS if self.last is not None else 0.0
        self._next_at = self._read_at + max(least, KEPT_TIMES * took)


class Overviews:
    """The figures of one database: what is open, how many payments are handled, and the refunds.

    They are read apart: what is open is little and wanted fresh, the others grow for ever.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to read a database; nothing is read before somebody asks."""
        self._clock = clock
        self._open: Kept[Overview] = Kept(
            "open", lambda: database.read(read_overview, clock()), ticks
        )
        self._handled: Kept[dict[str, int]] = Kept(
            "handled", lambda: database.read(count_handled), ticks
        )
        self._refunds: Kept[dict[str, int]] = Kept(
            "refunds", lambda: database.read(count_refunds), ticks
        )

    async def show(self) -> None:
        """Bring the metrics up to date with the database, as far as it answers at once."""
        kept = (self._open, self._handled, self._refunds)
        tasks = [task for each in kept if (task := each.refresh())]
        await asyncio.wait(tasks, timeout=WAIT_SECONDS)
        metrics.hide_stored()
        metrics.DATABASE_UP.set(self._open.last is not None)
        for each in kept:
            metrics.OVERVIEW_SECONDS.labels(each.name).set(each.age_seconds)
        if self._open.last is not None:
            self._show_open(self._open.last)
        if self._handled.last is not None:
            metrics.show_states(self._handled.last)
        if self._refunds.last is not None:
            metrics.show_refunds(self._refunds.last)

    def close(self) -> None:
        """Stop reading."""
        self._open.close()
        self._handled.close()
        self._refunds.close()

    def _show_open(self, found: Overview) -> None:
        now = self._clock()
        metrics.show_states(found.states)
        metrics.show_stripe_events(found.events)
        metrics.show_anomalies(found.anomalies)
        metrics.show_seal_age(_seconds(found.sealed_at, now) if found.sealed_at else None)
        for what, how_many, since in (
            ("payments", found.due, found.due_since),
            ("outcomes", found.unknown, found.unknown_since),
            ("events", *found.outbox),
            ("deliveries", *found.deliveries),
        ):
            metrics.show_waiting(what, how_many, _seconds(since, now))


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
