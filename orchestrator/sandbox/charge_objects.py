"""Charges and refunds as Stripe's JSON, in the shapes of its OpenAPI description."""

from typing import Any

from orchestrator.sandbox.cards import Card
from orchestrator.sandbox.declines import Decline
from orchestrator.sandbox.model import Charge, Refund
from orchestrator.sandbox.objects import billing_details, checks

_SELLER_MESSAGES = {
    "authorized": "Payment complete.",
    "manual_review": "Stripe evaluated this payment as having elevated risk, and placed it in "
    "your manual review queue.",
    "blocked": "Stripe blocked this payment.",
    "invalid": "The payment could not be attempted.",
}
_RISK_SCORES = {"normal": 20, "elevated": 68, "highest": 92}


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
        "checks": checks(card),
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
    if charge.capture_before is not None:
        details["capture_before"] = charge.capture_before
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
        "metadata": dict(refund.metadata),
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
