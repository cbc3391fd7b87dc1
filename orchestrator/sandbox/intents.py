"""The status machine of a PaymentIntent: what may be done when, and how a try at paying ends.

Pure: no I/O, no ids, no clock. Statuses: docs.stripe.com/payments/paymentintents/lifecycle.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.sandbox.cards import Authentication, Card
from orchestrator.sandbox.declines import (
    AUTHENTICATION_NOT_HANDLED,
    AUTHENTICATION_REQUIRED,
    Decline,
)
from orchestrator.sandbox.model import Challenge, Intent, Status

WAITING = frozenset({Status.requires_payment_method, Status.requires_confirmation})
CONFIRMABLE = WAITING | {Status.requires_action}
# Cards cannot be canceled while processing; only US bank accounts can (docs: refunds).
CANCELABLE = CONFIRMABLE | {Status.requires_capture}
UPDATABLE = CANCELABLE
CAPTURABLE = frozenset({Status.requires_capture})


class End(StrEnum):
    """How one try at paying ends."""

    authorized = "authorized"
    declined = "declined"
    challenged = "challenged"
    processing = "processing"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at paying, with all that decides its end."""

    card: Card
    off_session: bool = False
    set_up: bool = False
    authenticated: bool = False
    authentication_requested: bool = False
    error_on_requires_action: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one try; ``decline`` is set exactly when it was declined."""

    end: End
    decline: Decline | None = None


def must_authenticate(attempt: Attempt) -> bool:
    """Tell whether the issuer asks for 3-D Secure before it decides."""
    if attempt.authenticated:
        return False
    return {
        Authentication.never: False,
        Authentication.optional: attempt.authentication_requested,
        Authentication.always: True,
        Authentication.unless_set_up: not (attempt.off_session and attempt.set_up),
        Authentication.on_session: not attempt.off_session,
    }[attempt.card.authentication]


def try_payment(attempt: Attempt) -> Ending:
    """Decide how a try at paying ends."""
    if must_authenticate(attempt):
        if attempt.off_session:
            return Ending(End.declined, AUTHENTICATION_REQUIRED)
        if attempt.error_on_requires_action:
            return Ending(End.declined, AUTHENTICATION_NOT_HANDLED)
        return Ending(End.challenged)
    if attempt.card.processing:
        return Ending(End.processing)
    if attempt.card.decline is not None:
        return Ending(End.declined, attempt.card.decline)
    return Ending(End.authorized)


def begin(intent: Intent, payment_method: str) -> None:
    """Start a confirmation: the last one's error and challenge are gone."""
    intent.confirmations += 1
    intent.payment_method = payment_method
    intent.error = None
    intent.next_action = None


def challenge(intent: Intent, challenge: Challenge, next_action: dict[str, Any]) -> None:
    """Wait for the customer to authenticate."""
    intent.status = Status.requires_action
    intent.challenge = challenge
    intent.next_action = next_action


def process(intent: Intent, charge: str) -> None:
    """Wait for the network."""
    intent.status = Status.processing
    intent.next_action = None
    intent.latest_charge = charge


def authorize(intent: Intent, charge: str) -> None:
    """Take the authorization; the money too, unless it is to be captured by hand."""
    assert intent.amount_received == 0, "an intent succeeds once"
    intent.latest_charge = charge
    intent.next_action = None
    intent.error = None
    if intent.capture_method == "manual":
        intent.status = Status.requires_capture
        intent.amount_capturable = intent.amount
    else:
        intent.status = Status.succeeded
        intent.amount_received = intent.amount


def fail(intent: Intent, error: dict[str, Any], charge: str | None = None) -> None:
    """Go back to wanting a payment method, with the error that led there."""
    intent.status = Status.requires_payment_method
    intent.payment_method = None
    intent.next_action = None
    intent.error = error
    intent.authenticated_method = None
    if charge is not None:
        intent.latest_charge = charge


def capture(intent: Intent, amount: int) -> None:
    """Capture ``amount`` and release the rest."""
    assert intent.amount_received == 0, "an intent succeeds once"
    intent.status = Status.succeeded
    intent.amount_received = amount
    intent.amount_capturable = 0


def cancel(intent: Intent, reason: str | None, at: int) -> None:
    """End the intent without money."""
    intent.status = Status.canceled
    intent.canceled_at = at
    intent.cancellation_reason = reason
    intent.amount_capturable = 0
    intent.next_action = None


def settle_waiting(intent: Intent) -> None:
    """Give a waiting intent the status that its payment method, or lack of one, calls for."""
    intent.next_action = None
    if intent.payment_method is None:
        intent.status = Status.requires_payment_method
    else:
        intent.status = Status.requires_confirmation
