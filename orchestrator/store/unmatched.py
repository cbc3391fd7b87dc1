"""Stripe's events that no payment has claimed, newest first, a page at a time."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, literal_column, select, tuple_

from orchestrator.store.schema import stripe_events

Row = dict[str, Any]

PAGE: Final = 25
_PLACE: Final = (stripe_events.c.received_at, stripe_events.c.id)
_SHOWN: Final = (
    "id",
    "type",
    "object_id",
    "payment_intent",
    "origin",
    "created_at",
    "received_at",
    "tries",
    "due_at",
)
# As the index has it, in the statement itself: a bound value would not be known to be that one.
_UNMATCHED: Final = stripe_events.c.state == literal_column("'unmatched'")


class EventPlace(NamedTuple):
    """Where an event stands in the list."""

    received_at: datetime
    id: str


class UnmatchedPage(NamedTuple):
    """Events, newest first, and from where on there are older ones."""

    events: list[Row]
    older: EventPlace | None


def read_unmatched(connection: Connection, before: EventPlace | None) -> UnmatchedPage:
    """Read one page of events that belong to no payment so far."""
    query = select(*(stripe_events.c[name] for name in _SHOWN)).where(_UNMATCHED)
    if before is not None:
        query = query.where(tuple_(*_PLACE) < tuple(before))
    query = query.order_by(*(column.desc() for column in _PLACE)).limit(PAGE + 1)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    older = EventPlace(last["received_at"], last["id"]) if last is not None else None
    return UnmatchedPage(rows[:PAGE], older)
