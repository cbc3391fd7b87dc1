"""What the API shows besides payments and transitions, which events tell too. Pure.

Refuses to show anything that is not named here, whatever a row may hold.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator.anomaly import Anomaly, Note
from orchestrator.chain import instant
from orchestrator.customers import CardStanding
from orchestrator.documents import (
    Document,
    action_document,
    excluded_documents,
    payment_document,
    transition_document,
)
from orchestrator.explain import Explanation, RuleShown
from orchestrator.gateway.views import CustomerView


def anomaly_document(anomaly: Anomaly) -> Document:
    """Show an anomaly with what people made of it, oldest first."""
    return {
        "id": anomaly.id,
        "object": "anomaly",
        "kind": anomaly.kind,
        "state": anomaly.state.value,
        "payment": anomaly.payment,
        "payment_intent": anomaly.payment_intent,
        "stripe_object": anomaly.stripe_object,
        "detail": anomaly.detail,
        "evidence": anomaly.evidence,
        "owner": anomaly.owner,
        "resolution": anomaly.resolution,
        "reason": anomaly.reason,
        "noted_at": instant(anomaly.noted_at),
        "notes": [_note(note) for note in anomaly.notes],
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
        "excluded_cards": excluded_documents(payment),
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


def _note(note: Note) -> Document:
    return {
        "sequence": note.sequence,
        "state": note.state.value,
        "owner": note.owner,
        "resolution": note.resolution,
        "reason": note.reason,
        "actor": {"kind": note.actor.kind, "id": note.actor.id},
        "request_id": note.request_id,
        "noted_at": instant(note.noted_at),
    }


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
        "version": rule.version,
    }


__all__ = [
    "Document",
    "action_document",
    "anomaly_document",
    "card_document",
    "client_secret_document",
    "customer_document",
    "explanation_document",
    "list_document",
    "payment_document",
    "transition_document",
]
