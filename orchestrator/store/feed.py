"""Reading the feed: events in the order of their places, a page at a time, or all that is new.

Refuses to count or to skip rows. An event is drawn from its history row and from its payment as it
is now.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Text, and_, bindparam, func, select

from orchestrator.outgoing.event import EventKey
from orchestrator.payment import Payment
from orchestrator.store.lists import DEFAULT_LIMIT
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import events, payment_transitions, payments


@dataclass(frozen=True, slots=True)
class ListEvents:
    """Which events to list; what is null or empty does not restrict.

    At most one of ``starting_after`` (what came after that event) and ``ending_before`` (what came
    before it) is set.
    """

    owner: str | None = None
    payment: str | None = None
    types: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    starting_after: EventKey | None = None
    ending_before: EventKey | None = None

    @property
    def cursor(self) -> EventKey | None:
        """Return the event that the page adjoins."""
        return self.starting_after or self.ending_before


class Event(NamedTuple):
    """An event: its place and type, its history row, and its payment as it is now."""

    position: int
    type: str
    transition: dict[str, Any]
    payment: Payment


class EventPage(NamedTuple):
    """Events, oldest first, and whether there are more in the direction that was asked."""

    events: tuple[Event, ...]
    has_more: bool


_TRANSITION: Final = tuple(payment_transitions.c)
_EVENT: Final = (
    select(*payment_columns(), events.c.position, events.c.type, *_TRANSITION)
    .select_from(events)
    .join(payments, payments.c.id == events.c.payment_id)
    .join(
        payment_transitions,
        and_(
            payment_transitions.c.payment_id == events.c.payment_id,
            payment_transitions.c.sequence == events.c.sequence,
        ),
    )
)


def read_events(connection: Connection, wanted: ListEvents) -> EventPage | None:
    """Read one page; null where the owner has no event of the cursor's id."""
    place = None
    if wanted.cursor is not None:
        place = find_position(connection, wanted.cursor, wanted.owner)
        if place is None:
            return None
    rows = connection.execute(events_query(wanted, place)).all()
    found = [_event(row) for row in rows[: wanted.limit]]
    if wanted.ending_before is not None:
        found.reverse()
    return EventPage(tuple(found), len(rows) > wanted.limit)


def read_events_after(connection: Connection, wanted: ListEvents, place: int) -> list[Event]:
    """Read what stands after a place, as many as the limit allows."""
    return [_event(row) for row in connection.execute(events_query(wanted, place))][: wanted.limit]


def read_event(connection: Connection, key: EventKey, owner: str | None) -> Event | None:
    """Read one event if it is the owner's; an owner of null reads everybody's."""
    query = _EVENT.where(events.c.payment_id == key.payment_id, events.c.sequence == key.sequence)
    if owner is not None:
        query = query.where(events.c.owner == owner)
    row = connection.execute(query).one_or_none()
    return _event(row) if row is not None else None


def find_position(connection: Connection, key: EventKey, owner: str | None) -> int | None:
    """Read the place of an event; null where it has none, or is another owner's."""
    query = select(events.c.position).where(
        events.c.payment_id == key.payment_id, events.c.sequence == key.sequence
    )
    if owner is not None:
        query = query.where(events.c.owner == owner)
    position: int | None = connection.execute(query).scalar_one_or_none()
    return position


def last_position(connection: Connection) -> int:
    """Read the last place of the feed; nought where there is none yet."""
    last: int = connection.execute(
        select(func.coalesce(func.max(events.c.position), 0))
    ).scalar_one()
    return last


def events_query(wanted: ListEvents, place: int | None) -> Select[Any]:
    """Return the statement of one page, from the place on; one row more than it shows."""
    backwards = wanted.ending_before is not None
    query = _EVENT
    if wanted.owner is not None:
        # In the statement itself: PostgreSQL would otherwise come to plan for an average owner.
        owner = bindparam(None, wanted.owner, Text, literal_execute=True)
        query = query.where(events.c.owner == owner)
    if wanted.payment is not None:
        query = query.where(events.c.payment_id == wanted.payment)
    if wanted.types:
        query = query.where(events.c.type.in_(wanted.types))
    if place is not None:
        compare = operator.lt if backwards else operator.gt
        query = query.where(compare(events.c.position, place))
    order = events.c.position.desc() if backwards else events.c.position.asc()
    return query.order_by(order).limit(wanted.limit + 1)


def _event(row: Sequence[Any]) -> Event:
    transition = dict(
        zip((column.name for column in _TRANSITION), row[-len(_TRANSITION) :], strict=True)
    )
    position, type = row[-len(_TRANSITION) - 2 : -len(_TRANSITION)]
    return Event(position, type, transition, payment_from_row(row))
