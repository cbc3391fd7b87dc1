"""Deliveries: claimed by lease when they are due, and what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, null, or_, select, update

from orchestrator.actions import Action
from orchestrator.store.actions import record_action
from orchestrator.store.lists import DEFAULT_LIMIT
from orchestrator.store.outbox import delivery_row
from orchestrator.store.schema import webhook_deliveries, webhook_endpoints
from orchestrator.store.webhook_endpoints import beside, keep_key, note_failure, note_success

Row = dict[str, Any]

_MOMENT: Final = webhook_deliveries.c.due_at.type
_PLACE: Final = (webhook_deliveries.c.created_at, webhook_deliveries.c.id)
_DUE: Final = (
    select(webhook_deliveries.c.id)
    .where(
        webhook_deliveries.c.due_at <= bindparam("now", type_=_MOMENT),
        or_(
            webhook_deliveries.c.lease_until.is_(None),
            webhook_deliveries.c.lease_until < bindparam("now", type_=_MOMENT),
            # What this very claim has taken, where the news of its commit was lost.
            and_(
                webhook_deliveries.c.lease_owner == bindparam("worker"),
                webhook_deliveries.c.lease_until == bindparam("lease_until", type_=_MOMENT),
            ),
        ),
        webhook_deliveries.c.endpoint_id.not_in(bindparam("busy", expanding=True)),
    )
    .order_by(webhook_deliveries.c.due_at)
    .limit(bindparam("how_many"))
    .with_for_update(skip_locked=True)
)
_CLAIM: Final = (
    update(webhook_deliveries)
    .where(webhook_deliveries.c.id.in_(_DUE))
    .values(
        lease_until=bindparam("lease_until", type_=_MOMENT),
        lease_owner=bindparam("worker"),
    )
    .returning(
        webhook_deliveries.c.id,
        webhook_deliveries.c.endpoint_id,
        webhook_deliveries.c.payment_id,
        webhook_deliveries.c.sequence,
        webhook_deliveries.c.tries,
    )
)


class Claimed(NamedTuple):
    """A delivery that this worker is to make."""

    id: str
    endpoint_id: str
    payment_id: str
    sequence: int
    tries: int


class Tried(NamedTuple):
    """What a try came to. ``next_due_at`` is null where no other follows."""

    delivered: bool
    status: int | None
    error: str | None
    next_due_at: datetime | None
    gone: bool = False


class Backlog(NamedTuple):
    """How many deliveries should be on their way by now, and since when the first is due."""

    due: int
    due_since: datetime | None


class DeliveryPage(NamedTuple):
    """Deliveries, newest first, and whether there are more."""

    deliveries: list[Row]
    has_more: bool


def claim_deliveries(
    connection: Connection,
    worker: str,
    now: datetime,
    lease_until: datetime,
    how_many: int,
    busy: Sequence[str] = (),
) -> list[Claimed]:
    """Take due deliveries for one worker until the lease ends, none to a ``busy`` endpoint."""
    rows = connection.execute(
        _CLAIM,
        {
            "now": now,
            "lease_until": lease_until,
            "worker": worker,
            "how_many": how_many,
            "busy": list(busy),
        },
    )
    return [Claimed(*row) for row in rows]


def note_try(
    connection: Connection, claimed: Claimed, worker: str, tried: Tried, now: datetime
) -> str | None:
    """Write what a try came to; return why its endpoint was disabled, if it was by this.

    Nothing where another worker holds the delivery by now, or it has ended.
    """
    ended = tried.delivered or tried.next_due_at is None
    state = "delivered" if tried.delivered else "failed"
    written = connection.execute(
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.id == claimed.id,
            webhook_deliveries.c.lease_owner == worker,
            webhook_deliveries.c.state == "pending",
        )
        .values(
            state=state if ended else "pending",
            tries=webhook_deliveries.c.tries + 1,
            last_tried_at=now,
            last_status=tried.status,
            last_error=tried.error,
            due_at=null() if ended else tried.next_due_at,
            ended_at=now if ended else null(),
            lease_until=null(),
            lease_owner=null(),
        )
    )
    if written.rowcount == 0:
        return None
    if tried.delivered:
        note_success(connection, claimed.endpoint_id)
        return None
    return note_failure(connection, claimed.endpoint_id, now, gone=tried.gone)


def read_deliveries(
    connection: Connection,
    endpoint_id: str,
    limit: int = DEFAULT_LIMIT,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> DeliveryPage | None:
    """Read a page of an endpoint's deliveries; null where none has the cursor's id."""
    query = select(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint_id)
    cursor = starting_after or ending_before
    newer = ending_before is not None
    if cursor is not None:
        found = connection.execute(
            select(*_PLACE).where(
                webhook_deliveries.c.id == cursor, webhook_deliveries.c.endpoint_id == endpoint_id
            )
        ).one_or_none()
        if found is None:
            return None
        query = query.where(beside(_PLACE, tuple(found), newer=newer))
    order = [column.asc() if newer else column.desc() for column in _PLACE]
    rows = [
        dict(row) for row in connection.execute(query.order_by(*order).limit(limit + 1)).mappings()
    ]
    shown = rows[:limit]
    return DeliveryPage(shown[::-1] if newer else shown, len(rows) > limit)


def deliver_again(
    connection: Connection,
    endpoint_ids: Sequence[str],
    payment_id: str,
    sequence: int,
    request_id: str,
    now: datetime,
    key: Row | None,
    action: Action,
) -> None:
    """Send an event once more to each of these endpoints, on record, with its key."""
    rows = [delivery_row(id, payment_id, sequence, now, request_id) for id in endpoint_ids]
    if rows:
        connection.execute(insert(webhook_deliveries), rows)
    keep_key(connection, key)
    record_action(connection, action)


def read_replay(connection: Connection, request_id: str) -> list[Row]:
    """Read the deliveries that a replay asked for."""
    query = (
        select(webhook_deliveries)
        .where(webhook_deliveries.c.request_id == request_id)
        .order_by(webhook_deliveries.c.endpoint_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def count_backlog(connection: Connection, now: datetime) -> Backlog:
    """Count the deliveries that are due; one that is to be tried again later is not."""
    query = select(func.count(), func.min(webhook_deliveries.c.due_at)).where(
        webhook_deliveries.c.due_at <= now
    )
    return Backlog(*connection.execute(query).one())


def endpoints_of(connection: Connection, endpoint_ids: Sequence[str]) -> dict[str, Row]:
    """Read the endpoints of these ids, by id."""
    query = select(webhook_endpoints).where(webhook_endpoints.c.id.in_(endpoint_ids))
    return {row["id"]: dict(row) for row in connection.execute(query).mappings()}
