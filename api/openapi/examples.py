"""What requests and answers look like: each example is valid by its schema, and a test says so."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.openapi.oversight_examples import OVERSIGHT_ANSWERS

Example = dict[str, Any]

_ID: Final = "pay_357013f46feb368936907c32d55c171a"
_CREATED: Final = "2026-03-01T12:00:00.000000Z"

CREATED_PAYMENT: Final[Example] = {
    "id": _ID,
    "object": "payment",
    "state": "created",
    "handled": False,
    "amount": 1999,
    "currency": "usd",
    "customer": None,
    "item_ids": ["sku_1"],
    "transaction_id": "order-1001",
    "description": None,
    "metadata": {},
    "attempts_used": 0,
    "attempts_left": 4,
    "max_attempts": 4,
    "payment_intent": "pi_3TqpKNjqFNRA8vCn",
    "last_outcome": None,
    "excluded_cards": [],
    "next_action": None,
    "failure_reason": None,
    "capture_method": "automatic",
    "awaits_capture": False,
    "amount_received": 0,
    "amount_refunded": 0,
    "disputed": False,
    "expires_at": "2026-03-02T12:00:00.000000Z",
    "created_at": _CREATED,
    "updated_at": _CREATED,
}
_OUTCOME: Final[Example] = {
    "code": "expired_card",
    "decline_code": None,
    "advice_code": None,
    "handler": "disable_until_renewed",
    "completed": True,
    "requires_retry": True,
    "message": "Your card has expired. Please use another card.",
    "same_card_allowed": False,
    "retry_not_before": None,
    "automatic_retry": False,
}
_EXCLUDED: Final = [{"payment_method": "pm_1TqpKNjqFNRA8vCn", "reason": "expired_card"}]
_SUCCEEDED: Final[Example] = CREATED_PAYMENT | {
    "state": "succeeded",
    "handled": True,
    "amount_received": 1999,
    "attempts_used": 1,
    "attempts_left": 3,
}
_DISABLED: Final[Example] = CREATED_PAYMENT | {
    "state": "card_disabled",
    "attempts_used": 1,
    "attempts_left": 3,
    "last_outcome": _OUTCOME,
    "excluded_cards": _EXCLUDED,
}
_CHALLENGED: Final[Example] = CREATED_PAYMENT | {
    "state": "confirming",
    "attempts_used": 1,
    "attempts_left": 3,
    "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}},
}
_HELD: Final[Example] = CREATED_PAYMENT | {
    "state": "confirming",
    "attempts_used": 1,
    "attempts_left": 3,
    "capture_method": "manual",
    "awaits_capture": True,
}
_UNKNOWN: Final[Example] = _CHALLENGED | {"next_action": None}
_CANCELED: Final[Example] = CREATED_PAYMENT | {
    "state": "failed",
    "handled": True,
    "failure_reason": "requested_by_customer",
}
_TRANSITION: Final[Example] = {
    "object": "transition",
    "payment": _ID,
    "sequence": 1,
    "source": None,
    "event": "create",
    "target": "created",
    "attempt": None,
    "handler": None,
    "handler_error": None,
    "completed": None,
    "requires_retry": None,
    "code": None,
    "decline_code": None,
    "reason": None,
    "actor": {"kind": "api_key", "id": "970a465ce46080a5"},
    "request_id": "req_2d691c5ecabef51002a5f502",
    "stripe_request_id": None,
    "stripe_event_id": None,
    "evidence": None,
    "machine_version": "9a1c",
    "rules_version": "5f20",
    "occurred_at": _CREATED,
    "previous_hash": "0" * 64,
    "hash": "d" * 64,
}
_REFUND: Final[Example] = {
    "id": "ref_1b4f0e9851971998e732078544c96b36",
    "object": "refund",
    "payment": _ID,
    "amount": 500,
    "currency": "usd",
    "reason": "requested_by_customer",
    "metadata": {},
    "state": "succeeded",
    "failure_reason": None,
    "stripe_refund": "re_3TqpKNjqFNRA8vCn",
    "origin": "api",
    "created_at": _CREATED,
    "updated_at": _CREATED,
}
_REFUND_UNKNOWN: Final[Example] = _REFUND | {"state": "pending", "stripe_refund": None}
_DISPUTE: Final[Example] = {
    "id": "dp_1TqpKNjqFNRA8vCn",
    "object": "dispute",
    "payment": _ID,
    "amount": 1999,
    "currency": "usd",
    "reason": "fraudulent",
    "status": "needs_response",
    "evidence_due_at": "2026-03-10T23:59:59.000000Z",
    "created_at": _CREATED,
    "updated_at": _CREATED,
}
_CARD: Final[Example] = {
    "id": "pm_1TqpKNjqFNRA8vCn",
    "object": "card",
    "customer": "cus_Cf1qkBjgqzMLjL",
    "brand": "visa",
    "last4": "4242",
    "exp_month": 12,
    "exp_year": 2034,
    "usable": True,
    "disabled_reason": None,
    "disabled_at": None,
}
_CUSTOMER: Final[Example] = {
    "id": "cus_Cf1qkBjgqzMLjL",
    "object": "customer",
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "metadata": {},
    "created_at": _CREATED,
}


_EVENT: Final[Example] = {
    "id": "evt_357013f46feb368936907c32d55c171a_1",
    "object": "event",
    "type": "payment.created",
    "created_at": _CREATED,
    "data": {"transition": _TRANSITION, "payment": CREATED_PAYMENT},
}
_ENDPOINT: Final[Example] = {
    "id": "we_5d41402abc4b2a76b9719d911017c592",
    "object": "webhook_endpoint",
    "url": "https://shop.example.com/webhooks/payments",
    "description": "the shop",
    "event_types": ["payment.succeeded", "payment.failed"],
    "owner": "shop",
    "state": "enabled",
    "disabled_reason": None,
    "failures": 0,
    "failing_since": None,
    "previous_secret_until": None,
    "created_by": "970a465ce46080a5",
    "created_at": _CREATED,
    "updated_at": _CREATED,
}
_DELIVERY: Final[Example] = {
    "id": "dlv_7d793037a0760186574b0282f2f435e7",
    "object": "webhook_delivery",
    "webhook_endpoint": "we_5d41402abc4b2a76b9719d911017c592",
    "event": "evt_357013f46feb368936907c32d55c171a_3",
    "state": "delivered",
    "tries": 1,
    "next_try_at": None,
    "last_tried_at": _CREATED,
    "last_status": 204,
    "last_error": None,
    "replayed_by": None,
    "created_at": _CREATED,
    "ended_at": _CREATED,
}
_DELIVERIES: Final = f"/v1/webhook-endpoints/{_ENDPOINT['id']}/deliveries"


def _list(data: list[Example], url: str) -> Example:
    return {"object": "list", "data": data, "has_more": False, "url": url}


# By the name of the schema they are examples of.
ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "payment": {
        "created": CREATED_PAYMENT | {"client_secret": "pi_3TqpKNjqFNRA8vCn_secret_f2Xb"},
        "outcome_unknown": _UNKNOWN,
        "succeeded": _SUCCEEDED,
        "card_disabled": _DISABLED,
        "authentication_needed": _CHALLENGED,
        "held": _HELD,
        "canceled": _CANCELED,
    },
    "payments": {"one": _list([_SUCCEEDED], "/v1/payments")},
    "history": {"created": _list([_TRANSITION], f"/v1/payments/{_ID}/history")},
    "explanation": {
        "card_disabled": {
            "object": "explanation",
            "payment": _ID,
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
            "excluded_cards": _EXCLUDED,
            "next_steps": ["Fetch the customer's cards again and ask for another one."],
        }
    },
    "refund": {
        "succeeded": _REFUND,
        "outcome_unknown": _REFUND_UNKNOWN,
        "refused": _REFUND
        | {
            "state": "failed",
            "stripe_refund": None,
            "failure_reason": "charge_already_refunded",
        },
    },
    "refunds": {"one": _list([_REFUND], f"/v1/payments/{_ID}/refunds")},
    "disputes": {"one": _list([_DISPUTE], f"/v1/payments/{_ID}/disputes")},
    "event": {"created": _EVENT},
    "events": {"one": _list([_EVENT], "/v1/events")},
    "event_stream": {"shortened": "id: evt_…_1\nevent: payment.created\ndata: {…}\n\n"},
    "webhook_endpoint": {
        "registered": _ENDPOINT | {"secret": "whsec_…"},
        "in_use": _ENDPOINT,
        "given_up": _ENDPOINT
        | {
            "state": "disabled",
            "disabled_reason": "failing",
            "failures": 10,
            "failing_since": _CREATED,
        },
        "deleted": _ENDPOINT | {"state": "deleted"},
    },
    "webhook_endpoints": {"one": _list([_ENDPOINT], "/v1/webhook-endpoints")},
    "webhook_deliveries": {"one": _list([_DELIVERY], _DELIVERIES)},
    "client_secret": {
        "secret": {
            "object": "client_secret",
            "payment": _ID,
            "client_secret": "pi_3TqpKNjqFNRA8vCn_secret_f2Xb",
        }
    },
    "customer": {"ada": _CUSTOMER},
    "card": {
        "usable": _CARD,
        "out_of_use": _CARD
        | {"usable": False, "disabled_reason": "expired_card", "disabled_at": _CREATED},
    },
    "cards": {"one": _list([_CARD], "/v1/customers/cus_Cf1qkBjgqzMLjL/cards")},
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
