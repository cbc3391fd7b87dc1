"""What this service sends by itself: each event, to whoever registered an endpoint for it."""

from collections.abc import Mapping
from typing import Final

from api.openapi.examples import ANSWERS, references
from api.openapi.types import Schema, reference
from orchestrator.outgoing.event import EVENT_ID


def _header(name: str, what: str, pattern: str, example: str) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": what,
        "schema": {"type": "string", "pattern": pattern, "maxLength": 1024},
        "example": example,
    }


WEBHOOKS: Final[Mapping[str, Schema]] = {
    "event": {
        "post": {
            "tags": ["webhook_endpoints"],
            "summary": "Receive an event",
            "description": "Sent to each endpoint that wants it, signed by Standard Webhooks: "
            "`v1,` and the base64 of an HMAC-SHA256, under the bytes that stand in base64 after "
            "`whsec_`, of id, timestamp and body as it comes, with dots in between. It may come "
            "more than once and out of order: act once for each `webhook-id`.",
            "operationId": "receiveEvent",
            "parameters": [
                _header(
                    "webhook-id",
                    "The event's id: the same however often it comes.",
                    f"^{EVENT_ID}$",
                    "evt_357013f46feb368936907c32d55c171a_1",
                ),
                _header(
                    "webhook-timestamp",
                    "When this was sent, in seconds since 1970. Refuse what is five minutes off.",
                    "^[0-9]+$",
                    "1767225600",
                ),
                _header(
                    "webhook-signature",
                    "Signatures, separated by spaces; one has to fit. While a secret is replaced "
                    "there are two.",
                    "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$",
                    "v1,gdAybr1xhqitfbq6FCWKjyrDHv4vTm5bVW1Keergazc=",
                ),
            ],
            "requestBody": {
                "required": True,
                "description": "The event, and its payment as it is at the sending.",
                "content": {
                    "application/json": {
                        "schema": reference("event"),
                        "examples": references("event", ANSWERS["event"]),
                    }
                },
            },
            "responses": {
                "2XX": {"description": "Taken: it is not sent again."},
                "410": {"description": "Gone: the endpoint is disabled, and sent nothing more."},
                "default": {
                    "description": "Not taken, a redirect too, or nothing within 15 seconds: it is "
                    "sent again, up to ten times within three days and a half."
                },
            },
        }
    }
}
