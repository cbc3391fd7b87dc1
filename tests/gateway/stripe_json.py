"""Stripe's objects in the shapes of its OpenAPI description, with keyword defaults."""

from typing import Any

Json = dict[str, Any]


def card_json(**changes: Any) -> Json:
    """Build the ``card`` of a payment method or of a charge."""
    return {
        "brand": "visa",
        "country": "US",
        "exp_month": 8,
        "exp_year": 2031,
        "fingerprint": "fp_visa",
        "funding": "credit",
        "last4": "4242",
        "wallet": None,
    } | changes


def payment_method_json(**changes: Any) -> Json:
    """Build a PaymentMethod."""
    return {
        "id": "pm_1",
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "card": card_json(),
        "created": 1_790_000_000,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    } | changes


def outcome_json(**changes: Any) -> Json:
    """Build the outcome of a charge the issuer declined."""
    return {
        "advice_code": "try_again_later",
        "network_advice_code": "02",
        "network_decline_code": "51",
        "network_status": "declined_by_network",
        "reason": "insufficient_funds",
        "risk_level": "normal",
        "seller_message": "The bank returned the decline code `insufficient_funds`.",
        "type": "issuer_declined",
    } | changes


def charge_json(**changes: Any) -> Json:
    """Build a charge that succeeded."""
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 2000,
        "captured": True,
        "created": 1_790_000_100,
        "currency": "usd",
        "customer": None,
        "failure_code": None,
        "failure_message": None,
        "outcome": outcome_json(
            advice_code=None,
            network_advice_code=None,
            network_decline_code=None,
            network_status="approved_by_network",
            reason=None,
            type="authorized",
        ),
        "paid": True,
        "payment_intent": "pi_1",
        "payment_method": "pm_1",
        "payment_method_details": {"card": card_json(), "type": "card"},
        "status": "succeeded",
    } | changes


def failed_charge_json(**changes: Any) -> Json:
    """Build a charge the issuer declined."""
    return charge_json(
        **{
            "captured": False,
            "failure_code": "card_declined",
            "failure_message": "Your card has insufficient funds.",
            "outcome": outcome_json(),
            "paid": False,
            "status": "failed",
        }
        | changes
    )


def intent_json(**changes: Any) -> Json:
    """Build an intent that was created and not confirmed."""
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 2000,
        "amount_received": 0,
        "cancellation_reason": None,
        "client_secret": "pi_1_secret_hush",
        "created": 1_790_000_000,
        "currency": "usd",
        "customer": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {"payment_id": "pay_1"},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    } | changes


def error_json(**changes: Any) -> Json:
    """Build the body of an error, as of a request Stripe calls invalid."""
    return {"error": {"type": "invalid_request_error", "message": "No."} | changes}


def decline_json(**changes: Any) -> Json:
    """Build the body of a 402: the decline, with the payment method and the intent inside."""
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "advice_code": "try_again_later",
        "network_advice_code": "02",
        "network_decline_code": "51",
        "message": "Your card has insufficient funds.",
        "charge": "ch_1",
        "payment_method": payment_method_json(),
    } | changes
    intent = intent_json(last_payment_error=error, latest_charge="ch_1")
    return error_json(**{"payment_intent": intent} | error)


def list_json(*items: Json, has_more: bool = False) -> Json:
    """Build one page of a list."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": "/v1/charges"}
