"""Payments as they are read to be compared with Stripe: of a period, by their intents, in pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, tuple_

from orchestrator.payment import Payment
from orchestrator.refund import Dispute, Refund
from orchestrator.store.refunds import list_disputes, list_refunds
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import payments

PAGE = 100


class Period(NamedTuple):
    """Moments from ``since`` up to before ``until``."""

    since: datetime
    until: datetime


def count_payments(connection: Connection, period: Period) -> int:
    """Count the payments that were created in a period."""
    query = select(func.count()).select_from(payments).where(*_within(period))
    return connection.execute(query).scalar_one()


def page_of_period(connection: Connection, period: Period, after: Payment | None) -> list[Payment]:
    """Read the page of a period's payments, newest first, that follows (is older than) ``after``.

    A page that is not full is the last.
    """
    place = (payments.c.created_at, payments.c.id)
    query = select(*payment_columns()).where(payments.c.created_at >= period.since)
    if after is None:
        query = query.where(payments.c.created_at < period.until)
    else:
        query = query.where(tuple_(*place) < (after.created_at, after.id))
    query = query.order_by(*(column.desc() for column in place)).limit(PAGE)
    return [payment_from_row(row) for row in connection.execute(query)]


def payments_of_intents(connection: Connection, intents: Sequence[str]) -> dict[str, Payment]:
    """Read the payments of these intents, whenever they were created, by their intents."""
    query = select(*payment_columns()).where(payments.c.payment_intent.in_(intents))
    found = [payment_from_row(row) for row in connection.execute(query)]
    return {payment.payment_intent: payment for payment in found}


def money_back_of(connection: Connection, payment_id: str) -> tuple[list[Refund], list[Dispute]]:
    """Read what of a payment was given back or asked back."""
    return list_refunds(connection, payment_id), list_disputes(connection, payment_id)


def _within(period: Period) -> tuple[Any, ...]:
    return (payments.c.created_at >= period.since, payments.c.created_at < period.until)


__all__ = [
    "PAGE",
    "Period",
    "count_payments",
    "money_back_of",
    "page_of_period",
    "payments_of_intents",
]
