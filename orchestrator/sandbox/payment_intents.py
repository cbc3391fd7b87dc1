"""The PaymentIntents endpoints: refuse what Stripe refuses, then let the attempt run."""

from typing import Any

from orchestrator.sandbox import intents
from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.attempts import Confirmation, pay
from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.confirmations import apply_parameters, checked_method, refuse_status
from orchestrator.sandbox.currencies import CURRENCIES, MINIMUM_AMOUNTS
from orchestrator.sandbox.errors import (
    RequestInvalid,
    missing_parameter,
    refused,
    unexpected_state,
)
from orchestrator.sandbox.model import Intent, PaymentMethod
from orchestrator.sandbox.objects import intent_json

_CONFIRM_ONLY = ("error_on_requires_action", "off_session", "return_url")


def create(call: Call) -> dict[str, Any]:
    """Create an intent and, where asked, confirm it at once.

    Raises:
        ApiError: the parameters are refused, or the confirmation failed.
    """
    intent = _drafted(call)
    confirm_at_once = call.params.get("confirm", False)
    method = _method_of_new_intent(call, intent, confirm_at_once=confirm_at_once)
    call.account.intents[intent.id] = intent
    intent.payment_method = None if method is None else method.id
    intents.settle_waiting(intent)
    call.emit("payment_intent.created", intent_json(intent))
    if confirm_at_once and method is not None:
        pay(call, intent, method, _confirmation(call))
    return intent_json(intent)


def _drafted(call: Call) -> Intent:
    params = call.params
    currency = _checked_currency(params["currency"])
    _check_amount(call, params["amount"], currency)
    if "customer" in params:
        call.account.customer(params["customer"], param="customer")
    types, automatic = _method_types(params)
    intent = Intent(
        id := new_id("pi_3"),
        client_secret=new_id(f"{id}_secret_", 25),
        created=call.account.now(),
        amount=params["amount"],
        currency=currency,
        payment_method_types=types,
        automatic_payment_methods=automatic,
        customer=params.get("customer"),
        confirmation_method=params.get("confirmation_method", "automatic"),
    )
    apply_parameters(intent, params)
    return intent


def _method_types(params: dict[str, Any]) -> tuple[list[str], dict[str, Any] | None]:
    if "payment_method_types" in params and "automatic_payment_methods" in params:
        raise RequestInvalid(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types.",
            code="parameters_exclusive",
        )
    if params.get("payment_method_types"):
        return params["payment_method_types"], None
    # Since API version 2023-08-16 the Dashboard's payment methods are the default.
    automatic = {"enabled": True, "allow_redirects": "always"}
    automatic |= params.get("automatic_payment_methods", {})
    return ["card", "link"], automatic if automatic["enabled"] else None


def _method_of_new_intent(
    call: Call, intent: Intent, *, confirm_at_once: bool
) -> PaymentMethod | None:
    if confirm_at_once:
        return checked_method(call, intent)
    for name in _CONFIRM_ONLY:
        if name in call.params:
            raise RequestInvalid(
                f"You cannot provide `{name}` unless `confirm` is also true.", param=name
            )
    if "payment_method" not in call.params:
        return None
    return checked_method(call, intent, confirming=False)


def _checked_currency(given: str) -> str:
    currency = given.lower()
    if currency not in CURRENCIES:
        raise RequestInvalid(
            f"Invalid currency: {given}. Stripe currently supports these currencies: "
            + ", ".join(sorted(CURRENCIES)),
            param="currency",
        )
    return currency


def _check_amount(call: Call, amount: int, currency: str) -> None:
    if amount < 1:
        raise RequestInvalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    minimum = MINIMUM_AMOUNTS.get(currency, 1)
    if amount < minimum:
        raise RequestInvalid(
            f"Amount must be at least {minimum} {currency} in the smallest unit.",
            code="amount_too_small",
            param="amount",
        )
    limit = call.account.settings.amount_limit
    if amount > limit:
        raise RequestInvalid(
            f"Amount must be no more than {limit} {currency} in the smallest unit.",
            code="amount_too_large",
            param="amount",
        )


def _confirmation(call: Call) -> Confirmation:
    return Confirmation(
        return_url=call.params.get("return_url"),
        use_stripe_sdk=call.client or call.params.get("use_stripe_sdk", False),
        error_on_requires_action=call.params.get("error_on_requires_action", False),
    )


def confirm(call: Call) -> dict[str, Any]:
    """Confirm an intent; past the limit of confirmations this cancels it instead.

    Raises:
        ApiError: the call is refused, or the attempt was declined.
    """
    intent = call.account.intent(call.id)
    _check_client_secret(call, intent)
    refuse_status(call, intent)
    if intent.confirmations >= call.account.settings.confirm_limit:
        return _cancel(call, intent, "automatic")
    method = checked_method(call, intent)
    apply_parameters(intent, call.params)
    pay(call, intent, method, _confirmation(call))
    return intent_json(intent)


def _check_client_secret(call: Call, intent: Intent) -> None:
    if call.client and "client_secret" not in call.params:
        raise missing_parameter("client_secret")
    if call.params.get("client_secret", intent.client_secret) != intent.client_secret:
        raise refused(
            "The client_secret provided does not match the client_secret associated with the "
            "PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )


def retrieve(call: Call) -> dict[str, Any]:
    """Show an intent."""
    intent = call.account.intent(call.id)
    _check_client_secret(call, intent)
    return intent_json(intent)


def update(call: Call) -> dict[str, Any]:
    """Change an intent that is not over; its last error is gone with it.

    Raises:
        ApiError: the parameters are refused, or the intent is over.
    """
    intent = call.account.intent(call.id)
    if intent.status not in intents.UPDATABLE:
        raise unexpected_state(
            f"This PaymentIntent could not be updated because it has a status of {intent.status}.",
            intent_json(intent),
        )
    _update_money(call, intent)
    if "customer" in call.params:
        intent.customer = call.account.customer(call.params["customer"], param="customer").id
    if "payment_method" in call.params:
        intent.payment_method = checked_method(call, intent, confirming=False).id
        intents.settle_waiting(intent)
    apply_parameters(intent, call.params)
    intent.error = None
    return intent_json(intent)


def _update_money(call: Call, intent: Intent) -> None:
    currency = _checked_currency(call.params.get("currency", intent.currency))
    amount = call.params.get("amount", intent.amount)
    _check_amount(call, amount, currency)
    if (amount, currency) == (intent.amount, intent.currency):
        return
    if intent.status not in intents.WAITING:
        raise unexpected_state(
            f"The amount cannot be changed while the status is {intent.status}.",
            intent_json(intent),
        )
    intent.amount, intent.currency = amount, currency


def cancel(call: Call) -> dict[str, Any]:
    """Cancel an intent.

    Raises:
        ApiError: it is over, or being processed.
    """
    intent = call.account.intent(call.id)
    if intent.status not in intents.CANCELABLE:
        raise unexpected_state(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent.status}. Only a PaymentIntent with one of the following statuses may be "
            "canceled: requires_payment_method, requires_capture, requires_confirmation, "
            "requires_action.",
            intent_json(intent),
        )
    return _cancel(call, intent, call.params.get("cancellation_reason"))


def _cancel(call: Call, intent: Intent, reason: str | None) -> dict[str, Any]:
    intents.cancel(intent, reason, call.account.now())
    call.emit("payment_intent.canceled", intent_json(intent))
    return intent_json(intent)


def list_all(call: Call) -> dict[str, Any]:
    """List intents, newest first."""
    shown = [
        intent_json(intent)
        for intent in reversed(call.account.intents.values())
        if call.params.get("customer") in (None, intent.customer)
        and created_within(call.params.get("created"), intent.created)
    ]
    return page(call, shown, kind="payment_intent")
