"""Stripe's JSON objects, drawn from our records in the shapes of its OpenAPI description."""

from collections.abc import Sequence
from typing import Any

from orchestrator.sandbox.cards import Card
from orchestrator.sandbox.model import Customer, Intent, PaymentMethod, Status

API_VERSION = "2026-08-26.dahlia"
_EMPTY_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_NO_BILLING_DETAILS: dict[str, Any] = {
    "address": _EMPTY_ADDRESS,
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def customer_json(customer: Customer) -> dict[str, Any]:
    """Draw a customer; a deleted one is only its id."""
    if customer.deleted:
        return {"id": customer.id, "object": "customer", "deleted": True}
    given = customer.fields.get
    return {
        "id": customer.id,
        "object": "customer",
        "address": given("address"),
        "balance": 0,
        "created": customer.created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": given("description"),
        "discount": None,
        "email": given("email"),
        "invoice_prefix": customer.id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(customer.metadata),
        "name": given("name"),
        "next_invoice_sequence": 1,
        "phone": given("phone"),
        "preferred_locales": [],
        "shipping": given("shipping"),
        "tax_exempt": "none",
        "test_clock": None,
    }


def billing_details(given: dict[str, Any]) -> dict[str, Any]:
    """Draw billing details, absent ones as null."""
    address = _EMPTY_ADDRESS | given.get("address", {})
    return _NO_BILLING_DETAILS | given | {"address": address}


def checks(card: Card) -> dict[str, Any]:
    """Draw what the issuer found on comparing the details."""
    return {
        "address_line1_check": card.checks.line1,
        "address_postal_code_check": card.checks.postal_code,
        "cvc_check": card.checks.cvc,
    }


def _card_json(method: PaymentMethod, card: Card) -> dict[str, Any]:
    return {
        "brand": card.brand,
        "checks": checks(card),
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def payment_method_json(method: PaymentMethod) -> dict[str, Any]:
    """Draw a payment method."""
    drawn = {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": billing_details(method.billing_details),
        "created": method.created,
        "customer": method.customer,
        "livemode": False,
        "metadata": dict(method.metadata),
        "type": method.type,
    }
    if method.card is not None:
        drawn["card"] = _card_json(method, method.card)
    elif method.type == "us_bank_account":
        drawn["us_bank_account"] = _bank_account_json(method)
    else:
        drawn[method.type] = {"fingerprint": method.fingerprint, "last4": "3000"}
    return drawn


def _bank_account_json(method: PaymentMethod) -> dict[str, Any]:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": method.fingerprint,
        "last4": "6789",
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }


def intent_json(intent: Intent) -> dict[str, Any]:
    """Draw a PaymentIntent."""
    given = intent.fields.get
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.amount_capturable,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": given("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": intent.error,
        "latest_charge": intent.latest_charge,
        "livemode": False,
        "metadata": dict(intent.metadata),
        "next_action": intent.next_action,
        "on_behalf_of": None,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": intent.payment_method_options.get("card", {}).get(
                    "request_three_d_secure", "automatic"
                ),
            }
        },
        "payment_method_types": list(intent.payment_method_types),
        "processing": {"type": "card"} if intent.status is Status.processing else None,
        "receipt_email": given("receipt_email"),
        "review": None,
        "setup_future_usage": intent.setup_future_usage,
        "shipping": given("shipping"),
        "statement_descriptor": given("statement_descriptor"),
        "statement_descriptor_suffix": given("statement_descriptor_suffix"),
        "status": intent.status.value,
        "transfer_data": None,
        "transfer_group": given("transfer_group"),
    }


def list_json(url: str, items: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """Draw one page of a list."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}
