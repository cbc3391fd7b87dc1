"""What auditors and administrators are shown: the shapes, and an example of each."""

from collections.abc import Mapping
from typing import Any, Final

from api.openapi.types import (
    Schema,
    always,
    maybe_text,
    moment,
    number,
    one_of,
    page_of,
    record,
    text,
)
from orchestrator.actions import ActionName

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
# By the name of the schema they are examples of.
OVERSIGHT_ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "actions": {
        "one": {"object": "list", "data": [_ACTION], "has_more": False, "url": "/v1/actions"}
    },
}
