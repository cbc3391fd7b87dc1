"""Payments, transitions and actions as plain documents: what the API shows and events tell. Pure.

Refuses to show anything that is not named here, whatever a row may hold.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.chain import instant
from orchestrator.next_action import awaited_action
from orchestrator.payment import Payment

Document = dict[str, Any]

OUTCOME_FIELDS: Final = (
    "code",
    "decline_code",
    "advice_code",
    "handler",
    "completed",
    "requires_retry",
    "message",
    "same_card_allowed",
    "retry_not_before",
    "automatic_retry",
)


def payment_document(
    payment: Payment, client_secret: str | None = None, *, may_act: bool = True
) -> Document:
    """Show a payment; ``client_secret`` stands in it only when one is given.

    Who only reads sees of ``next_action`` what is awaited, not the address to do it at, which may
    carry a secret.
    """
    document = {
        "id": payment.id,
        "object": "payment",
        "state": payment.state.value,
        "handled": payment.handled,
        "amount": payment.amount,
        "currency": payment.currency,
        "customer": payment.customer,
        "item_ids": list(payment.item_ids),
        "transaction_id": payment.transaction_id,
        "description": payment.description,
        "metadata": payment.metadata,
        "attempts_used": payment.attempts_used,
        "attempts_left": payment.attempts_left,
        "max_attempts": payment.max_attempts,
        "payment_intent": payment.payment_intent,
        "last_outcome": _outcome(payment.last_outcome),
        "excluded_cards": excluded_documents(payment),
        "next_action": payment.next_action if may_act else awaited_action(payment.next_action),
        "failure_reason": payment.failure_reason,
        "capture_method": payment.capture_method,
        "awaits_capture": payment.awaits_capture,
        "amount_received": payment.amount_received,
        "amount_refunded": payment.amount_refunded,
        "disputed": payment.amount_disputed > 0,
        "expires_at": instant(payment.expires_at),
        "created_at": instant(payment.created_at),
        "updated_at": instant(payment.updated_at),
    }
    if client_secret is not None:
        document["client_secret"] = client_secret
    return document


def transition_document(row: Mapping[str, Any]) -> Document:
    """Show one row of a payment's history."""
    return {
        "object": "transition",
        "payment": row["payment_id"],
        "sequence": row["sequence"],
        "source": row["source"],
        "event": row["event"],
        "target": row["target"],
        "attempt": row["attempt"],
        "handler": row["handler"],
        "handler_error": row["handler_error"],
        "completed": row["completed"],
        "requires_retry": row["requires_retry"],
        "code": row["code"],
        "decline_code": row["decline_code"],
        "reason": row["reason"],
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"]},
        "request_id": row["request_id"],
        "stripe_request_id": row["stripe_request_id"],
        "stripe_event_id": row["stripe_event_id"],
        "evidence": row["evidence"],
        "machine_version": row["machine_version"],
        "rules_version": row["rules_version"],
        "occurred_at": instant(row["occurred_at"]),
        "previous_hash": row["previous_hash"],
        "hash": row["hash"],
    }


def action_document(row: Mapping[str, Any]) -> Document:
    """Show what somebody did."""
    return {
        "id": f"act_{row['number']}",
        "object": "action",
        "number": row["number"],
        "action": row["action"],
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"]},
        "subject": {"kind": row["subject_kind"], "id": row["subject_id"]},
        "reason": row["reason"],
        "details": row["details"],
        "request_id": row["request_id"],
        "application_version": row["application_version"],
        "occurred_at": instant(row["occurred_at"]),
        "previous_hash": row["previous_hash"],
        "hash": row["hash"],
    }


def _outcome(outcome: Mapping[str, Any] | None) -> Document | None:
    if outcome is None:
        return None
    shown = {name: outcome.get(name) for name in OUTCOME_FIELDS}
    # What an older version kept has no word of automatic retries: there were none.
    shown["automatic_retry"] = bool(shown["automatic_retry"])
    if shown["retry_not_before"] is not None:
        shown["retry_not_before"] = instant(datetime.fromisoformat(shown["retry_not_before"]))
    return shown


def excluded_documents(payment: Payment) -> list[Document]:
    """Show the cards that a payment put out of use."""
    return [
        {"payment_method": card["payment_method"], "reason": card["reason"]}
        for card in payment.excluded_cards
    ]
