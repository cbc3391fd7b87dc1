"""What is refused before anything moves, and in which words. Pure: each looks at one payment."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from orchestrator.errors import (
    AttemptInProgress,
    IdempotencyKeyReused,
    PaymentEnding,
    PaymentHandled,
)
from orchestrator.payment import Payment
from orchestrator.requests import Caller
from orchestrator.states import Configuration, PaymentState, permitted_events
from orchestrator.store.requests import KeyUse

# What can still be done about a payment that has ended.
AFTER: Final[Mapping[PaymentState, str]] = MappingProxyType(
    {
        PaymentState.succeeded: "Deliver, or give the money back with a refund.",
        PaymentState.failed: "To try again, create a new payment.",
    }
)


def refuse_confirm(payment: Payment, now: datetime) -> None:
    """Refuse a card for a payment that takes none now.

    Raises:
        PaymentHandled, PaymentEnding, AttemptInProgress: as the payment stands.
    """
    refuse_handled(payment, "be confirmed")
    facts: dict[str, Any] = {"state": payment.state, "allowed_events": allowed_events(payment)}
    if payment.intention is not None:
        raise PaymentEnding(
            "The payment is being ended; no card is taken any more. Read it again to see how "
            "it ends.",
            **facts,
        )
    if payment.waiting and now >= payment.expires_at:
        raise PaymentEnding("The payment's time is over. Create a new one.", **facts)
    if payment.waiting:
        return
    attempt = payment.settling.open
    challenged = attempt is not None and attempt.answer == "requires_action"
    if not challenged or payment.attempts_left == 0:
        raise AttemptInProgress(
            "A confirmation is open. Read the payment again, or refresh it, before trying "
            "another card.",
            **facts,
        )


def refuse_handled(payment: Payment, what: str) -> None:
    """Refuse to do something to a payment that has ended.

    Raises:
        PaymentHandled: it is succeeded or failed.
    """
    if payment.handled:
        raise PaymentHandled(
            f"The payment is {payment.state} for good; it cannot {what}. {AFTER[payment.state]}",
            state=payment.state,
            allowed_events=(),
        )


def refuse_other_use(
    use: KeyUse, caller: Caller, operation: str, payment_id: str | None = None
) -> None:
    """Refuse an Idempotency-Key that stands for another request.

    Without a payment the request is about a customer or a card, whose id is in the digest.

    Raises:
        IdempotencyKeyReused: the operation, the payment or the body differ.
    """
    same = (operation, payment_id, caller.request_digest)
    if (use.operation, use.payment_id, use.request_digest) != same:
        raise key_reused()


def key_reused() -> IdempotencyKeyReused:
    """Return the refusal of a key that stands for another request."""
    return IdempotencyKeyReused(
        "The Idempotency-Key was used for another request. Send the first request unchanged, or "
        "use a new key for a new request.",
        param="Idempotency-Key",
    )


def allowed_events(payment: Payment) -> tuple[str, ...]:
    """Return the names of the events that may happen to the payment next."""
    here = Configuration(payment.state, payment.attempts_left)
    return tuple(event.value for event in permitted_events(here))
