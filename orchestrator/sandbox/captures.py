"""What was authorized and not taken yet: how long it is held, taking it, and letting go of it.

Letting go gives nothing back, for nothing was taken: since API version 2025-03-31 Stripe makes no
Refund of it and leaves ``amount_refunded`` alone
(https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow).
"""

from typing import Any, Final

from orchestrator.sandbox import intents
from orchestrator.sandbox.accounts import Account
from orchestrator.sandbox.aftermath import follow_success
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.charge_objects import charge_json
from orchestrator.sandbox.customers import merge_metadata
from orchestrator.sandbox.errors import ApiError, refused, unexpected_state
from orchestrator.sandbox.model import Charge, Intent, PaymentMethod, Status
from orchestrator.sandbox.objects import intent_json

# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method: seven days, and for Visa
# off-session "4 days and 18 hours, to allow time for clearing processes".
HELD_SECONDS: Final = 7 * 24 * 3600
HELD_SECONDS_OF_VISA_OFF_SESSION: Final = (4 * 24 + 18) * 3600


def held_seconds(intent: Intent, method: PaymentMethod) -> int:
    """Say how long an authorization holds."""
    visa = method.card is not None and method.card.brand == "visa"
    return HELD_SECONDS_OF_VISA_OFF_SESSION if visa and intent.off_session else HELD_SECONDS


def capture_charge(charge: Charge, amount: int) -> None:
    """Take ``amount`` of what ``charge`` authorized."""
    charge.captured = True
    charge.amount_captured = amount


def capture(call: Call) -> dict[str, Any]:
    """Capture what an intent holds, all of it or less.

    Raises:
        ApiError: it holds nothing, or not as much.
    """
    intent = call.account.intent(call.id)
    if intent.status not in intents.CAPTURABLE:
        raise unexpected_state(
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent.status}. Only a PaymentIntent with one of the following statuses may be "
            "captured: requires_capture.",
            intent_json(intent),
        )
    amount = call.params.get("amount_to_capture", intent.amount_capturable)
    if not 0 < amount <= intent.amount_capturable:
        raise _too_much(amount, intent)
    if "metadata" in call.params:
        intent.metadata = merge_metadata(intent.metadata, call.params["metadata"])
    charge = held_charge(call.account, intent)
    intents.capture(intent, amount)
    capture_charge(charge, amount)
    call.emit("charge.captured", charge_json(charge))
    call.emit("payment_intent.succeeded", intent_json(intent))
    follow_success(call, charge)
    return intent_json(intent)


def _too_much(amount: int, intent: Intent) -> ApiError:
    return refused(
        f"The amount to capture, {amount}, is not within the amount capturable, "
        f"{intent.amount_capturable}.",
        code="amount_too_large" if amount > 0 else "parameter_invalid_integer",
        param="amount_to_capture",
    )


def held_charge(account: Account, intent: Intent) -> Charge:
    """Return the charge that holds an intent's money."""
    return account.charges[str(intent.latest_charge)]


def expire_holds(account: Account) -> None:
    """Cancel the intents whose authorization was not captured in time."""
    call = Call(account)  # nobody's request
    for intent in account.intents.values():
        if intent.status is not Status.requires_capture:
            continue
        charge = held_charge(account, intent)
        if charge.capture_before is not None and charge.capture_before <= account.now():
            intents.cancel(intent, "expired", account.now())
            call.emit("charge.expired", charge_json(charge))
            call.emit("payment_intent.canceled", intent_json(intent))
