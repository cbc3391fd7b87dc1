"""The feed: a part of the worker gives events their places; who may read them reads them here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from orchestrator import metrics
from orchestrator.chain import instant
from orchestrator.documents import Document, payment_document, transition_document
from orchestrator.errors import EventNotFound
from orchestrator.outgoing.event import EventKey, event_id, event_key
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.feed import (
    Event,
    EventPage,
    ListEvents,
    find_position,
    last_position,
    read_event,
    read_events,
    read_events_after,
)
from orchestrator.store.outbox import publish

log = structlog.get_logger("orchestrator.outgoing")

# As many as PostgreSQL gives their places in a few hundredths of a second.
BATCH: Final = 200


@dataclass(slots=True)
class Dispatcher:
    """The part of a worker that moves what happened from the outbox into the feed."""

    database: Database
    clock: Callable[[], datetime] = utc_now
    name: str = "events"

    async def run_once(self, worker: str) -> int:
        """Publish a batch; nothing while another worker does."""
        del worker
        published = await self.database.write(publish, self.clock(), BATCH)
        metrics.events_published(published.events)
        return published.events


@dataclass(slots=True)
class Feed:
    """The use cases of those who read events."""

    database: Database

    async def page(self, wanted: ListEvents) -> EventPage:
        """Return one page of events, oldest first.

        Raises:
            EventNotFound: the reader has no event of the id that the page should adjoin.
        """
        page = await self.database.read(read_events, wanted)
        if page is None:
            assert wanted.cursor is not None, "only a cursor can be unknown"
            raise EventNotFound(event_id(*wanted.cursor))
        return page

    async def get(self, id: str, owner: str | None) -> Event:
        """Return an event; an owner of null reads everybody's.

        Raises:
            EventNotFound: there is none, or it is another owner's.
        """
        key = event_key(id)
        event = await self.database.read(read_event, key, owner) if key is not None else None
        if event is None:
            raise EventNotFound(id)
        return event

    async def place(self, key: EventKey | None, owner: str | None) -> int:
        """Return the place of an event, or without one the last place there is.

        Raises:
            EventNotFound: there is none, or it is another owner's.
        """
        if key is None:
            return await self.database.read(last_position)
        place = await self.database.read(find_position, key, owner)
        if place is None:
            raise EventNotFound(event_id(*key))
        return place

    async def after(self, wanted: ListEvents, place: int) -> list[Event]:
        """Return what stands after a place, as much as the limit allows."""
        return await self.database.read(read_events_after, wanted, place)

    async def last(self) -> int:
        """Return the last place there is."""
        return await self.database.read(last_position)


def event_document(event: Event) -> Document:
    """Show an event: what happened, and the payment as it is by now, as a reader sees it.

    Neither a client secret nor an address to authenticate at leaves with an event.
    """
    row: dict[str, Any] = event.transition
    return {
        "id": event_id(row["payment_id"], row["sequence"]),
        "object": "event",
        "type": event.type,
        "created_at": instant(row["occurred_at"]),
        "data": {
            "transition": transition_document(row),
            "payment": payment_document(event.payment, may_act=False),
        },
    }
