"""Stripe's events in the database: stored once, claimed by lease, and settled once."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from orchestrator.gateway.views import CardView
from orchestrator.payment import Payment
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import cards, catch_up, payments, stripe_events

Row = dict[str, Any]


class StoredEvent(NamedTuple):
    """An event as it waits in the inbox."""

    id: str
    type: str
    object_id: str
    payment_intent: str | None
    request_key: str | None
    received_at: datetime
    projection: dict[str, Any]
    tries: int


class Again(NamedTuple):
    """When an event is looked at again, and how often that will have been; null is never."""

    id: str
    tries: int
    due_at: datetime | None


_NOW: Final = bindparam("now", type_=stripe_events.c.due_at.type)
_LEASE: Final = bindparam("lease_until", type_=stripe_events.c.lease_until.type)
_DUE: Final = (
    select(stripe_events.c.id)
    .where(
        stripe_events.c.due_at <= _NOW,
        or_(
            stripe_events.c.lease_until.is_(None),
            stripe_events.c.lease_until < _NOW,
            # What this very claim has taken, where the news of its commit was lost.
            and_(
                stripe_events.c.lease_owner == bindparam("worker"),
                stripe_events.c.lease_until == _LEASE,
            ),
        ),
    )
    # What may be about no payment of ours at all waits for what is.
    .order_by(stripe_events.c.state, stripe_events.c.due_at)
    .limit(bindparam("how_many"))
    .with_for_update(skip_locked=True)
)
_CLAIM: Final = (
    update(stripe_events)
    .where(stripe_events.c.id.in_(_DUE))
    .values(
        lease_until=_LEASE,
        lease_owner=bindparam("worker"),
    )
    .returning(*(stripe_events.c[name] for name in StoredEvent._fields))
)


def insert_event(connection: Connection, row: Row) -> bool:
    """Store an event; False where it is stored already."""
    if is_stored(connection, row["id"]):
        return False
    connection.execute(insert(stripe_events), row)
    return True


def is_stored(connection: Connection, event_id: str) -> bool:
    """Tell whether an event is stored."""
    query = select(literal(1)).where(stripe_events.c.id == event_id)
    return connection.execute(query).one_or_none() is not None


def claim_events(
    connection: Connection, worker: str, now: datetime, lease_until: datetime, how_many: int
) -> list[StoredEvent]:
    """Take up to ``how_many`` due events for one worker until the lease ends, oldest first."""
    rows = connection.execute(
        _CLAIM, {"now": now, "lease_until": lease_until, "worker": worker, "how_many": how_many}
    )
    return sorted((StoredEvent(*row) for row in rows), key=lambda event: event.received_at)


def find_payment_of_intent(connection: Connection, payment_intent: str) -> Payment | None:
    """Read the payment of an intent."""
    query = select(*payment_columns()).where(payments.c.payment_intent == payment_intent)
    row = connection.execute(query).one_or_none()
    return payment_from_row(row) if row is not None else None


def settle_events(
    connection: Connection, ids: list[str], payment_id: str | None, now: datetime
) -> None:
    """Mark events as settled, with the payment they were about; those that are stay so."""
    connection.execute(
        _step(ids).values(
            state="settled", payment_id=payment_id, settled_at=now, due_at=None, lease_until=None
        )
    )


def postpone_events(connection: Connection, state: str, events: list[Again]) -> None:
    """Look at events again later, or never, as ``pending`` or as ``unmatched``."""
    for event in events:
        connection.execute(
            _step([event.id]).values(
                state=state, tries=event.tries, due_at=event.due_at, lease_until=None
            )
        )


def _step(ids: list[str]) -> Any:
    return update(stripe_events).where(
        stripe_events.c.id.in_(ids), stripe_events.c.state != "settled"
    )


def count_events(connection: Connection) -> dict[str, int]:
    """Count the events that wait: ``pending``, and ``unmatched`` with no payment so far."""
    query = (
        select(stripe_events.c.state, func.count())
        .where(or_(stripe_events.c.due_at.is_not(None), stripe_events.c.state == "unmatched"))
        .group_by(stripe_events.c.state)
    )
    counted = {row.state: row[1] for row in connection.execute(query)}
    return {"pending": 0, "unmatched": 0, **counted}


def refresh_cards(connection: Connection, card: CardView, now: datetime) -> int:
    """Keep a card as Stripe has it now for every owner that knows it; return how many do."""
    updated = connection.execute(
        cards.update()
        .where(cards.c.payment_method == card.payment_method)
        .values(
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            customer=card.customer,
            seen_at=now,
        )
    )
    return updated.rowcount


# ── catching up ──────────────────────────────────────────────────────────────────────────────


def claim_catch_up(connection: Connection, now: datetime, next_at: datetime) -> datetime | None:
    """Return until when events have been read, where it is time to read on; null where not.

    A database that has never caught up begins now: there is nothing before it.
    """
    claimed: datetime | None = connection.execute(
        update(catch_up)
        .where(catch_up.c.single == 1, catch_up.c.due_at <= now)
        .values(due_at=next_at)
        .returning(catch_up.c.seen_until)
    ).scalar_one_or_none()
    if claimed is not None:
        return claimed
    if connection.execute(select(literal(1)).select_from(catch_up)).one_or_none() is None:
        connection.execute(insert(catch_up), {"single": 1, "seen_until": now, "due_at": next_at})
    return None


def advance_catch_up(connection: Connection, seen_until: datetime, due_at: datetime) -> None:
    """Note until when events have been read; the mark never goes back."""
    connection.execute(
        update(catch_up)
        .where(catch_up.c.single == 1, catch_up.c.seen_until < seen_until)
        .values(seen_until=seen_until, due_at=due_at)
    )
