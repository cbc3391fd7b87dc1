"""The durable timer: workers claim due payments by lease, one statement on either database."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from orchestrator.store.schema import attempts, payments

_DUE = (
    select(payments.c.id)
    .where(
        payments.c.due_at <= bindparam("now", type_=payments.c.due_at.type),
        or_(
            payments.c.lease_until.is_(None),
            payments.c.lease_until < bindparam("now", type_=payments.c.due_at.type),
            # What this very claim has taken, where the news of its commit was lost.
            and_(
                payments.c.lease_owner == bindparam("worker"),
                payments.c.lease_until
                == bindparam("lease_until", type_=payments.c.lease_until.type),
            ),
        ),
    )
    .order_by(payments.c.due_at)
    .limit(bindparam("how_many"))
    .with_for_update(skip_locked=True)
)

_CLAIM = (
    update(payments)
    .where(payments.c.id.in_(_DUE))
    .values(
        lease_until=bindparam("lease_until", type_=payments.c.lease_until.type),
        lease_owner=bindparam("worker"),
    )
    .returning(payments.c.id)
)

_ATTEMPT = select(
    attempts.c.stripe_key, attempts.c.parameters, attempts.c.opened_at, attempts.c.number
).where(attempts.c.payment_id == bindparam("payment_id"), attempts.c.closed_at.is_(None))

_BACKLOG = select(func.count()).where(
    payments.c.due_at <= bindparam("now", type_=payments.c.due_at.type)
)


def claim_due(
    connection: Connection, worker: str, now: datetime, lease_until: datetime, how_many: int
) -> list[str]:
    """Take up to ``how_many`` due payments for one worker until the lease ends.

    The same claim made again takes the same payments: no lease is lost with a connection.
    """
    rows = connection.execute(
        _CLAIM,
        {"now": now, "lease_until": lease_until, "worker": worker, "how_many": how_many},
    )
    return [row.id for row in rows]


class SentAttempt(NamedTuple):
    """An open attempt's request, as it was sent first."""

    stripe_key: str
    parameters: dict[str, Any]
    opened_at: datetime
    number: int


def find_open_attempt(connection: Connection, payment_id: str) -> SentAttempt | None:
    """Read the open attempt with what is needed to send its request again."""
    row = connection.execute(_ATTEMPT, {"payment_id": payment_id}).one_or_none()
    return SentAttempt(*row) if row is not None else None


def find_parameters(connection: Connection, payment_id: str, number: int) -> dict[str, Any]:
    """Read what Stripe was sent for an attempt of ours, open or closed."""
    parameters: dict[str, Any] = connection.execute(
        select(attempts.c.parameters).where(
            attempts.c.payment_id == payment_id, attempts.c.number == number
        )
    ).scalar_one()
    return parameters


def count_due(connection: Connection, now: datetime) -> int:
    """Count the payments that are due."""
    return connection.execute(_BACKLOG, {"now": now}).scalar_one()
