"""What the stub answers: Stripe's JSON at its real size, filled in by replacing marks.

Every amount is ``AMOUNT`` in ``CURRENCY``, so that an answer needs no memory of the request.
"""

from typing import Any, Final

import orjson

AMOUNT: Final = 4200
CURRENCY: Final = "eur"
CARD: Final = "pm_1QbenchmarkCardKnown00001"

# Replaced in each answer by what follows ``pi_`` in the intent's id. Stripe's ids are as long.
MARK: Final = "3QIntentOfTheBenchmark00"
CARD_MARK: Final = "pm_1QCardOfTheBenchmark00001"

_CREATED: Final = 1764000000
_ADDRESS: Final = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_BILLING: Final = {"address": _ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}

_INTENT: Final[dict[str, Any]] = {
    "id": f"pi_{MARK}",
    "object": "payment_intent",
    "amount": AMOUNT,
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "client_secret": f"pi_{MARK}_secret_Qb0ZkYl3mT7sWv9uXr2nPq4oC",
    "confirmation_method": "automatic",
    "created": _CREATED,
    "currency": CURRENCY,
    "customer": None,
    "description": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "metadata": {
        "item_ids": "sku_0001,sku_0002",
        "payment_id": "pay_0123456789abcdef0123456789abcdef",
        "transaction_id": "order-000001",
    },
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
    },
    "payment_method_types": ["card"],
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "requires_payment_method",
    "transfer_data": None,
    "transfer_group": None,
}

_SUCCEEDED: Final = {
    **_INTENT,
    "amount_received": AMOUNT,
    "latest_charge": f"ch_{MARK}",
    "payment_method": CARD_MARK,
    "status": "succeeded",
}

_CARD: Final[dict[str, Any]] = {
    "id": CARD_MARK,
    "object": "payment_method",
    "allow_redisplay": "unspecified",
    "billing_details": _BILLING,
    "card": {
        "brand": "visa",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "DE",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "generated_from": None,
        "last4": "4242",
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    },
    "created": _CREATED,
    "customer": None,
    "livemode": False,
    "metadata": {},
    "type": "card",
}


def _written(document: dict[str, Any]) -> bytes:
    # Stripe indents its JSON, which a client has to read over.
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


CREATED: Final = _written(_INTENT)
SUCCEEDED: Final = _written(_SUCCEEDED)
CARD_FOUND: Final = _written(_CARD)
