"""What auditors and administrators are shown: the shapes, and an example of each."""

from collections.abc import Mapping
from typing import Any, Final

from api.openapi.types import (
    Schema,
    always,
    list_of,
    maybe_number,
    maybe_text,
    moment,
    number,
    one_of,
    page_of,
    record,
    text,
)
from orchestrator.actions import ActionName
from orchestrator.anomaly import AnomalyState

_STATES: Final = [state.value for state in AnomalyState]

OVERSIGHT_OBJECTS: Final[Mapping[str, Schema]] = {
    "action": record(
        "Something that somebody did. All of them stand in one chain.",
        {
            "id": text("Its id: act_ and its number.", pattern="^act_[0-9]+$"),
            "object": always("action"),
            "number": number("Its place in the chain, from 1 and without gaps.", minimum=1),
            "action": one_of([name.value for name in ActionName], "What was done."),
            "actor": record(
                "Who did it.",
                {
                    "kind": one_of(
                        ["api_key", "operator", "worker", "anonymous"],
                        "Whether it was a key, a person, the deployment itself, or nobody known.",
                    ),
                    "id": maybe_text("The key's id, or the operator's name."),
                },
            ),
            "subject": record(
                "What it was done to.",
                {
                    "kind": text("payment, card, api_key, webhook_endpoint, …"),
                    "id": text("The id of it."),
                },
            ),
            "reason": maybe_text("Why, in the words of whoever did it."),
            "details": {
                "type": "object",
                "description": "What else is worth knowing; it depends on the action.",
            },
            "request_id": maybe_text("The request that did it, if it was one."),
            "application_version": text("The version of the program that did it."),
            "occurred_at": moment("When it was done."),
            "previous_hash": text("The hash of the action before."),
            "hash": text("SHA-256 of this one and of the hash before."),
        },
    ),
    "anomaly": record(
        "Something that nobody expected and that moved no payment: found as it happened, or by a "
        "comparison with Stripe.",
        {
            "id": text("The anomaly's id.", pattern="^ano_"),
            "object": always("anomaly"),
            "kind": text(
                "What is wrong: amount_differs, late_success, foreign_intent, …; see the filter."
            ),
            "state": one_of(_STATES, "How it stands; resolved is final."),
            "payment": maybe_text("The payment; null where it is none of ours."),
            "payment_intent": maybe_text("The intent at Stripe."),
            "stripe_object": maybe_text("The charge, refund or dispute it is about, if it is one."),
            "detail": text("What each side holds."),
            "evidence": maybe_number("The number of the payment's evidence that shows it."),
            "owner": maybe_text("Whose it is; whose it was, once it is resolved."),
            "resolution": maybe_text("How it was resolved."),
            "reason": maybe_text("Why it was resolved like that."),
            "noted_at": moment("When it was found."),
            "notes": list_of(
                record(
                    "One step that somebody took.",
                    {
                        "sequence": number("Its place, from 1.", minimum=1),
                        "state": one_of(_STATES[1:], "How the anomaly stood after it."),
                        "owner": maybe_text("Whose it was after it."),
                        "resolution": maybe_text("How it was resolved."),
                        "reason": maybe_text("Why."),
                        "actor": record(
                            "Who took it.",
                            {
                                "kind": one_of(
                                    ["api_key", "operator"], "Whether it was a key or a person."
                                ),
                                "id": maybe_text("The key's id, or the operator's name."),
                            },
                        ),
                        "request_id": maybe_text("The request that did it."),
                        "noted_at": moment("When it was taken."),
                    },
                ),
                "Every step since it was found, oldest first.",
            ),
        },
    ),
    "anomalies": page_of("anomaly", "What nobody expected, newest first."),
    "actions": page_of("action", "What people did, newest first."),
}

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
}
