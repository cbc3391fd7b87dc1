"""What requests and answers look like: each example is valid by its schema, and a test says so."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.openapi.example_objects import (
    CANCELED,
    CARD,
    CHALLENGED,
    CREATED_AT,
    CREATED_PAYMENT,
    CUSTOMER,
    DELIVERIES,
    DELIVERY,
    DISABLED,
    DISPUTE,
    ENDPOINT,
    EVENT,
    EXCLUDED,
    HELD,
    ID,
    OUTCOME_UNKNOWN,
    REFUND,
    REFUND_UNKNOWN,
    SUCCEEDED,
    TRANSITION,
    Example,
    listed,
)
from api.openapi.oversight_examples import OVERSIGHT_ANSWERS

# By the name of the schema they are examples of.
ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "payment": {
        "created": CREATED_PAYMENT | {"client_secret": "pi_3TqpKNjqFNRA8vCn_secret_f2Xb"},
        "outcome_unknown": OUTCOME_UNKNOWN,
        "succeeded": SUCCEEDED,
        "card_disabled": DISABLED,
        "authentication_needed": CHALLENGED,
        "held": HELD,
        "canceled": CANCELED,
    },
    "payments": {"one": listed([SUCCEEDED], "/v1/payments")},
    "history": {"created": listed([TRANSITION], f"/v1/payments/{ID}/history")},
    "explanation": {
        "card_disabled": {
            "object": "explanation",
            "payment": ID,
            "state": "card_disabled",
            "handled": False,
            "summary": "The card was not accepted, attempt 1 of 4: card expired (expired_card). "
            "This payment took it out of use then, and waits for another card until 2026-03-02 "
            "12:00:00 UTC.",
            "rule": {
                "code": "expired_card",
                "decline_code": None,
                "handler": "disable_until_renewed",
                "meaning": "the card has expired",
                "completed": True,
                "requires_retry": True,
                "event": "disable_card",
                "rules_version": "5f20",
                "version": None,
            },
            "allowed_events": ["confirm", "cancel", "expire"],
            "attempts_left": 3,
            "max_attempts": 4,
            "deadline": "2026-03-02T12:00:00.000000Z",
            "deadline_effect": "The payment expires and is canceled at Stripe.",
            "excluded_cards": EXCLUDED,
            "next_steps": ["Fetch the customer's cards again and ask for another one."],
        }
    },
    "refund": {
        "succeeded": REFUND,
        "outcome_unknown": REFUND_UNKNOWN,
        "refused": REFUND
        | {
            "state": "failed",
            "stripe_refund": None,
            "failure_reason": "charge_already_refunded",
        },
    },
    "refunds": {"one": listed([REFUND], f"/v1/payments/{ID}/refunds")},
    "disputes": {"one": listed([DISPUTE], f"/v1/payments/{ID}/disputes")},
    "event": {"created": EVENT},
    "events": {"one": listed([EVENT], "/v1/events")},
    "event_stream": {"shortened": "id: evt_…_1\nevent: payment.created\ndata: {…}\n\n"},
    "webhook_endpoint": {
        "registered": ENDPOINT | {"secret": "whsec_…"},
        "in_use": ENDPOINT,
        "given_up": ENDPOINT
        | {
            "state": "disabled",
            "disabled_reason": "failing",
            "failures": 10,
            "failing_since": CREATED_AT,
        },
        "deleted": ENDPOINT | {"state": "deleted"},
    },
    "webhook_endpoints": {"one": listed([ENDPOINT], "/v1/webhook-endpoints")},
    "webhook_deliveries": {"one": listed([DELIVERY], DELIVERIES)},
    "client_secret": {
        "secret": {
            "object": "client_secret",
            "payment": ID,
            "client_secret": "pi_3TqpKNjqFNRA8vCn_secret_f2Xb",
        }
    },
    "customer": {"ada": CUSTOMER},
    "card": {
        "usable": CARD,
        "out_of_use": CARD
        | {"usable": False, "disabled_reason": "expired_card", "disabled_at": CREATED_AT},
    },
    "cards": {"one": listed([CARD], "/v1/customers/cus_Cf1qkBjgqzMLjL/cards")},
    **OVERSIGHT_ANSWERS,
    "machine": {
        "shortened": {
            "object": "machine",
            "version": "9a1c",
            "states": ["created", "confirming", "succeeded"],
            "terminal_states": ["succeeded"],
            "events": ["confirm", "succeed"],
            "transitions": [
                {"source": "created", "event": "confirm", "target": "confirming"},
                {"source": "confirming", "event": "succeed", "target": "succeeded"},
            ],
            "max_attempts": 10,
            "longest_path": 20,
        }
    },
    "status": {"ok": {"status": "ok"}},
    "diagram": {"beginning": "<svg xmlns=…"},
    "metrics": {"one_figure": 'orchestrator_payments{state="confirming"} 2.0\n'},
}
# By the name of the body they are examples of.
REQUESTS: Final[Mapping[str, Mapping[str, Example]]] = {
    "create_payment": {
        "order": {
            "amount": 1999,
            "currency": "usd",
            "item_ids": ["sku_1"],
            "transaction_id": "order-1001",
        },
        "least": {"amount": 1999, "currency": "usd"},
    },
    "confirm_payment": {
        "card": {"payment_method": "pm_card_visa"},
        "with_redirect": {
            "payment_method": "pm_card_visa",
            "return_url": "https://shop.example.com/orders/1001",
        },
        "customer_not_there": {"payment_method": "pm_card_visa", "off_session": True},
    },
    "cancel_payment": {"with_reason": {"reason": "requested_by_customer"}, "nothing": {}},
    "refresh_payment": {"nothing": {}},
    "assign_anomaly": {
        "first": {"owner": "ada"},
        "taken_over": {"owner": "bob", "instead_of": "ada"},
    },
    "resolve_anomaly": {
        "refunded": {"resolution": "refunded", "reason": "paid by mistake; the money went back"}
    },
    "resolve_payment": {
        "ask_stripe": {"resolution": "refresh", "reason": "the customer says it was paid"},
        "end_it": {"resolution": "cancel", "reason": "the order was withdrawn by telephone"},
    },
    "capture_payment": {"part": {"amount_to_capture": 500}, "all_of_it": {}},
    "create_refund": {
        "part": {"amount": 500, "reason": "requested_by_customer"},
        "all_that_is_left": {},
    },
    "create_customer": {"ada": {"email": "ada@example.com", "name": "Ada Lovelace"}},
    "attach_card": {"card": {"payment_method": "pm_card_visa"}},
    "update_card": {
        "renewed": {"exp_month": 12, "exp_year": 2040},
        "moved": {"billing_details": {"address": {"city": "Berlin", "country": "DE"}}},
    },
    "create_webhook_endpoint": {
        "some_events": {
            "url": "https://shop.example.com/webhooks/payments",
            "event_types": ["payment.succeeded", "payment.failed"],
            "owner": "shop",
        },
        "every_event": {"url": "https://shop.example.com/webhooks/payments"},
    },
    "rotate_secret": {"at_leisure": {"overlap_seconds": 3600}, "nothing": {}},
    "enable_webhook_endpoint": {"nothing": {}},
    "replay_event": {
        "to_all": {},
        "to_one": {"webhook_endpoint": "we_5d41402abc4b2a76b9719d911017c592"},
    },
    "change_rule": {
        "firmer": {"handler": "disable_card", "reason": "always a stolen card with us"},
        "later": {
            "handler": "allow_same_card_later",
            "reason": "passes after an hour, as our figures show",
            "message": "Please try again later.",
            "retry_after_seconds": 3600,
        },
    },
    "decide_rule": {"looked_at": {"version": 2, "reason": "agreed in the weekly meeting"}},
    "try_rules": {"declined": {"error": {"code": "card_declined", "decline_code": "do_not_honor"}}},
    "reason": {"reported": {"reason": "reported stolen by telephone"}},
}


def all_examples() -> dict[str, Any]:
    """Return every example under the name it is referred to by."""
    return {
        f"{kind}_{name}": {"summary": name.replace("_", " ").capitalize(), "value": value}
        for examples in (ANSWERS, REQUESTS)
        for kind, each in examples.items()
        for name, value in each.items()
    }


def references(kind: str, names: Iterable[str]) -> dict[str, Any]:
    """Point to examples of a kind."""
    return {name: {"$ref": f"#/components/examples/{kind}_{name}"} for name in names}
