"""Reads Stripe's own list of events, so that what was sent while nobody listened is not missed.

Stripe sends a webhook again for three days, and keeps its list for thirty. The list is read forward
in stretches from the mark of the last time, a little overlapping, and each event goes through the
inbox, which knows those it has.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import orjson
import structlog

from orchestrator import metrics
from orchestrator.driver import Driver
from orchestrator.gateway.views import EventsReply, ReplyKind
from orchestrator.store.inbox import advance_catch_up, claim_catch_up
from orchestrator.webhooks.event import HANDLED_TYPES, EventInvalid, parse_event
from orchestrator.webhooks.inbox import EventRefused, Inbox, Received

log = structlog.get_logger("orchestrator.webhooks")

EVERY: Final = timedelta(minutes=5)
STRETCH: Final = timedelta(hours=1)
# Stripe's clock is not ours, and an event may be listed a moment after it was created.
OVERLAP: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=30)


class EventsGateway(Protocol):
    """What catching up needs of Stripe."""

    async def list_events(self, types: frozenset[str], *, since: int, until: int) -> EventsReply:
        """Read all events of these types from ``since`` up to before ``until`` (Unix seconds)."""


@dataclass(slots=True)
class CatchUp:
    """The worker's part that reads the list of events."""

    driver: Driver
    gateway: EventsGateway
    inbox: Inbox
    name: str = "caught_up"

    async def run_once(self, worker: str) -> int:
        """Read the next stretch where it is time to; return how many events were new."""
        del worker
        now = self.driver.clock()
        seen_until = await self.driver.database.write(claim_catch_up, now, now + EVERY)
        if seen_until is None:
            return 0
        since = max(seen_until - OVERLAP, now - KEPT)
        until = min(since + STRETCH + OVERLAP, now)
        reply = await self.gateway.list_events(
            HANDLED_TYPES, since=int(since.timestamp()), until=int(until.timestamp()) + 1
        )
        if reply.kind is not ReplyKind.answered:
            # The mark stays: the same stretch is read the next time.
            log.warning("catch_up_failed", code=reply.code, http_status=reply.http_status)
            return 0
        stored = await self._take(reply)
        due_at = now + EVERY if until >= now else now
        await self.driver.database.write(advance_catch_up, until, due_at)
        if stored:
            log.info("caught_up", events=stored, until=until.isoformat())
        return stored

    async def _take(self, reply: EventsReply) -> int:
        """Store what is new, oldest first."""
        stored = 0
        for document in reversed(reply.events):
            try:
                event = parse_event(dict(document))
                received = await self.inbox.receive(event, orjson.dumps(document), "catch_up")
            except (EventInvalid, EventRefused) as exc:
                log.warning("stripe_event_refused", error=str(exc))
                continue
            metrics.stripe_event(received)
            stored += received is Received.stored
        return stored
