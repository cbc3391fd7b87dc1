"""Reading a payment's history, evidence and attempts, oldest first."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, bindparam, select

from orchestrator.payment import Payment
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import attempts, evidence, payment_transitions, payments

_HISTORY = (
    select(payment_transitions)
    .where(payment_transitions.c.payment_id == bindparam("payment_id"))
    .order_by(payment_transitions.c.sequence)
)
_EVIDENCE = (
    select(evidence)
    .where(evidence.c.payment_id == bindparam("payment_id"))
    .order_by(evidence.c.sequence)
)
_ATTEMPTS = (
    select(attempts)
    .where(attempts.c.payment_id == bindparam("payment_id"))
    .order_by(attempts.c.number)
)

Row = dict[str, Any]


def read_history(connection: Connection, payment_id: str) -> list[Row]:
    """Read a payment's history rows."""
    return [
        dict(row) for row in connection.execute(_HISTORY, {"payment_id": payment_id}).mappings()
    ]


def read_evidence(connection: Connection, payment_id: str) -> list[Row]:
    """Read a payment's evidence rows."""
    return [
        dict(row) for row in connection.execute(_EVIDENCE, {"payment_id": payment_id}).mappings()
    ]


def read_attempts(connection: Connection, payment_id: str) -> list[Row]:
    """Read a payment's attempts."""
    return [
        dict(row) for row in connection.execute(_ATTEMPTS, {"payment_id": payment_id}).mappings()
    ]


def read_payment_of(connection: Connection, payment_id: str, owner: str | None) -> Payment | None:
    """Read a payment if it is the owner's; an owner of null reads every payment."""
    query = select(*payment_columns()).where(payments.c.id == payment_id)
    if owner is not None:
        query = query.where(payments.c.owner == owner)
    row = connection.execute(query).one_or_none()
    return payment_from_row(row) if row is not None else None


def list_payments(
    connection: Connection, owner: str | None, *, limit: int, after: str = ""
) -> list[Payment]:
    """Read payments in the order of their ids, from the one after ``after``."""
    query = select(*payment_columns()).where(payments.c.id > after)
    if owner is not None:
        query = query.where(payments.c.owner == owner)
    rows = connection.execute(query.order_by(payments.c.id).limit(limit))
    return [payment_from_row(row) for row in rows]


def walk_payments(connection: Connection, page: int = 500) -> Iterator[Payment]:
    """Walk over every payment, a page at a time, so that memory stays flat."""
    after = ""
    while True:
        batch = list_payments(connection, None, limit=page, after=after)
        yield from batch
        if len(batch) < page:
            return
        after = batch[-1].id
