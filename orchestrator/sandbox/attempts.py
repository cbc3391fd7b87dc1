"""Carrying out one try at paying: the charge, the intent's new status, the events, the error."""

from dataclasses import dataclass, replace
from typing import Any

from orchestrator.sandbox import intents
from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.aftermath import follow_success
from orchestrator.sandbox.calls import Call
from orchestrator.sandbox.captures import capture_charge, held_seconds
from orchestrator.sandbox.charge_objects import charge_json
from orchestrator.sandbox.declines import Decline
from orchestrator.sandbox.errors import ApiError, Declined
from orchestrator.sandbox.intents import Attempt, End, Ending
from orchestrator.sandbox.model import Challenge, Charge, Intent, PaymentMethod, Status
from orchestrator.sandbox.objects import intent_json, payment_method_json

AUTHENTICATION_FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data "
    "or a new PaymentMethod to attempt to fulfill this PaymentIntent again."
)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirm asks for beside the payment method."""

    return_url: str | None = None
    use_stripe_sdk: bool = False
    error_on_requires_action: bool = False


def pay(call: Call, intent: Intent, method: PaymentMethod, confirmation: Confirmation) -> None:
    """Try to pay ``intent`` with ``method``.

    Raises:
        Declined: it was; the error carries the intent.
    """
    authenticated = intent.authenticated_method == method.id
    intents.begin(intent, method.id)
    attempt = _attempt(intent, method, confirmation, authenticated=authenticated)
    ending = _ending(call, attempt)
    if ending.end is End.challenged:
        challenge = _challenge(confirmation)
        intents.challenge(intent, challenge, _next_action(call, intent, challenge))
        call.emit("payment_intent.requires_action", intent_json(intent))
    elif ending.end is End.processing:
        charge = _charge(call, intent, method, "pending")
        intents.process(intent, charge.id)
        call.emit("payment_intent.processing", intent_json(intent))
    elif ending.decline is not None:
        charge = _charge(call, intent, method, "failed", ending.decline)
        raise _declined(call, intent, charge, ending.decline)
    else:
        charge = _charge(call, intent, method, "succeeded")
        charge.authenticated = authenticated
        _authorized(call, intent, method, charge)


def _ending(call: Call, attempt: Attempt) -> Ending:
    """Decide by the card, or by what its bank was told to say of the next charge."""
    ahead = call.account.declines_ahead
    if not ahead or attempt.card.decline is not None:
        return intents.try_payment(attempt)
    told = ahead[0]
    ending = intents.try_payment(replace(attempt, card=replace(attempt.card, decline=told)))
    if ending.decline is told:
        ahead.remove(told)
    return ending


def _attempt(
    intent: Intent, method: PaymentMethod, confirmation: Confirmation, *, authenticated: bool
) -> Attempt:
    assert method.card is not None, "only cards are charged"
    asked = intent.payment_method_options.get("card", {}).get("request_three_d_secure")
    return Attempt(
        method.card,
        off_session=intent.off_session,
        set_up=method.set_up,
        authenticated=authenticated,
        authentication_requested=asked in ("any", "challenge"),
        error_on_requires_action=confirmation.error_on_requires_action,
    )


def authenticate(call: Call, intent: Intent, *, passed: bool) -> None:
    """End the open challenge of ``intent`` as the customer did.

    Raises:
        Declined: it passed, and the charge was declined after it.
    """
    assert intent.payment_method is not None, "a challenge is about a payment method"
    method = call.account.payment_methods[intent.payment_method]
    if not passed:
        intents.fail(intent, _authentication_failure(method))
        call.emit("payment_intent.payment_failed", intent_json(intent))
        return
    intent.authenticated_method = method.id
    if intent.confirmation_method == "manual":
        intents.settle_waiting(intent)
        return
    intent.confirmations -= 1  # going on after a challenge is not another confirm call
    pay(call, intent, method, Confirmation())


def finish_processing(call: Call, intent: Intent, decline: Decline | None) -> None:
    """End what the network was processing.

    Raises:
        Declined: it ended in ``decline``.
    """
    charge = call.account.charges[str(intent.latest_charge)]
    method = call.account.payment_methods[charge.payment_method.id]
    charge.decline = decline
    if decline is not None:
        charge.status = "failed"
        raise _declined(call, intent, charge, decline)
    charge.status = "succeeded"
    _authorized(call, intent, method, charge)


def _charge(
    call: Call,
    intent: Intent,
    method: PaymentMethod,
    status: str,
    decline: Decline | None = None,
) -> Charge:
    charge = Charge(
        id=new_id("ch_3"),
        created=call.account.now(),
        intent=intent.id,
        amount=intent.amount,
        currency=intent.currency,
        status=status,
        payment_method=replace(method),
        customer=intent.customer,
        metadata=dict(intent.metadata),
        description=intent.fields.get("description"),
        captured=False,
        decline=decline,
    )
    call.account.add_charge(charge)
    return charge


def _authorized(call: Call, intent: Intent, method: PaymentMethod, charge: Charge) -> None:
    earlier = call.account.charges_by_intent[intent.id]
    assert all(other.status == "failed" for other in earlier if other is not charge), (
        "an intent has at most one successful charge"
    )
    intents.authorize(intent, charge.id)
    _save_or_spend(call, intent, method)
    if intent.status is Status.succeeded:
        capture_charge(charge, intent.amount)
        call.emit("charge.succeeded", charge_json(charge))
        call.emit("payment_intent.succeeded", intent_json(intent))
        follow_success(call, charge)
    else:
        charge.capture_before = call.account.now() + held_seconds(intent, method)
        call.emit("charge.succeeded", charge_json(charge))
        call.emit("payment_intent.amount_capturable_updated", intent_json(intent))


def _save_or_spend(call: Call, intent: Intent, method: PaymentMethod) -> None:
    if intent.setup_future_usage is not None and intent.customer is not None:
        is_new = method.customer is None
        method.customer = intent.customer
        method.set_up = method.set_up or intent.setup_future_usage == "off_session"
        if is_new:
            call.emit("payment_method.attached", payment_method_json(method))
    elif method.customer is None:
        method.spent = True


def _declined(call: Call, intent: Intent, charge: Charge, decline: Decline) -> Declined:
    error = Declined(
        decline.message,
        code=decline.code,
        fields={
            **decline.codes(),
            "charge": charge.id,
            "payment_method": payment_method_json(charge.payment_method),
        },
    )
    intents.fail(intent, error.body()["error"], charge.id)
    shown = intent_json(intent)
    call.emit("charge.failed", charge_json(charge))
    call.emit("payment_intent.payment_failed", shown)
    error.fields["payment_intent"] = shown
    return error


def _authentication_failure(method: PaymentMethod) -> dict[str, Any]:
    error: dict[str, Any] = ApiError(
        400,
        "invalid_request_error",
        AUTHENTICATION_FAILED,
        code="payment_intent_authentication_failure",
        fields={"payment_method": payment_method_json(method)},
    ).body()["error"]
    return error


def _challenge(confirmation: Confirmation) -> Challenge:
    # Stripe.js shows the bank inside the shop's page, so that nobody has to come back.
    return_url = None if confirmation.use_stripe_sdk else confirmation.return_url
    return Challenge(new_id("src_1"), return_url)


def _next_action(call: Call, intent: Intent, challenge: Challenge) -> dict[str, Any]:
    page = f"{call.base_url}/_sandbox/payment_intents/{intent.id}/challenge?source={challenge.id}"
    if challenge.return_url is not None:
        return {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": challenge.return_url, "url": page},
        }
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "type": "three_d_secure_redirect",
            "source": challenge.id,
            "stripe_js": page,
        },
    }
