"""What each kind of refusal looks like: drawn from the errors themselves, so that none can drift.

Each operation names the classes of error it may raise; ``api/errors.py`` knows their status.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from api.errors import (
    INTERNAL_ERROR,
    PROBLEM_TYPE,
    RETRY_AFTER,
    STATUSES,
    CardNumberRefused,
    Forbidden,
    IdempotencyKeyMissing,
    MalformedJson,
    PayloadTooLarge,
    RateLimited,
    Unauthorized,
    ValidationFailed,
)
from api.openapi.types import Schema, reference
from orchestrator import errors

Kinds = tuple[type[Exception], ...]

MEDIA_TYPE: Final = "application/problem+json"

# Any request: its head is looked at before anything else is.
_ALWAYS: Final[Kinds] = (PayloadTooLarge, CardNumberRefused)
WITHOUT_KEY: Final[Kinds] = _ALWAYS
# Whoever shows a key has it looked up.
WITH_KEY: Final[Kinds] = (*_ALWAYS, Unauthorized, RateLimited, errors.DatabaseUnavailable)
READING: Final[Kinds] = (*WITH_KEY, Forbidden)
WRITING: Final[Kinds] = (*READING, MalformedJson, ValidationFailed, errors.IdempotencyKeyReused)
KEY_NEEDED: Final[Kinds] = (IdempotencyKeyMissing,)
ASKING_STRIPE: Final[Kinds] = (errors.StripeUnavailable,)
CHANGING_AT_STRIPE: Final[Kinds] = (
    errors.StripeUnavailable,
    errors.StripeRefused,
    errors.IdempotencyKeyInUse,
)

# A sentence as a client meets it, and what else stands in such an answer.
_DETAILS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "validation_error": ("amount is required.", {"param": "amount"}),
    "card_number_refused": (
        "What stands in description looks like a card number. Send the id of a Stripe payment "
        "method (pm_…) instead; card numbers must not reach this service.",
        {"param": "description"},
    ),
    "idempotency_key_missing": (
        "Send an Idempotency-Key header, so that the same request sent twice is done once.",
        {"param": "Idempotency-Key"},
    ),
    "malformed_json": ("The body is not valid JSON, or repeats a key.", {}),
    "payload_too_large": ("The body must not be longer than 65536 bytes.", {}),
    "unauthorized": ("Send a valid API key: Authorization: Bearer ork_…", {}),
    "forbidden": ("This needs a key of scope payments.", {}),
    "not_found": ("No such payment. Check the id, and that the API key is its owner's.", {}),
    "payment_handled": (
        "The payment is succeeded for good; it cannot be confirmed. Deliver, or give the money "
        "back with a refund.",
        {"state": "succeeded", "allowed_events": []},
    ),
    "payment_ending": (
        "The payment is being ended; no card is taken any more. Read it again to see how it ends.",
        {"state": "confirming", "allowed_events": ["succeed", "fail", "cancel", "expire"]},
    ),
    "attempt_in_progress": (
        "A confirmation is open. Read the payment again, or refresh it, before trying another "
        "card.",
        {"state": "confirming", "allowed_events": ["succeed", "fail", "cancel", "expire"]},
    ),
    "illegal_transition": (
        "The payment is confirming; only a succeeded one can be refunded. One that has not ended "
        "can be canceled instead.",
        {"state": "confirming", "allowed_events": ["succeed", "fail", "cancel", "expire"]},
    ),
    "refund_too_large": (
        "No more than 499 is left to give back: what was received, less what is given back or "
        "being given back already.",
        {"param": "amount", "state": "succeeded", "allowed_events": []},
    ),
    "anomaly_assigned": (
        "The anomaly is ada's. To take it over, name them in instead_of.",
        {"param": "instead_of", "state": None, "allowed_events": None},
    ),
    "anomaly_resolved": (
        "The anomaly was resolved as accepted. What comes up again is another anomaly.",
        {"state": None, "allowed_events": None},
    ),
    "card_disabled": (
        "The card is out of use (expired_card). Fetch the customer's cards again and ask for "
        "another one.",
        {
            "param": "payment_method",
            "state": "card_disabled",
            "allowed_events": ["confirm", "cancel", "expire"],
        },
    ),
    "card_attempts_exhausted": (
        "The card has been declined too often, in this payment or in others. It may be tried "
        "again from 2026-11-24 09:30:00 UTC on, another card at any time.",
        {
            "param": "payment_method",
            "state": "requires_new_card",
            "allowed_events": ["confirm", "cancel", "expire"],
        },
    ),
    "card_unknown": (
        "Stripe knows no such payment method. Check the id, and that it was made with the same "
        "Stripe account and mode.",
        {"param": "payment_method"},
    ),
    "rate_limited": (
        "This API key sends more requests than it may; nothing was done. Send this one again in "
        "2 s.",
        {},
    ),
    "idempotency_key_reused": (
        "The Idempotency-Key was used for another request. Send the first request unchanged, or "
        "use a new key for a new request.",
        {"param": "Idempotency-Key"},
    ),
    "idempotency_key_in_use": (
        "The first request with this Idempotency-Key is still being carried out. Send it again "
        "in a moment.",
        {"state": None, "allowed_events": None},
    ),
    "write_conflict": (
        "Payment pay_357013f46feb368936907c32d55c171a was changed by another writer; read it "
        "again.",
        {"state": None, "allowed_events": None},
    ),
    "webhook_endpoint_disabled": (
        "The webhook endpoint is disabled and is sent nothing. Enable it first, or leave "
        "webhook_endpoint out to send to all others.",
        {"param": "webhook_endpoint", "state": None, "allowed_events": None},
    ),
    "too_many_webhook_endpoints": (
        "There are 100 webhook endpoints, and no more may be. Delete one.",
        {"state": None, "allowed_events": None},
    ),
    "too_many_streams": (
        "This process has as many open streams of events as it may. Try again in a moment, or "
        "read the list.",
        {},
    ),
    "stripe_refused": (
        "Stripe refused the request: No such customer: 'cus_nobody'",
        {"param": "customer", "stripe_code": "resource_missing"},
    ),
    "stripe_unavailable": (
        "Stripe could not be asked to create the payment; nothing was written. Send the same "
        "request again, a POST with the same Idempotency-Key.",
        {},
    ),
    "database_unavailable": (
        "The database does not answer. Send the same request again, a POST with the same "
        "Idempotency-Key: it is carried out once.",
        {},
    ),
    "not_ready": ("The database does not answer.", {}),
    INTERNAL_ERROR: (
        "Something went wrong on our side. Quote the request id when you report it.",
        {},
    ),
}
_STATUS_OF_CODE: Final[Mapping[str, int]] = {
    **{kind.code: status for kind, status in STATUSES.items() if hasattr(kind, "code")},
    INTERNAL_ERROR: 500,
}


def error_examples() -> dict[str, Schema]:
    """Draw an example of each refusal that any operation names."""
    return {f"error_{code}": _example(code) for code in _DETAILS}


def refusals(kinds: Iterable[type[Exception]]) -> dict[str, Schema]:
    """Describe the answers that refuse, by status, with the codes that each may have."""
    codes: dict[int, set[str]] = {500: {INTERNAL_ERROR}}
    waits: set[int] = set()
    for kind in kinds:
        status = STATUSES[kind]
        codes.setdefault(status, set()).add(kind.code)  # type: ignore[attr-defined]  # all have
        if kind in RETRY_AFTER:
            waits.add(status)
    return {
        str(status): _refusal(status, sorted(codes[status]), waits=status in waits)
        for status in sorted(codes)
    }


def _refusal(status: int, codes: list[str], *, waits: bool) -> Schema:
    headers = ["Request-Id"]
    headers += ["WWW-Authenticate"] if status == HTTPStatus.UNAUTHORIZED else []
    headers += ["Retry-After"] if waits else []
    schema = {
        "allOf": [
            reference("error"),
            {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
        ]
    }
    examples = {code: {"$ref": f"#/components/examples/error_{code}"} for code in codes}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _example(code: str) -> Schema:
    detail, more = _DETAILS[code]
    title = code.replace("_", " ").capitalize()
    value = {
        "type": PROBLEM_TYPE + code,
        "title": title,
        "status": _STATUS_OF_CODE[code],
        "detail": detail,
        "code": code,
        "param": None,
        "request_id": "req_2d691c5ecabef51002a5f502",
        **more,
    }
    return {"summary": title, "value": value}


__all__ = [
    "ASKING_STRIPE",
    "CHANGING_AT_STRIPE",
    "KEY_NEEDED",
    "READING",
    "WITHOUT_KEY",
    "WITH_KEY",
    "WRITING",
    "Kinds",
    "error_examples",
    "refusals",
]
