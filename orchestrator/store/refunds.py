"""Refunds and disputes in the database: asked for, found at Stripe, moved on, shown.

A refund is asked for under a lock on its payment's row, so that two at once are added up one after
the other. The database's own rules look again.
"""

from datetime import datetime
from typing import Any, NamedTuple

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

from orchestrator.refund import Dispute, Refund, RefundState, goes_on
from orchestrator.store.schema import (
    disputes,
    evidence,
    idempotency_keys,
    payment_transitions,
    payments,
    refunds,
)

Row = dict[str, Any]

_COLUMNS = [refunds.c[name] for name in Refund.__dataclass_fields__]
_DISPUTE_COLUMNS = [disputes.c[name] for name in Dispute.__dataclass_fields__]
_DUE = (
    select(refunds.c.id)
    .where(
        refunds.c.due_at <= bindparam("now", type_=refunds.c.due_at.type),
        or_(
            refunds.c.lease_until.is_(None),
            refunds.c.lease_until < bindparam("now", type_=refunds.c.due_at.type),
            # What this very claim has taken, where the news of its commit was lost.
            and_(
                refunds.c.lease_owner == bindparam("worker"),
                refunds.c.lease_until == bindparam("lease_until", type_=refunds.c.due_at.type),
            ),
        ),
    )
    .order_by(refunds.c.due_at)
    .limit(bindparam("how_many"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(refunds)
    .where(refunds.c.id.in_(_DUE))
    .values(
        lease_until=bindparam("lease_until", type_=refunds.c.lease_until.type),
        lease_owner=bindparam("worker"),
    )
    .returning(refunds.c.id)
)


class Asked(NamedTuple):
    """A refund that was written, or null and how much there is left to give back."""

    refund: Refund | None
    left: int


def ask_for_refund(
    connection: Connection, wanted: Row, amount: int | None, key: Row | None
) -> Asked:
    """Write a refund, pending, if so much is left; without an amount it is all that is left."""
    payment_id = wanted["payment_id"]
    connection.execute(
        select(payments.c.id).where(payments.c.id == payment_id).with_for_update(key_share=True)
    )
    left = (read_received(connection, payment_id) or 0) - _given(connection, payment_id)
    given = left if amount is None else amount
    if not 0 < given <= left:
        return Asked(None, left)
    parameters = {**wanted["parameters"], "amount": given}
    connection.execute(insert(refunds), {**wanted, "amount": given, "parameters": parameters})
    if key is not None:
        connection.execute(insert(idempotency_keys), key)
    return Asked(load_refund(connection, wanted["id"]), left - given)


def read_received(connection: Connection, payment_id: str) -> int | None:
    """Read how much Stripe received, as the payment's last row cites it; null before a success."""
    moved, proof = payment_transitions.c, evidence.c
    payload = connection.execute(
        select(proof.payload)
        .join_from(
            payment_transitions,
            evidence,
            and_(proof.payment_id == moved.payment_id, proof.sequence == moved.evidence),
        )
        .where(moved.payment_id == payment_id, moved.target == "succeeded")
    ).scalar_one_or_none()
    return int(payload["intent"]["amount_received"]) if payload is not None else None


def load_refund(connection: Connection, refund_id: str) -> Refund | None:
    """Read a refund."""
    row = connection.execute(select(*_COLUMNS).where(refunds.c.id == refund_id)).one_or_none()
    return _refund(row) if row is not None else None


def find_refund(connection: Connection, refund_id: str, owner: str | None) -> Refund | None:
    """Read a refund of an owner's payment; an owner of null reads every owner's."""
    query = (
        select(*_COLUMNS)
        .join_from(refunds, payments, payments.c.id == refunds.c.payment_id)
        .where(refunds.c.id == refund_id)
    )
    if owner is not None:
        query = query.where(payments.c.owner == owner)
    row = connection.execute(query).one_or_none()
    return _refund(row) if row is not None else None


def list_refunds(connection: Connection, payment_id: str) -> list[Refund]:
    """Read all refunds of a payment, newest first."""
    query = (
        select(*_COLUMNS)
        .where(refunds.c.payment_id == payment_id)
        .order_by(refunds.c.created_at.desc(), refunds.c.id.desc())
    )
    return [_refund(row) for row in connection.execute(query)]


def list_disputes(connection: Connection, payment_id: str) -> list[Dispute]:
    """Read all disputes of a payment, newest first."""
    query = (
        select(*_DISPUTE_COLUMNS)
        .where(disputes.c.payment_id == payment_id)
        .order_by(disputes.c.created_at.desc(), disputes.c.id.desc())
    )
    return [Dispute(*row) for row in connection.execute(query)]


def count_refunds(connection: Connection) -> dict[str, int]:
    """Count all refunds by state; takes as long as there are refunds."""
    query = select(refunds.c.state, func.count().label("how_many")).group_by(refunds.c.state)
    counted = {row.state: row.how_many for row in connection.execute(query)}
    return {state.value: counted.get(state.value, 0) for state in RefundState}


def move_refund(connection: Connection, refund: Refund, changes: Row) -> Refund | None:
    """Change a refund that is still as it was read; null where it is not.

    Whoever carried it on lets go of it.
    """
    found = connection.execute(
        update(refunds)
        .where(
            refunds.c.id == refund.id,
            refunds.c.state == refund.state,
            # Pending is two things: not answered, and being carried out at Stripe.
            refunds.c.stripe_refund.is_not_distinct_from(refund.stripe_refund),
        )
        .values(**changes, lease_until=None, lease_owner=None)
    )
    return load_refund(connection, refund.id) if found.rowcount == 1 else None


def keep_found_refund(connection: Connection, row: Row) -> bool:
    """Put a refund that was found at Stripe on record, unless it is; tell which."""
    known = select(literal(1)).where(refunds.c.stripe_refund == row["stripe_refund"])
    if connection.execute(known).one_or_none() is not None:
        return False
    connection.execute(insert(refunds), row)
    return True


def keep_dispute(connection: Connection, row: Row) -> bool:
    """Put a dispute on record, or what is new of one that is; tell whether anything was."""
    this = disputes.c.id == row["id"]
    query = select(*_DISPUTE_COLUMNS).where(this).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        connection.execute(insert(disputes), row)
        return True
    if not goes_on(Dispute(*found), row):
        return False
    names = ("status", "reason", "evidence_due_at", "updated_at")
    changes = {name: row[name] for name in names}
    connection.execute(update(disputes).where(this).values(**changes))
    return True


def claim_due_refunds(
    connection: Connection, worker: str, now: datetime, lease_until: datetime, how_many: int
) -> list[str]:
    """Take up to ``how_many`` due refunds for one worker until the lease ends."""
    parameters = {
        "now": now,
        "lease_until": lease_until,
        "worker": worker,
        "how_many": how_many,
    }
    return [row.id for row in connection.execute(_CLAIM, parameters)]


def _given(connection: Connection, payment_id: str) -> int:
    query = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.payment_id == payment_id, refunds.c.state != RefundState.failed.value
    )
    return int(connection.execute(query).scalar_one())


def _refund(row: Any) -> Refund:
    values = dict(zip(Refund.__dataclass_fields__, row, strict=True))
    return Refund(**{**values, "state": RefundState(values["state"])})
