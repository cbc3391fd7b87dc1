"""Stripe's objects and answers as plain values: what the decisions read, and nothing more.

Pure data. No object here holds a client secret or any other credential in its ``repr``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class IntentStatus(StrEnum):
    """A PaymentIntent's status as Stripe names it.

    Source: https://docs.stripe.com/payments/paymentintents/lifecycle
    """

    requires_payment_method = "requires_payment_method"
    requires_confirmation = "requires_confirmation"
    requires_action = "requires_action"
    processing = "processing"
    requires_capture = "requires_capture"
    succeeded = "succeeded"
    canceled = "canceled"


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as Stripe shows it: never its number."""

    payment_method: str
    fingerprint: str | None = None
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    customer: str | None = None
    type: str = "card"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try at paying: a failed charge, or an error that never became one.

    ``charge`` is null for failures without a charge (3-D Secure refused, a refused request).
    ``outcome_read`` says whether the charge's ``outcome`` was seen; only then are
    ``outcome_type``, ``outcome_reason`` facts.
    """

    code: str | None = None
    decline_code: str | None = None
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    message: str | None = None
    charge: str | None = None
    payment_method: str | None = None
    card: CardView | None = None
    outcome_read: bool = False
    outcome_type: str | None = None
    outcome_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeView:
    """One charge of an intent. ``failure`` is set exactly when ``status`` is ``failed``."""

    id: str
    status: str
    amount: int
    currency: str
    created: int
    payment_method: str | None = None
    card: CardView | None = None
    failure: Failure | None = None
    # Until when Stripe holds money that is not taken yet: Unix seconds.
    capture_before: int | None = None


@dataclass(frozen=True, slots=True)
class IntentView:
    """A PaymentIntent at one moment.

    ``status`` is the raw string (Stripe may add values). ``charges`` is the full list, newest
    first, or null when it was not read. ``amount`` and ``amount_received`` are minor units.
    """

    id: str
    status: str
    amount: int
    currency: str
    amount_received: int = 0
    payment_method: str | None = None
    last_payment_error: Failure | None = None
    latest_charge: str | None = None
    # A redirect's address may carry the client secret.
    next_action: dict[str, Any] | None = field(default=None, repr=False)
    cancellation_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    charges: tuple[ChargeView, ...] | None = None
    client_secret: str | None = field(default=None, repr=False)


class ReplyKind(StrEnum):
    """How a call to Stripe ended, as far as we can know."""

    answered = "answered"  # 2xx, or 402 with its failure: Stripe processed the request
    refused = "refused"  # any other 4xx that will not change by sending it again
    busy = "busy"  # 409 in use, 429 rate limit, 429 lock timeout: same key again, later
    unauthorized = "unauthorized"  # 401, 403: configuration; alert
    stored_error = "stored_error"  # a 5xx that Stripe replays for this key: read instead
    unknown = "unknown"  # timeout, connection lost, 5xx, an unreadable body


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How one call to Stripe ended; the rest describes an error, where there was one."""

    kind: ReplyKind
    code: str | None = field(default=None, kw_only=True)
    message: str | None = field(default=None, kw_only=True)
    param: str | None = field(default=None, kw_only=True)
    http_status: int | None = field(default=None, kw_only=True)
    request_id: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Reply(CallEnd):
    """The end of one call to Stripe about a PaymentIntent.

    ``intent`` may be present on any kind (Stripe puts the intent into many errors). ``failure``
    is the 402's error. ``replayed`` is Stripe's ``Idempotent-Replayed`` header.
    """

    intent: IntentView | None = None
    failure: Failure | None = None
    decline_code: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as Stripe shows it. ``created`` is Unix seconds."""

    id: str
    created: int
    email: str | None = None
    name: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardReply(CallEnd):
    """The end of one call to Stripe about a PaymentMethod.

    ``card`` is set when ``answered``, but for a 402: the issuer would not have it kept.
    """

    card: CardView | None = None


@dataclass(frozen=True, slots=True)
class CardsReply(CallEnd):
    """The end of listing a customer's cards; ``cards`` is newest first when ``answered``."""

    cards: tuple[CardView, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsReply(CallEnd):
    """The end of reading a stretch of events; ``events`` is newest first when ``answered``."""

    events: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CustomerReply(CallEnd):
    """The end of one call to Stripe about a customer.

    ``customer`` is set when ``answered``, unless it is one that was deleted.
    """

    customer: CustomerView | None = None


@dataclass(frozen=True, slots=True)
class ChargesReply(CallEnd):
    """The end of listing an intent's charges; ``charges`` is newest first when ``answered``."""

    charges: tuple[ChargeView, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund as Stripe shows it. ``amount`` is in minor units, ``created`` is Unix seconds."""

    id: str
    status: str
    amount: int
    currency: str
    created: int
    reason: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute as Stripe shows it: the customer has asked the bank for the money back."""

    id: str
    status: str
    amount: int
    currency: str
    created: int
    reason: str | None = None
    evidence_due_by: int | None = None


@dataclass(frozen=True, slots=True)
class RefundReply(CallEnd):
    """The end of one call to Stripe about a refund; ``refund`` is set when it was made or read."""

    refund: RefundView | None = None


@dataclass(frozen=True, slots=True)
class RefundsReply(CallEnd):
    """The end of listing an intent's refunds; ``refunds`` is newest first when ``answered``."""

    refunds: tuple[RefundView, ...] = ()


@dataclass(frozen=True, slots=True)
class DisputesReply(CallEnd):
    """The end of listing an intent's disputes; ``disputes`` is newest first when ``answered``."""

    disputes: tuple[DisputeView, ...] = ()


__all__ = [
    "CallEnd",
    "CardReply",
    "CardView",
    "CardsReply",
    "ChargeView",
    "ChargesReply",
    "CustomerReply",
    "CustomerView",
    "DisputeView",
    "DisputesReply",
    "EventsReply",
    "Failure",
    "IntentStatus",
    "IntentView",
    "RefundReply",
    "RefundView",
    "RefundsReply",
    "Reply",
    "ReplyKind",
]
