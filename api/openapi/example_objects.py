"""One of each object that the API shows, which the examples build on: one payment, one story."""

from typing import Any, Final

Example = dict[str, Any]

ID: Final = "pay_357013f46feb368936907c32d55c171a"
CREATED_AT: Final = "2026-03-01T12:00:00.000000Z"

CREATED_PAYMENT: Final[Example] = {
    "id": ID,
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
    "created_at": CREATED_AT,
    "updated_at": CREATED_AT,
}
OUTCOME: Final[Example] = {
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
EXCLUDED: Final = [{"payment_method": "pm_1TqpKNjqFNRA8vCn", "reason": "expired_card"}]
SUCCEEDED: Final[Example] = CREATED_PAYMENT | {
    "state": "succeeded",
    "handled": True,
    "amount_received": 1999,
    "attempts_used": 1,
    "attempts_left": 3,
}
DISABLED: Final[Example] = CREATED_PAYMENT | {
    "state": "card_disabled",
    "attempts_used": 1,
    "attempts_left": 3,
    "last_outcome": OUTCOME,
    "excluded_cards": EXCLUDED,
}
CHALLENGED: Final[Example] = CREATED_PAYMENT | {
    "state": "confirming",
    "attempts_used": 1,
    "attempts_left": 3,
    "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}},
}
HELD: Final[Example] = CREATED_PAYMENT | {
    "state": "confirming",
    "attempts_used": 1,
    "attempts_left": 3,
    "capture_method": "manual",
    "awaits_capture": True,
}
OUTCOME_UNKNOWN: Final[Example] = CHALLENGED | {"next_action": None}
CANCELED: Final[Example] = CREATED_PAYMENT | {
    "state": "failed",
    "handled": True,
    "failure_reason": "requested_by_customer",
}
TRANSITION: Final[Example] = {
    "object": "transition",
    "payment": ID,
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
    "occurred_at": CREATED_AT,
    "previous_hash": "0" * 64,
    "hash": "d" * 64,
}
REFUND: Final[Example] = {
    "id": "ref_1b4f0e9851971998e732078544c96b36",
    "object": "refund",
    "payment": ID,
    "amount": 500,
    "currency": "usd",
    "reason": "requested_by_customer",
    "metadata": {},
    "state": "succeeded",
    "failure_reason": None,
    "stripe_refund": "re_3TqpKNjqFNRA8vCn",
    "origin": "api",
    "created_at": CREATED_AT,
    "updated_at": CREATED_AT,
}
REFUND_UNKNOWN: Final[Example] = REFUND | {"state": "pending", "stripe_refund": None}
DISPUTE: Final[Example] = {
    "id": "dp_1TqpKNjqFNRA8vCn",
    "object": "dispute",
    "payment": ID,
    "amount": 1999,
    "currency": "usd",
    "reason": "fraudulent",
    "status": "needs_response",
    "evidence_due_at": "2026-03-10T23:59:59.000000Z",
    "created_at": CREATED_AT,
    "updated_at": CREATED_AT,
}
CARD: Final[Example] = {
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
CUSTOMER: Final[Example] = {
    "id": "cus_Cf1qkBjgqzMLjL",
    "object": "customer",
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "metadata": {},
    "created_at": CREATED_AT,
}


EVENT: Final[Example] = {
    "id": "evt_357013f46feb368936907c32d55c171a_1",
    "object": "event",
    "type": "payment.created",
    "created_at": CREATED_AT,
    "data": {"transition": TRANSITION, "payment": CREATED_PAYMENT},
}
ENDPOINT: Final[Example] = {
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
    "created_at": CREATED_AT,
    "updated_at": CREATED_AT,
}
DELIVERY: Final[Example] = {
    "id": "dlv_7d793037a0760186574b0282f2f435e7",
    "object": "webhook_delivery",
    "webhook_endpoint": "we_5d41402abc4b2a76b9719d911017c592",
    "event": "evt_357013f46feb368936907c32d55c171a_3",
    "state": "delivered",
    "tries": 1,
    "next_try_at": None,
    "last_tried_at": CREATED_AT,
    "last_status": 204,
    "last_error": None,
    "replayed_by": None,
    "created_at": CREATED_AT,
    "ended_at": CREATED_AT,
}
DELIVERIES: Final = f"/v1/webhook-endpoints/{ENDPOINT['id']}/deliveries"


def listed(data: list[Example], url: str) -> Example:
    """Write a list of examples as its address answers with it."""
    return {"object": "list", "data": data, "has_more": False, "url": url}
