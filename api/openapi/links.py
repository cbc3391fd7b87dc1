"""Where an answer leads: which operations take the id that it shows, for programs and strangers.

An answer about a thing leads to everything that can be done with the thing; nobody has to guess
which part of which answer goes into which path.
"""

from collections.abc import Mapping
from typing import Final

from api.openapi.types import Schema

# By the name of the schema: the parameter its id is given as, and the operations that take it.
_LEADS_TO: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "payment": (
        "payment_id",
        {
            "confirmPayment": "Try a card.",
            "cancelPayment": "End it without success.",
            "refreshPayment": "Ask Stripe how it stands.",
            "getPayment": "Read it again.",
            "getHistory": "See how it got there.",
            "explainPayment": "Learn why it is where it is.",
            "getClientSecret": "Get the client secret again.",
            "resolvePayment": "Do something about it by hand.",
            "capturePayment": "Take the money that is held.",
            "createRefund": "Give money back.",
            "listRefunds": "See what was given back.",
            "listDisputes": "See what was asked back.",
        },
    ),
    "refund": ("refund_id", {"getRefund": "Read it again."}),
    "event": (
        "event_id",
        {"getEvent": "Read it again.", "replayEvent": "Send it once more."},
    ),
    "webhook_endpoint": (
        "webhook_endpoint_id",
        {
            "getWebhookEndpoint": "Read it again.",
            "listDeliveries": "See what was sent to it.",
            "rotateSecret": "Give it another secret.",
            "enableWebhookEndpoint": "Send it events again.",
            "deleteWebhookEndpoint": "Delete it.",
        },
    ),
    "anomaly": (
        "anomaly_id",
        {
            "getAnomaly": "Read it again.",
            "assignAnomaly": "Give it to somebody.",
            "resolveAnomaly": "Say how it ended.",
        },
    ),
    "customer": (
        "customer_id",
        {
            "getCustomer": "Read it again.",
            "attachCard": "Give it a card to keep.",
            "listCards": "See which cards it keeps.",
        },
    ),
    "card": (
        "card_id",
        {
            "getCard": "Read it again.",
            "updateCard": "Renew it.",
            "detachCard": "Take it away from its customer.",
            "disableCard": "Take it out of use.",
            "enableCard": "Put it back into use.",
        },
    ),
}
LINKS: Final[Mapping[str, Schema]] = {
    operation: {
        "operationId": operation,
        "parameters": {parameter: "$response.body#/id"},
        "description": purpose,
    }
    for parameter, operations in _LEADS_TO.values()
    for operation, purpose in operations.items()
}


def links_from(name: str) -> dict[str, Schema]:
    """Point from an answer of this schema to the operations that take its id, if any do."""
    _, operations = _LEADS_TO.get(name, ("", {}))
    return {operation: {"$ref": f"#/components/links/{operation}"} for operation in operations}


__all__ = ["LINKS", "links_from"]
