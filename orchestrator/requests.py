"""What callers ask for and what they get: the plain values at the border of the use cases."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from orchestrator.gateway.views import (
    CardReply,
    CardsReply,
    CardView,
    ChargesReply,
    CustomerReply,
    DisputesReply,
    RefundReply,
    RefundsReply,
    Reply,
)
from orchestrator.payment import Actor, ActorKind, CaptureMethod, Payment

# Answers of an attempt's own request after which its outcome is still to be found out.
_UNKNOWN_ANSWERS: Final = frozenset({None, "not_run", "stored_error", "undecided"})


class Gateway(Protocol):
    """What the use cases need of Stripe."""

    async def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        customer: str | None,
        description: str | None,
        metadata: Mapping[str, str],
        setup_future_usage: str | None,
        capture_method: str | None = None,
        idempotency_key: str,
    ) -> Reply:
        """Create an unconfirmed intent."""

    async def confirm_intent(
        self, intent_id: str, parameters: Mapping[str, Any], idempotency_key: str
    ) -> Reply:
        """Confirm an intent with exactly these parameters."""

    async def cancel_intent(
        self, intent_id: str, *, reason: str | None, idempotency_key: str
    ) -> Reply:
        """Cancel an intent."""

    async def capture_intent(self, intent_id: str, *, amount: int, idempotency_key: str) -> Reply:
        """Take money that is held."""

    async def retrieve_intent(self, intent_id: str) -> Reply:
        """Read an intent."""

    async def read_intent(self, intent_id: str) -> Reply:
        """Read an intent with all its charges."""

    async def list_charges(self, intent_id: str) -> ChargesReply:
        """Read the charges of an intent, newest first."""

    async def retrieve_card(self, payment_method_id: str) -> CardReply:
        """Read a payment method."""

    async def aclose(self) -> None:
        """Close the connections."""


class CustomerGateway(Protocol):
    """What the use cases need of Stripe for customers and the cards they keep."""

    async def create_customer(
        self,
        *,
        email: str | None,
        name: str | None,
        metadata: Mapping[str, str],
        idempotency_key: str,
    ) -> CustomerReply:
        """Create a customer."""

    async def retrieve_customer(self, customer_id: str) -> CustomerReply:
        """Read a customer."""

    async def attach_card(
        self, payment_method_id: str, customer_id: str, *, idempotency_key: str
    ) -> CardReply:
        """Give a payment method to a customer."""

    async def list_cards(self, customer_id: str) -> CardsReply:
        """Read all cards of a customer, newest first."""

    async def update_card(
        self, payment_method_id: str, changes: Mapping[str, Any], *, idempotency_key: str
    ) -> CardReply:
        """Change a card's expiry date or its billing details."""

    async def detach_card(self, payment_method_id: str, *, idempotency_key: str) -> CardReply:
        """Take a card away from its customer."""


class RefundGateway(Protocol):
    """What the use cases need of Stripe for refunds and disputes."""

    async def create_refund(
        self, parameters: Mapping[str, Any], *, idempotency_key: str
    ) -> RefundReply:
        """Give money back, with exactly these parameters."""

    async def retrieve_refund(self, refund_id: str) -> RefundReply:
        """Read a refund."""

    async def list_refunds(self, intent_id: str) -> RefundsReply:
        """Read all refunds of an intent, newest first."""

    async def list_disputes(self, intent_id: str) -> DisputesReply:
        """Read all disputes of an intent, newest first."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the owner, its key, and what makes a request the same request again."""

    owner: str
    key_id: str
    request_id: str
    idempotency_key: str | None = None
    request_digest: str = ""
    # An operator at a terminal has a name instead of a key.
    kind: ActorKind = "api_key"

    @property
    def actor(self) -> Actor:
        """Name the caller for the record."""
        return Actor(self.kind, self.key_id)


@dataclass(frozen=True, slots=True)
class CreatePayment:
    """A payment to be made. ``amount`` is in minor units."""

    amount: int
    currency: str
    customer: str | None = None
    item_ids: tuple[str, ...] = ()
    transaction_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    max_attempts: int | None = None
    setup_future_usage: str | None = None
    capture_method: CaptureMethod = "automatic"


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """A card to try."""

    payment_method: str
    return_url: str | None = None
    off_session: bool | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what Stripe is sent; stored as it is, so that any process can send it again.

        Without a page to return to, the customer's browser handles a challenge with Stripe.js.
        """
        parameters: dict[str, Any] = {"payment_method": self.payment_method}
        if self.return_url is not None:
            parameters["return_url"] = self.return_url
        if self.off_session is not None:
            parameters["off_session"] = self.off_session
        if self.return_url is None and not self.off_session:
            parameters["use_stripe_sdk"] = True
        return parameters


@dataclass(frozen=True, slots=True)
class CreateRefund:
    """Money to give back. ``amount`` is in minor units; without one it is all that is left."""

    amount: int | None = None
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The payment as it now is. ``settled`` is False while an answer of Stripe's is outstanding."""

    payment: Payment
    replayed: bool = False
    client_secret: str | None = field(default=None, repr=False)
    settled: bool = True


def outcome_known(payment: Payment) -> bool:
    """Tell whether Stripe has said what became of the payment's last request."""
    if payment.handled or payment.waiting:
        return payment.intention is None
    attempt = payment.settling.open
    return (
        payment.intention is None and attempt is not None and attempt.answer not in _UNKNOWN_ANSWERS
    )


def derive_payment_id(owner: str, idempotency_key: str) -> str:
    """Name the payment that a create with this key makes, the same at every retry.

    The length of the owner's name stands first, so that no two pairs run together into one.
    """
    digest = hashlib.sha256(f"{len(owner)}:{owner}:{idempotency_key}".encode()).hexdigest()
    return f"pay_{digest[:32]}"


def derive_refund_id(owner: str, idempotency_key: str) -> str:
    """Name the refund that a request with this key makes, the same at every retry."""
    return derive_payment_id(owner, idempotency_key).replace("pay_", "ref_", 1)


def key_row(
    caller: Caller, operation: str, payment_id: str | None, now: datetime
) -> dict[str, Any] | None:
    """Return the row that lets the caller's Idempotency-Key stand for this request."""
    if caller.idempotency_key is None:
        return None
    return {
        "owner": caller.owner,
        "key": caller.idempotency_key,
        "operation": operation,
        "request_digest": caller.request_digest,
        "payment_id": payment_id,
        "attempt": None,
        "created_at": now,
    }


def card_row(owner: str, card: CardView, now: datetime) -> dict[str, Any]:
    """Return the row that remembers a card, so that it need not be looked up again."""
    return {
        "owner": owner,
        "payment_method": card.payment_method,
        "fingerprint": card.fingerprint,
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "seen_at": now,
        "customer": card.customer,
    }


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
