"""The payment methods endpoints."""

from dataclasses import replace
from typing import Any

from orchestrator.sandbox.calls import Call, page
from orchestrator.sandbox.customers import merge_metadata
from orchestrator.sandbox.entry import read_card
from orchestrator.sandbox.errors import ApiError, missing_parameter, refused
from orchestrator.sandbox.model import PaymentMethod
from orchestrator.sandbox.objects import payment_method_json

SPENT = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
    "attachment, shared with a connected account without Customer attachment, or was detached "
    "from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must "
    "attach it to a Customer first."
)


def create(call: Call) -> dict[str, Any]:
    """Make a payment method of a card, as Stripe.js does with a publishable key.

    Raises:
        ApiError: the card's details are refused, or this caller may not send them.
    """
    if "card" not in call.params:
        raise missing_parameter("card")
    account = call.account
    entered = read_card(
        call.params["card"],
        now=account.now(),
        raw_allowed=call.client or account.settings.raw_card_data,
    )
    method = account.add_card(entered.shared, entered.expiry)
    method.billing_details = call.params.get("billing_details", {})
    method.allow_redisplay = call.params.get("allow_redisplay", method.allow_redisplay)
    method.metadata = merge_metadata({}, call.params.get("metadata"))
    return payment_method_json(method)


def retrieve(call: Call) -> dict[str, Any]:
    """Show a payment method; a well-known id shows a new one of its card."""
    return payment_method_json(call.account.payment_method(call.id))


def attach(call: Call) -> dict[str, Any]:
    """Give a payment method to a customer, where the issuer agrees.

    Raises:
        ApiError: the card declines, is spent, or belongs to another customer.
    """
    customer = call.account.customer(call.params["customer"], param="customer")
    method = call.account.payment_method(call.id)
    if method.customer not in (None, customer.id):
        raise refused("The payment method you provided has already been attached to a customer.")
    if method.spent:
        raise refused(SPENT, code="payment_method_unexpected_state")
    _refuse_declining(method)
    method.customer = customer.id
    call.emit("payment_method.attached", payment_method_json(method))
    return payment_method_json(method)


def _refuse_declining(method: PaymentMethod) -> None:
    card = method.card
    if card is None or card.attachable or card.decline is None:
        return
    raise ApiError(
        402,
        "card_error",
        card.decline.message,
        code=card.decline.code,
        should_retry=False,
        fields=card.decline.codes(),
    )


def detach(call: Call) -> dict[str, Any]:
    """Take a payment method away from its customer; Stripe will not take it again.

    Raises:
        ApiError: it belongs to no customer.
    """
    method = call.account.payment_method(call.id)
    if method.customer is None:
        raise refused(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    before = {"customer": method.customer}
    method.customer, method.spent = None, True
    call.emit("payment_method.detached", payment_method_json(method), before)
    return payment_method_json(method)


def update(call: Call) -> dict[str, Any]:
    """Change expiry, billing details or metadata of a payment method a customer keeps.

    Raises:
        ApiError: it belongs to no customer, or the new expiry is no date.
    """
    method = call.account.payment_method(call.id)
    if method.customer is None:
        raise refused(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    before = payment_method_json(method)
    _renew(method, call.params.get("card", {}))
    method.billing_details |= call.params.get("billing_details", {})
    method.allow_redisplay = call.params.get("allow_redisplay", method.allow_redisplay)
    if "metadata" in call.params:
        method.metadata = merge_metadata(method.metadata, call.params["metadata"])
    after = payment_method_json(method)
    call.emit("payment_method.updated", after, changed(before, after))
    return after


def automatically_update(call: Call, expiry: tuple[int, int]) -> dict[str, Any]:
    """Take a new expiry from the card's network, which nobody asked for.

    https://docs.stripe.com/payments/cards/overview#automatic-card-updates: only a card that is
    saved is kept up to date.

    Raises:
        ApiError: no customer keeps it, or the new expiry is no date.
    """
    method = call.account.payment_method(call.id)
    if method.customer is None or method.card is None:
        raise refused("Only a card that a customer keeps is updated by its network.")
    before = payment_method_json(method)
    _renew(method, dict(zip(("exp_month", "exp_year"), expiry, strict=True)))
    after = payment_method_json(method)
    call.emit("payment_method.automatically_updated", after, changed(before, after))
    return after


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """List what an update changed, at every depth, as it was before."""
    previous: dict[str, Any] = {}
    for name, value in before.items():
        if isinstance(value, dict) and isinstance(after.get(name), dict):
            inside = changed(value, after[name])
            if inside:
                previous[name] = inside
        elif value != after.get(name):
            previous[name] = value
    for name in after.keys() - before.keys():
        previous[name] = None
    return previous


def _renew(method: PaymentMethod, given: dict[str, Any]) -> None:
    month = given.get("exp_month", method.exp_month)
    year = given.get("exp_year", method.exp_year)
    if (month, year) == (method.exp_month, method.exp_year):
        return
    if month not in range(1, 13):
        raise _invalid_expiry("month")
    if year not in range(1970, 2100):
        raise _invalid_expiry("year")
    method.exp_month, method.exp_year = month, year
    # A card that was declined for its age is good again with its new date.
    if method.card and method.card.decline and method.card.decline.code == "expired_card":
        method.card = replace(method.card, decline=None)


def _invalid_expiry(part: str) -> ApiError:
    code = f"invalid_expiry_{part}"
    message = f"Your card's expiration {part} is invalid."
    return ApiError(402, "card_error", message, code=code, param=f"card[exp_{part}]")


def list_of_customer(call: Call) -> dict[str, Any]:
    """List the payment methods of the customer in the path, newest first."""
    return _listed(call, call.account.customer(call.id).id)


def list_all(call: Call) -> dict[str, Any]:
    """List the payment methods of the customer asked for; of nobody, where none is named."""
    if "customer" not in call.params:
        return page(call, [], kind="payment_method")
    return _listed(call, call.account.customer(call.params["customer"], param="customer").id)


def _listed(call: Call, customer: str) -> dict[str, Any]:
    shown = [
        payment_method_json(method)
        for method in reversed(call.account.payment_methods.values())
        if method.customer == customer and call.params.get("type") in (None, method.type)
    ]
    return page(call, shown, kind="payment_method")
