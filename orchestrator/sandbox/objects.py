"""Stripe's JSON objects, drawn from our records in the shapes of its OpenAPI description."""

from collections.abc import Sequence
from typing import Any

from orchestrator.sandbox.cards import Card
from orchestrator.sandbox.declines import Decline
from orchestrator.sandbox.model import Charge, Customer, Intent, PaymentMethod, Refund, Status

API_VERSION = "2026-08-26.dahlia"
_EMPTY_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_NO_BILLING_DETAILS: dict[str, Any] = {
    "address": _EMPTY_ADDRESS,
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
_SELLER_MESSAGES = {
    "authorized": "Payment complete.",
    "manual_review": "Stripe evaluated this payment as having elevated risk, and placed it in "
    "your manual review queue.",
    "blocked": "Stripe blocked this payment.",
    "invalid": "The payment could not be attempted.",
}
_RISK_SCORES = {"normal": 20, "elevated": 68, "highest": 92}


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


def _checks(card: Card) -> dict[str, Any]:
    return {
        "address_line1_check": card.checks.line1,
        "address_postal_code_check": card.checks.postal_code,
        "cvc_check": card.checks.cvc,
    }


def _card_json(method: PaymentMethod, card: Card) -> dict[str, Any]:
    return {
        "brand": card.brand,
        "checks": _checks(card),
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


def _three_d_secure(charge: Charge) -> dict[str, Any] | None:
    if not charge.authenticated:
        return None
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": "00000000-0000-4000-8000-000000000000",
        "version": "2.2.0",
    }


def _payment_method_details(charge: Charge) -> dict[str, Any]:
    method = charge.payment_method
    card = method.card
    if card is None:
        return {"type": method.type}
    details = {
        "amount_authorized": charge.amount if charge.decline is None else None,
        "authorization_code": None,
        "brand": card.brand,
        "checks": _checks(card),
        "country": card.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": card.funding,
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": _three_d_secure(charge),
        "wallet": None,
    }
    return {"card": details, "type": "card"}


def _good_outcome(card: Card | None) -> dict[str, Any]:
    type = "manual_review" if card is not None and card.manual_review else "authorized"
    risk_level = "normal" if card is None else card.risk_level
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": "elevated_risk_level" if type == "manual_review" else None,
        "risk_level": risk_level,
        "risk_score": _RISK_SCORES[risk_level],
        "seller_message": _SELLER_MESSAGES[type],
        "type": type,
    }


def _failed_outcome(decline: Decline) -> dict[str, Any]:
    return {
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": decline.network_status,
        "reason": decline.reason,
        "risk_level": decline.risk_level,
        "risk_score": _RISK_SCORES[decline.risk_level],
        "seller_message": _SELLER_MESSAGES.get(
            decline.outcome_type,
            f"The bank returned the decline code `{decline.decline_code or decline.code}`.",
        ),
        "type": decline.outcome_type,
    }


def _outcome(charge: Charge) -> dict[str, Any] | None:
    if charge.status == "pending":
        return None
    if charge.decline is not None:
        return _failed_outcome(charge.decline)
    return _good_outcome(charge.payment_method.card)


def charge_json(charge: Charge) -> dict[str, Any]:
    """Draw a charge."""
    decline = charge.decline
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": "txn_" + charge.id[3:] if charge.captured else None,
        "billing_details": billing_details(charge.payment_method.billing_details),
        "calculated_statement_descriptor": "STRIPE STAND-IN",
        "captured": charge.captured,
        "created": charge.created,
        "currency": charge.currency,
        "customer": charge.customer,
        "description": charge.description,
        "disputed": charge.dispute is not None,
        "failure_balance_transaction": None,
        "failure_code": None if decline is None else decline.code,
        "failure_message": None if decline is None else decline.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(charge.metadata),
        "on_behalf_of": None,
        "outcome": _outcome(charge),
        "paid": charge.status == "succeeded",
        "payment_intent": charge.intent,
        "payment_method": charge.payment_method.id,
        "payment_method_details": _payment_method_details(charge),
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": charge.refunded,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": None,
    }


def refund_json(refund: Refund) -> dict[str, Any]:
    """Draw a refund."""
    drawn = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": "txn_" + refund.id[3:],
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.status == "pending":
        drawn["pending_reason"] = "processing"
    if refund.failure_reason is not None:
        drawn["failure_reason"] = refund.failure_reason
        drawn["failure_balance_transaction"] = "txn_failed_" + refund.id[3:]
    return drawn


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
