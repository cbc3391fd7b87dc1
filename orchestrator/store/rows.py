"""A payment as its row, and its row as a payment."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.payment_documents import (
    intention_from_json,
    intention_to_json,
    settling_from_json,
    settling_to_json,
)
from orchestrator.store.schema import payments

CHANGING_COLUMNS = (
    "attempts_used",
    "state",
    "version",
    "last_hash",
    "revision",
    "evidence_count",
    "evidence_hash",
    "intention",
    "settling",
    "last_outcome",
    "next_action",
    "failure_reason",
    "excluded_cards",
    "due_at",
    "deadline_at",
    "updated_at",
)
FIXED_COLUMNS = (
    "id",
    "owner",
    "amount",
    "currency",
    "customer",
    "item_ids",
    "transaction_id",
    "description",
    "metadata",
    "setup_future_usage",
    "capture_method",
    "payment_intent",
    "max_attempts",
    "expires_at",
    "created_at",
)
ALL_COLUMNS = FIXED_COLUMNS + CHANGING_COLUMNS
# What the database keeps up to date by itself.
_READ_COLUMNS = (*ALL_COLUMNS, "amount_refunded", "amount_disputed")
_PAYMENT_COLUMNS = [payments.c[name] for name in _READ_COLUMNS]
_VALUES_OF: dict[tuple[str, ...], Callable[[Payment], tuple[Any, ...]]] = {
    columns: attrgetter(*columns) for columns in (ALL_COLUMNS, CHANGING_COLUMNS)
}


def payment_columns() -> list[Any]:
    """Return the columns that ``payment_from_row`` reads, first in a SELECT."""
    return _PAYMENT_COLUMNS


def payment_from_row(row: Sequence[Any]) -> Payment:
    """Read a payment from a row that starts with ``payment_columns``."""
    values = dict(zip(_READ_COLUMNS, row, strict=False))
    values["item_ids"] = tuple(values["item_ids"])
    values["excluded_cards"] = tuple(values["excluded_cards"])
    values["state"] = PaymentState(values["state"])
    values["intention"] = intention_from_json(values["intention"])
    values["settling"] = settling_from_json(values["settling"])
    return Payment(**values)


def row_of(payment: Payment, columns: tuple[str, ...]) -> dict[str, Any]:
    """Write a payment as the values of these columns."""
    values: dict[str, Any] = dict(zip(columns, _VALUES_OF[columns](payment), strict=True))
    values["settling"] = settling_to_json(payment.settling)
    values["intention"] = intention_to_json(payment.intention)
    values["excluded_cards"] = list(payment.excluded_cards)
    if "item_ids" in values:
        values["item_ids"] = list(payment.item_ids)
    return values
