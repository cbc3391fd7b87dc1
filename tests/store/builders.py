"""Rows and statements in plain SQL, as somebody with a database client would write them.

The same text runs on SQLite and on PostgreSQL. What differs is only how a payment is moved, and
that is the worlds' business.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.chain import GENESIS, instant
from orchestrator.payment import Payment
from tests.stored_payments import START, new_payment

Row = dict[str, Any]
FORGED = "f" * 64
NOW = instant(START)


def literal(value: object) -> str:
    """Write a value as SQL that both databases read."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        value = instant(value)
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(value)
    return "'" + str(value).replace("'", "''") + "'"


def insert(table: str, row: Mapping[str, object], how: str = "INSERT") -> str:
    """Write the statement that inserts a row."""
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(literal(value) for value in row.values())
    return f"{how} INTO {table} ({columns}) VALUES ({values})"


def update(table: str, where: str, **columns: object) -> str:
    """Write the statement that changes columns of the rows a condition names."""
    assignments = ", ".join(f'"{name}" = {literal(value)}' for name, value in columns.items())
    return f"UPDATE {table} SET {assignments} WHERE {where}"


def change(payment: Payment, **columns: object) -> str:
    """Write the statement that changes columns of a payment."""
    return update("payments", f"id = {literal(payment.id)}", **columns)


def history_row(payment: Payment, event: str, target: str, **columns: object) -> Row:
    """Build the history row that would come next for a payment."""
    spends = payment.attempts_used + 1 if event == "confirm" else None
    row = {
        "payment_id": payment.id,
        "sequence": payment.version + 1,
        "source": payment.state.value,
        "event": event,
        "target": target,
        "attempt": spends,
        "actor_kind": "worker",
        "evidence": None,
        "evidence_status": None,
        "facts_hash": None,
        "machine_version": "m",
        "rules_version": "r",
        "application_version": "a",
        "occurred_at": NOW,
        "previous_hash": payment.last_hash,
        "hash": FORGED,
    }
    return row | columns


def first_row(payment: Payment, **columns: object) -> Row:
    """Build the history row that a payment begins with."""
    row = history_row(payment, "create", "created") | {
        "sequence": 1,
        "source": None,
        "facts_hash": FORGED,
        "previous_hash": GENESIS,
    }
    return row | columns


def payment_row(**columns: object) -> Row:
    """Build the row of a payment that has just begun."""
    payment = new_payment("pay_new")
    row: Row = {
        name: getattr(payment, name)
        for name in payment.__dataclass_fields__
        if name not in {"settling", "version", "last_hash"}
    }
    return row | {"version": 1, "last_hash": FORGED, "settling": {}} | columns


def evidence_row(payment: Payment, status: str | None = None, **columns: object) -> Row:
    """Build the evidence row that would come next for a payment."""
    row = {
        "payment_id": payment.id,
        "sequence": payment.evidence_count + 1,
        "kind": "read",
        "intent_status": status,
        "outcome_charge": None,
        "payload": {},
        "application_version": "a",
        "observed_at": NOW,
        "previous_hash": payment.evidence_hash,
        "hash": FORGED,
    }
    return row | columns


def attempt_row(payment: Payment, **columns: object) -> Row:
    """Build the attempt of the ``confirm`` row that would come next for a payment."""
    row = {
        "payment_id": payment.id,
        "number": payment.attempts_used + 1,
        "sequence": payment.version + 1,
        "event": "confirm",
        "origin": "server",
        "payment_method": "pm_new",
        "stripe_key": f"{payment.id}:confirm:new",
        "parameters": {},
        "opened_at": NOW,
        "closed_at": None,
        "closed_by": None,
        "charge": None,
    }
    return row | columns


def must_hold(payment: Payment, condition: str) -> str:
    """Write a statement that is refused unless the payment's row is as it should be."""
    return f"UPDATE payments SET owner = 'x' WHERE id = {literal(payment.id)} AND NOT ({condition})"
