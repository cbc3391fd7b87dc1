"""What an account holds: customers, payment methods, intents, charges, refunds.

Plain records. They hold no rules (``intents``) and no JSON (``objects``).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.sandbox.cards import Card
from orchestrator.sandbox.declines import Decline


class Status(StrEnum):
    """A PaymentIntent's status."""

    requires_payment_method = "requires_payment_method"
    requires_confirmation = "requires_confirmation"
    requires_action = "requires_action"
    processing = "processing"
    requires_capture = "requires_capture"
    succeeded = "succeeded"
    canceled = "canceled"


@dataclass(slots=True)
class Customer:
    """A customer, with the parameters it was given."""

    id: str
    created: int
    fields: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(slots=True)
class PaymentMethod:
    """A payment method. ``card`` is null for a bank account.

    ``spent`` means Stripe will not take it again: it paid without belonging to a customer, or
    was detached. ``set_up`` means its owner authenticated for later off-session payments.
    """

    id: str
    created: int
    card: Card | None
    fingerprint: str
    exp_month: int
    exp_year: int
    type: str = "card"
    customer: str | None = None
    billing_details: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    allow_redisplay: str = "unspecified"
    spent: bool = False
    set_up: bool = False


@dataclass(slots=True)
class Charge:
    """One try at moving money. ``payment_method`` is a copy as it was at that moment."""

    id: str
    created: int
    intent: str
    amount: int
    currency: str
    status: str
    payment_method: PaymentMethod
    customer: str | None
    metadata: dict[str, str]
    description: str | None
    captured: bool
    amount_captured: int = 0
    capture_before: int | None = None
    amount_refunded: int = 0
    refunded: bool = False
    dispute: str | None = None
    authenticated: bool = False
    decline: Decline | None = None


@dataclass(slots=True)
class Refund:
    """Money of a charge given back."""

    id: str
    created: int
    charge: str
    intent: str
    amount: int
    currency: str
    status: str
    reason: str | None
    failure_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One time that the customer was sent to the bank, and where to go from there."""

    id: str
    return_url: str | None


@dataclass(slots=True)
class Intent:
    """A PaymentIntent. ``error`` is the JSON of ``last_payment_error``.

    ``challenge`` is the newest one and stays once it is over.
    """

    id: str
    client_secret: str
    created: int
    amount: int
    currency: str
    payment_method_types: list[str]
    automatic_payment_methods: dict[str, Any] | None
    status: Status = Status.requires_payment_method
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    customer: str | None = None
    payment_method: str | None = None
    setup_future_usage: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    payment_method_options: dict[str, Any] = field(default_factory=dict)
    amount_received: int = 0
    amount_capturable: int = 0
    latest_charge: str | None = None
    next_action: dict[str, Any] | None = None
    challenge: Challenge | None = None
    error: dict[str, Any] | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    confirmations: int = 0
    off_session: bool = False
    authenticated_method: str | None = None
