"""Payments, refunds and disputes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from orchestrator.client.calls.call import Call, get, list_of, only_given, post, quoted
from orchestrator.client.values import (
    ClientSecret,
    Dispute,
    Explanation,
    Page,
    Payment,
    Refund,
    Transition,
)

CaptureMethod = Literal["automatic", "manual"]


CancelReason = Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"]


RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


Resolution = Literal["refresh", "cancel"]


Usage = Literal["on_session", "off_session"]


def create_payment(
    *,
    amount: int,
    currency: str,
    customer: str | None = None,
    item_ids: Iterable[str] | None = None,
    transaction_id: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    max_attempts: int | None = None,
    setup_future_usage: Usage | None = None,
    capture_method: CaptureMethod | None = None,
    idempotency_key: str | None = None,
) -> Call[Payment]:
    """Create a payment of ``amount`` minor units. Give each order a key of its own."""
    body = only_given(
        amount=amount,
        currency=currency,
        customer=customer,
        item_ids=list(item_ids) if item_ids is not None else None,
        transaction_id=transaction_id,
        description=description,
        metadata=dict(metadata) if metadata is not None else None,
        max_attempts=max_attempts,
        setup_future_usage=setup_future_usage,
        capture_method=capture_method,
    )
    return post("/v1/payments", Payment, body, idempotency_key)


def confirm_payment(
    payment: str,
    *,
    payment_method: str,
    return_url: str | None = None,
    off_session: bool | None = None,
    idempotency_key: str | None = None,
) -> Call[Payment]:
    """Try a card. Give each try a key of its own; look at ``outcome_unknown`` afterwards."""
    body = only_given(payment_method=payment_method, return_url=return_url, off_session=off_session)
    return post(f"/v1/payments/{quoted(payment)}/confirm", Payment, body, idempotency_key)


def cancel_payment(
    payment: str, *, reason: CancelReason | None = None, idempotency_key: str | None = None
) -> Call[Payment]:
    """End a payment without success; it may have succeeded meanwhile."""
    body = only_given(reason=reason)
    return post(f"/v1/payments/{quoted(payment)}/cancel", Payment, body, idempotency_key)


def capture_payment(
    payment: str, *, amount_to_capture: int | None = None, idempotency_key: str | None = None
) -> Call[Payment]:
    """Take the money that is held for a payment, or a part of it; the rest is let go."""
    body = only_given(amount_to_capture=amount_to_capture)
    return post(f"/v1/payments/{quoted(payment)}/capture", Payment, body, idempotency_key)


def refresh_payment(payment: str, *, idempotency_key: str | None = None) -> Call[Payment]:
    """Ask Stripe how a payment stands."""
    return post(f"/v1/payments/{quoted(payment)}/refresh", Payment, {}, idempotency_key)


def resolve_payment(
    payment: str, *, resolution: Resolution, reason: str, idempotency_key: str | None = None
) -> Call[Payment]:
    """Ask Stripe about a payment, or end it, by hand and on record (an admin key's)."""
    body = {"resolution": resolution, "reason": reason}
    return post(f"/v1/payments/{quoted(payment)}/resolve", Payment, body, idempotency_key)


def get_payment(payment: str) -> Call[Payment]:
    """Read a payment."""
    return get(f"/v1/payments/{quoted(payment)}", Payment)


def list_payments(
    *,
    state: str | None = None,
    customer: str | None = None,
    transaction_id: str | None = None,
    created_gte: datetime | None = None,
    created_lt: datetime | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Payment]]:
    """Read one page of payments, newest first."""
    filters = {
        "state": state,
        "customer": customer,
        "transaction_id": transaction_id,
        "created[gte]": created_gte,
        "created[lt]": created_lt,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return list_of("/v1/payments", Payment, filters)


def read_history(payment: str) -> Call[Page[Transition]]:
    """Read all transitions of a payment, oldest first."""
    return list_of(f"/v1/payments/{quoted(payment)}/history", Transition, {})


def explain_payment(payment: str) -> Call[Explanation]:
    """Ask why a payment is where it is, and what comes next."""
    return get(f"/v1/payments/{quoted(payment)}/explain", Explanation)


def read_client_secret(payment: str) -> Call[ClientSecret]:
    """Read the client secret again, for a page that was reloaded."""
    return get(f"/v1/payments/{quoted(payment)}/client_secret", ClientSecret)


def create_refund(
    payment: str,
    *,
    amount: int | None = None,
    reason: RefundReason | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Refund]:
    """Give ``amount`` minor units back, or all that is left. Give each refund a key of its own."""
    given = dict(metadata) if metadata is not None else None
    body = only_given(amount=amount, reason=reason, metadata=given)
    return post(f"/v1/payments/{quoted(payment)}/refunds", Refund, body, idempotency_key)


def list_refunds(payment: str) -> Call[Page[Refund]]:
    """Read all refunds of a payment, newest first."""
    return list_of(f"/v1/payments/{quoted(payment)}/refunds", Refund, {})


def get_refund(refund: str) -> Call[Refund]:
    """Read a refund."""
    return get(f"/v1/refunds/{quoted(refund)}", Refund)


def list_disputes(payment: str) -> Call[Page[Dispute]]:
    """Read all disputes of a payment, newest first."""
    return list_of(f"/v1/payments/{quoted(payment)}/disputes", Dispute, {})
