"""What the API shows: payments, transitions and lists as plain documents. Pure.

Refuses to show anything that is not named here, whatever a row may hold.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.chain import instant
from orchestrator.customers import CardStanding
from orchestrator.explain import Explanation, RuleShown
from orchestrator.gateway.views import CustomerView
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
)


def payment_document(
    payment: Payment, client_secret: str | None = None, *, may_act: bool = True
) -> Document:
    """Show a payment; ``client_secret`` stands in it only when one is given.

    Who only reads sees of ``next_action`` what is awaited, not the address to do it at, which may
    carry a secret.
    """
    next_action = payment.next_action
    if next_action is not None and not may_act:
        next_action = {"type": next_action.get("type")}
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
        "excluded_cards": _excluded(payment),
        "next_action": next_action,
        "failure_reason": payment.failure_reason,
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


def explanation_document(explanation: Explanation) -> Document:
    """Show why a payment is where it is."""
    payment, deadline = explanation.payment, explanation.deadline
    return {
        "object": "explanation",
        "payment": payment.id,
        "state": payment.state.value,
        "handled": payment.handled,
        "summary": explanation.summary,
        "rule": _rule(explanation.rule),
        "allowed_events": list(explanation.allowed_events),
        "attempts_left": payment.attempts_left,
        "max_attempts": payment.max_attempts,
        "deadline": instant(deadline) if deadline is not None else None,
        "deadline_effect": explanation.deadline_effect,
        "excluded_cards": _excluded(payment),
        "next_steps": list(explanation.next_steps),
    }


def client_secret_document(payment_id: str, client_secret: str) -> Document:
    """Show a payment's client secret, and nothing else of it."""
    return {"object": "client_secret", "payment": payment_id, "client_secret": client_secret}


def customer_document(customer: CustomerView) -> Document:
    """Show a customer as Stripe has it."""
    return {
        "id": customer.id,
        "object": "customer",
        "email": customer.email,
        "name": customer.name,
        "metadata": customer.metadata,
        "created_at": instant(datetime.fromtimestamp(customer.created, UTC)),
    }


def card_document(standing: CardStanding) -> Document:
    """Show a card, and why it is out of use, if it is."""
    card, disablement = standing.card, standing.disablement
    return {
        "id": card.payment_method,
        "object": "card",
        "customer": card.customer,
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "usable": disablement is None,
        "disabled_reason": disablement.reason if disablement else None,
        "disabled_at": instant(disablement.disabled_at) if disablement else None,
    }


def list_document(data: Sequence[Document], url: str, *, has_more: bool = False) -> Document:
    """Show a list; ``url`` is where it can be asked for again."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _outcome(outcome: Mapping[str, Any] | None) -> Document | None:
    if outcome is None:
        return None
    shown = {name: outcome.get(name) for name in OUTCOME_FIELDS}
    if shown["retry_not_before"] is not None:
        shown["retry_not_before"] = instant(datetime.fromisoformat(shown["retry_not_before"]))
    return shown


def _excluded(payment: Payment) -> list[Document]:
    return [
        {"payment_method": card["payment_method"], "reason": card["reason"]}
        for card in payment.excluded_cards
    ]


def _rule(rule: RuleShown | None) -> Document | None:
    if rule is None:
        return None
    return {
        "code": rule.code,
        "decline_code": rule.decline_code,
        "handler": rule.handler,
        "meaning": rule.meaning,
        "completed": rule.completed,
        "requires_retry": rule.requires_retry,
        "event": rule.event,
        "rules_version": rule.rules_version,
    }
