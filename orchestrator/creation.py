"""Creating a payment: asking Stripe for its intent, and the payment as it begins."""

from datetime import datetime
from functools import partial

from orchestrator.asking import ask
from orchestrator.chain import GENESIS
from orchestrator.errors import StripeUnavailable
from orchestrator.gateway.views import IntentView, Reply
from orchestrator.payment import Payment, Settling
from orchestrator.requests import CreatePayment, Gateway
from orchestrator.states import PaymentState


async def create_intent(gateway: Gateway, payment_id: str, request: CreatePayment) -> IntentView:
    """Ask Stripe for the intent. One that nobody was given cannot charge.

    Raises:
        IdempotencyKeyInUse, IdempotencyKeyReused, StripeRefused, StripeUnavailable: as ``ask``.
    """
    send = partial(_ask_for_intent, gateway, payment_id, request)
    reply = await ask(send, f"{payment_id}:create", "create the payment")
    if reply.intent is None:
        raise StripeUnavailable("create the payment")
    return reply.intent


async def _ask_for_intent(
    gateway: Gateway, payment_id: str, request: CreatePayment, key: str
) -> Reply:
    return await gateway.create_intent(
        amount=request.amount,
        currency=request.currency,
        customer=request.customer,
        description=request.description,
        metadata=_stripe_metadata(payment_id, request),
        setup_future_usage=request.setup_future_usage,
        # What is taken at once Stripe is not told: that is how it takes money by itself.
        capture_method="manual" if request.capture_method == "manual" else None,
        idempotency_key=key,
    )


def new_payment(
    payment_id: str,
    request: CreatePayment,
    *,
    owner: str,
    intent: IntentView,
    max_attempts: int,
    now: datetime,
    expires_at: datetime,
) -> Payment:
    """Return the payment as it is before its first history row."""
    return Payment(
        id=payment_id,
        owner=owner,
        amount=request.amount,
        currency=request.currency,
        customer=request.customer,
        item_ids=request.item_ids,
        transaction_id=request.transaction_id,
        description=request.description,
        metadata=request.metadata,
        setup_future_usage=request.setup_future_usage,
        capture_method=request.capture_method,
        payment_intent=intent.id,
        max_attempts=max_attempts,
        attempts_used=0,
        state=PaymentState.created,
        version=0,
        last_hash=GENESIS,
        revision=0,
        evidence_count=0,
        evidence_hash=GENESIS,
        intention=None,
        settling=Settling(),
        last_outcome=None,
        next_action=None,
        failure_reason=None,
        excluded_cards=(),
        due_at=expires_at,
        deadline_at=None,
        expires_at=expires_at,
        created_at=now,
        updated_at=now,
    )


def _stripe_metadata(payment_id: str, request: CreatePayment) -> dict[str, str]:
    """Return what Stripe keeps beside the intent; a value holds at most 500 characters there."""
    metadata = {**request.metadata, "payment_id": payment_id}
    if request.transaction_id is not None:
        metadata["transaction_id"] = request.transaction_id[:500]
    if request.item_ids:
        metadata["item_ids"] = ",".join(request.item_ids)[:500]
    return metadata
