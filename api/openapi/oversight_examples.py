"""Examples of what auditors and administrators are shown."""

from collections.abc import Mapping
from typing import Any, Final

_ACTION: Final[dict[str, Any]] = {
    "id": "act_7",
    "object": "action",
    "number": 7,
    "action": "card_disabled",
    "actor": {"kind": "api_key", "id": "41c9f21b2a6e8d07"},
    "subject": {"kind": "card", "id": "pm_1TqpKNjqFNRA8vCn"},
    "reason": "reported stolen by telephone",
    "details": {"owner": "shop", "customer": "cus_Cf1qkBjgqzMLjL"},
    "request_id": "req_2d691c5ecabef51002a5f502",
    "application_version": "0.1.0",
    "occurred_at": "2026-03-01T12:00:00.000000Z",
    "previous_hash": "5f20",
    "hash": "9a1c",
}

_ANOMALY: Final[dict[str, Any]] = {
    "id": "ano_0f6800931999557f0925abb62ce68273",
    "object": "anomaly",
    "kind": "unknown_intent",
    "state": "open",
    "payment": None,
    "payment_intent": "pi_3TqpKNjqFNRA8vCn",
    "stripe_object": None,
    "detail": "here nothing, at Stripe 500 usd succeeded for pay_357013f46feb368936907c32d55c171a",
    "evidence": None,
    "owner": None,
    "resolution": None,
    "reason": None,
    "noted_at": "2026-03-01T12:00:00.000000Z",
    "notes": [],
}

_NOTE: Final[dict[str, Any]] = {
    "sequence": 1,
    "state": "assigned",
    "owner": "ada",
    "resolution": None,
    "reason": None,
    "actor": {"kind": "api_key", "id": "41c9f21b2a6e8d07"},
    "request_id": "req_2d691c5ecabef51002a5f502",
    "noted_at": "2026-03-01T12:30:00.000000Z",
}

_ENDED: Final = {"state": "resolved", "resolution": "refunded", "reason": "paid by mistake"}

_RULE: Final[dict[str, Any]] = {
    "object": "decline_rule",
    "code": "do_not_honor",
    "handler": "disable_card",
    "action": "card_disabled",
    "message": "The card was declined.",
    "meaning": "issuer gave no reason",
    "source": "stored version 2",
    "disable_scope": "fingerprint",
    "generic": False,
    "alert": False,
    "retry_after_seconds": None,
    "yields_to": [],
    "auto_retry": [],
    "origin": "stored",
    "version": 2,
    "author": "risk",
    "approved_by": "finance",
    "reason": "always a stolen card with us",
    "in_force_since": "2026-03-01T12:00:00.000000Z",
}

_VERSION: Final[dict[str, Any]] = {
    "object": "decline_rule_version",
    "code": "do_not_honor",
    "version": 2,
    "handler": "disable_card",
    "message": "The card was declined.",
    "meaning": "issuer gave no reason",
    "alert": False,
    "retry_after_seconds": None,
    "auto_retry": [],
    "state": "approved",
    "reason": "always a stolen card with us",
    "author": {"key": "41c9f21b2a6e8d07", "name": "risk"},
    "created_at": "2026-03-01T11:00:00.000000Z",
    "needs_approval": True,
    "decided_by": {"key": "7d20c4ee91b3aa52", "name": "finance"},
    "decided_reason": "agreed in the weekly meeting",
    "decided_at": "2026-03-01T12:00:00.000000Z",
}

_WHAT_IF: Final[dict[str, Any]] = {
    "object": "what_if",
    "rules_version": "5f20",
    "outcome": {
        "code": "card_declined",
        "decline_code": "do_not_honor",
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "type": None,
        "reason": None,
    },
    "considered": ["do_not_honor", "*"],
    "decided_by": "do_not_honor",
    "step": "decline_code",
    "handler": "disable_card",
    "version": 2,
    "meaning": "issuer gave no reason",
    "message": "The card was declined.",
    "alert": False,
    "effects": [
        {"attempts_left": 0, "event": "fail", "state": "failed"},
        {"attempts_left": 1, "event": "disable_card", "state": "card_disabled"},
    ],
    "card": {
        "disabled": "fingerprint",
        "same_card_allowed": False,
        "retry_after_seconds": None,
        "automatic_retries": [],
    },
}

# By the name of the schema they are examples of.
OVERSIGHT_ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "anomaly": {
        "found": _ANOMALY,
        "assigned": _ANOMALY | {"state": "assigned", "owner": "ada", "notes": [_NOTE]},
        "resolved": _ANOMALY
        | {"owner": "ada", **_ENDED, "notes": [_NOTE, _NOTE | {"sequence": 2, **_ENDED}]},
    },
    "anomalies": {
        "one": {"object": "list", "data": [_ANOMALY], "has_more": False, "url": "/v1/anomalies"}
    },
    "actions": {
        "one": {"object": "list", "data": [_ACTION], "has_more": False, "url": "/v1/actions"}
    },
    "decline_rules": {
        "one": {"object": "list", "data": [_RULE], "has_more": False, "url": "/v1/decline-rules"}
    },
    "decline_rule_version": {
        "approved": _VERSION,
        "proposed": _VERSION
        | {"state": "proposed", "decided_by": None, "decided_reason": None, "decided_at": None},
    },
    "decline_rule_versions": {
        "one": {
            "object": "list",
            "data": [_VERSION],
            "has_more": False,
            "url": "/v1/decline-rules/do_not_honor",
        }
    },
    "what_if": {"declined": _WHAT_IF},
}
