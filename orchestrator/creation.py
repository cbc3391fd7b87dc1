"""Creating a payment: asking Stripe for its intent, and the payment as it begins."""

import asyncio
from datetime import datetime
from typing import Final

from orchestrator.chain import GENESIS
from orchestrator.errors import IdempotencyKeyInUse, StripeRefused, StripeUnavailable
from orchestrator.gateway.views import IntentView, Reply, ReplyKind
from orchestrator.payment import Payment, Settling
from orchestrator.refusals import key_reused
from orchestrator.requests import CreatePayment, Gateway
from orchestrator.states import PaymentState

# A create that Stripe answers with a stored 5xx goes on under the next key of the same request.
MAX_CREATE_KEYS: Final = 4
# How often, and after how many seconds, a create waits for its own twin to finish at Stripe.
TWIN_WAITS: Final = (0.1, 0.2, 0.4, 0.8, 1.6)


async def create_intent(gateway: Gateway, payment_id: str, request: CreatePayment) -> IntentView:
    """Ask Stripe for the intent, waiting while a twin of this request is being carried out.

    Raises:
        IdempotencyKeyInUse: the twin takes too long.
        IdempotencyKeyReused: the key stood for a request with another body.
        StripeRefused: Stripe called the request invalid.
        StripeUnavailable: there is no usable answer; nothing was written.
    """
    for seconds in (*TWIN_WAITS, None):
        reply = await _ask_past_stored_errors(gateway, payment_id, request)
        if reply.kind is not ReplyKind.busy or seconds is None:
            break
        await asyncio.sleep(seconds)
    if reply.kind is ReplyKind.busy and reply.code == "idempotency_key_in_use":
        raise IdempotencyKeyInUse(
            "The first request with this Idempotency-Key is still being carried out. "
            "Send it again in a moment."
        )
    if reply.kind is ReplyKind.refused and reply.code == "idempotency_error":
        raise key_reused()
    if reply.kind is ReplyKind.refused:
        raise StripeRefused(reply.code, reply.message, reply.param)
    if reply.kind is not ReplyKind.answered or reply.intent is None:
        raise StripeUnavailable("create the payment")
    return reply.intent


async def _ask_past_stored_errors(
    gateway: Gateway, payment_id: str, request: CreatePayment
) -> Reply:
    """Ask under keys that every retry of the request derives again.

    Stripe may keep a 5xx under its key for a day. An intent that nobody was given cannot
    charge, so the request may go on under another key.
    """
    for number in range(1, MAX_CREATE_KEYS + 1):
        key = f"{payment_id}:create" if number == 1 else f"{payment_id}:create:{number}"
        reply = await _ask_for_intent(gateway, payment_id, request, key)
        if reply.kind is ReplyKind.unknown and (reply.http_status or 0) >= 500:
            # Asked again, Stripe says whether it keeps this answer.
            reply = await _ask_for_intent(gateway, payment_id, request, key)
        if reply.kind is not ReplyKind.stored_error:
            break
    return reply


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
