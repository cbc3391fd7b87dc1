"""From the outbox into the feed: what was committed gets its place, each endpoint its delivery.

One at a time does so, holding the turn, and in one transaction. So a place is visible only once all
before it are, and whoever reads on from a place misses nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from orchestrator.outgoing.event import event_type
from orchestrator.store.schema import (
    events,
    feed_turn,
    outbox,
    payment_transitions,
    payments,
    webhook_deliveries,
    webhook_endpoints,
)

Row = dict[str, Any]

_TURN: Final = select(feed_turn.c.single).with_for_update(skip_locked=True)
_LAST: Final = select(func.coalesce(func.max(events.c.position), 0))
_KEY: Final = (outbox.c.occurred_at, outbox.c.payment_id, outbox.c.sequence)
_TOLD: Final = (
    select(func.coalesce(func.max(events.c.sequence), 0))
    .where(events.c.payment_id == payment_transitions.c.payment_id)
    .scalar_subquery()
)
_ENABLED: Final = select(
    webhook_endpoints.c.id, webhook_endpoints.c.owner, webhook_endpoints.c.event_types
).where(webhook_endpoints.c.state == "enabled")


class Published(NamedTuple):
    """How many events got a place, and how many deliveries they cause."""

    events: int
    deliveries: int


class Waiting(NamedTuple):
    """How much waits in the outbox, and since when."""

    rows: int
    since: datetime | None


def publish(connection: Connection, now: datetime, how_many: int) -> Published:
    """Give up to about ``how_many`` rows of the outbox their places; nothing while another does.

    A payment's history is told without gaps and in its order, so of each payment everything is
    taken that is not told yet, wherever the clocks of its writers have put it in the outbox.
    """
    if connection.execute(_TURN).one_or_none() is None:
        return Published(0, 0)
    taken = connection.execute(select(*_KEY).order_by(*_KEY).limit(how_many)).all()
    if not taken:
        return Published(0, 0)
    rows = _place(connection, _untold(connection, sorted({row.payment_id for row in taken})))
    deliveries = _deliveries_of(connection, rows, now)
    if rows:
        connection.execute(insert(events), rows)
    if deliveries:
        connection.execute(insert(webhook_deliveries), deliveries)
    connection.execute(delete(outbox).where(tuple_(*_KEY).in_([tuple(row) for row in taken])))
    return Published(len(rows), len(deliveries))


def count_waiting(connection: Connection) -> Waiting:
    """Count what waits in the outbox."""
    query = select(func.count(), func.min(outbox.c.occurred_at))
    return Waiting(*connection.execute(query).one())


def _untold(connection: Connection, payment_ids: list[str]) -> Sequence[Any]:
    query = (
        select(
            payment_transitions.c.payment_id,
            payment_transitions.c.sequence,
            payment_transitions.c.target,
            payment_transitions.c.occurred_at,
            payments.c.owner,
        )
        .join(payments, payments.c.id == payment_transitions.c.payment_id)
        .where(
            payment_transitions.c.payment_id.in_(payment_ids),
            payment_transitions.c.sequence > _TOLD,
        )
        .order_by(payment_transitions.c.payment_id, payment_transitions.c.sequence)
    )
    return connection.execute(query).all()


def _place(connection: Connection, found: Sequence[Any]) -> list[Row]:
    """Put rows in the order of time, each payment's in its own, after the last place."""
    last: int = connection.execute(_LAST).scalar_one()
    placed: list[tuple[datetime, Any]] = []
    for row in found:
        same = bool(placed) and placed[-1][1].payment_id == row.payment_id
        placed.append((max(row.occurred_at, placed[-1][0]) if same else row.occurred_at, row))
    placed.sort(key=lambda pair: pair[0])  # stable: what shares a moment stays in order
    return [
        {
            "position": last + number,
            "payment_id": row.payment_id,
            "sequence": row.sequence,
            "type": event_type(row.target),
            "owner": row.owner,
            "occurred_at": row.occurred_at,
        }
        for number, (_, row) in enumerate(placed, start=1)
    ]


def _deliveries_of(connection: Connection, rows: list[Row], now: datetime) -> list[Row]:
    endpoints = connection.execute(_ENABLED).all() if rows else ()
    return [
        delivery_row(endpoint.id, row["payment_id"], row["sequence"], now)
        for row in rows
        for endpoint in endpoints
        if row["type"] in endpoint.event_types and endpoint.owner in (None, row["owner"])
    ]


def delivery_row(
    endpoint_id: str, payment_id: str, sequence: int, now: datetime, request_id: str | None = None
) -> Row:
    """Return the row of a delivery that is due at once."""
    return {
        "id": f"dlv_{uuid4().hex}",
        "endpoint_id": endpoint_id,
        "payment_id": payment_id,
        "sequence": sequence,
        "state": "pending",
        "tries": 0,
        "due_at": now,
        "request_id": request_id,
        "created_at": now,
    }
