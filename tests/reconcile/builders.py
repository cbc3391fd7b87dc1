"""A payment that has succeeded and its intent, with keyword defaults: they agree in everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.gateway.listed import ListedCharge, ListedIntent
from orchestrator.gateway.views import ChargeView, DisputeView, IntentView, RefundView
from orchestrator.payment import Payment, Settling
from orchestrator.refund import Dispute, Refund, RefundState
from orchestrator.states import PaymentState
from tests.stored_payments import new_payment

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
MADE = NOW - timedelta(hours=3)
CREATED = int(MADE.timestamp())


def payment_of(number: int = 1, **columns: Any) -> Payment:
    """Build a payment over 10.00 USD that was paid by ``ch_1``."""
    given: dict[str, Any] = {
        "payment_intent": f"pi_{number}",
        "state": PaymentState.succeeded,
        "amount": 1000,
        "currency": "usd",
        "settling": Settling(counted=("ch_1",)),
        "due_at": None,
        "created_at": MADE,
        **columns,
    }
    return replace(new_payment(f"pay_{number}"), **given)


def intent_of(number: int = 1, **fields: Any) -> ListedIntent:
    """Build the payment's intent: 10.00 USD received."""
    created, charge = fields.pop("created", CREATED), fields.pop("charge", charge_of())
    paid = {"status": "succeeded", "amount": 1000, "currency": "usd", "amount_received": 1000}
    given: dict[str, Any] = {**paid, "metadata": {"payment_id": f"pay_{number}"}, **fields}
    return ListedIntent(IntentView(f"pi_{number}", **given), created, charge)


def charge_of(id: str = "ch_1", intent: str | None = "pi_1", **fields: Any) -> ListedCharge:
    """Build a charge that took 10.00 USD."""
    given = {"amount_captured": 1000, **fields}
    return ListedCharge(ChargeView(id, "succeeded", 1000, "usd", CREATED), intent, **given)


def refund_of(**columns: Any) -> Refund:
    """Build a stored refund of 3.00 USD that Stripe made as ``re_1``."""
    given: dict[str, Any] = {
        "id": "ref_1",
        "payment_id": "pay_1",
        "amount": 300,
        "currency": "usd",
        "reason": None,
        "metadata": {},
        "state": RefundState.succeeded,
        "failure_reason": None,
        "stripe_refund": "re_1",
        "stripe_key": "key",
        "parameters": {},
        "origin": "api",
        "tries": 0,
        "due_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        **columns,
    }
    return Refund(**given)


def refund_at_stripe(**fields: Any) -> RefundView:
    """Build the same refund as Stripe shows it."""
    given = {"id": "re_1", "status": "succeeded", "amount": 300, "currency": "usd", **fields}
    return RefundView(created=CREATED, **given)


def dispute_of(**columns: Any) -> Dispute:
    """Build a stored dispute over 10.00 USD."""
    given: dict[str, Any] = {
        "id": "dp_1",
        "payment_id": "pay_1",
        "amount": 1000,
        "currency": "usd",
        "reason": "fraudulent",
        "status": "needs_response",
        "evidence_due_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        **columns,
    }
    return Dispute(**given)


def dispute_at_stripe(**fields: Any) -> DisputeView:
    """Build the same dispute as Stripe shows it."""
    given = {"id": "dp_1", "status": "needs_response", "amount": 1000, "currency": "usd", **fields}
    return DisputeView(created=CREATED, **given)
