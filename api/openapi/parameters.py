"""What operations share beside bodies: the headers of answers, and the parameters of requests."""

from collections.abc import Mapping
from typing import Final

from api.body import CUSTOMER_ID, PAYMENT_METHOD_ID
from api.openapi.types import Schema
from api.queries import Parameter
from orchestrator.anomaly import ANOMALY_ID
from orchestrator.outgoing.endpoints import ENDPOINT_ID
from orchestrator.outgoing.event import EVENT_ID

HEADERS: Final[Mapping[str, Schema]] = {
    "Request-Id": {
        "description": "Names this request in our log and in the history.",
        "required": True,
        "schema": {"type": "string", "pattern": "^req_[0-9a-f]{24}$"},
    },
    "Idempotent-Replayed": {
        "description": "There, and true, where this very request was carried out before: the "
        "answer shows the thing as it is now.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {
        "description": "Seconds after which the same request is worth sending again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to show who you are.",
        "required": True,
        "schema": {"type": "string", "enum": ["Bearer"]},
    },
    "Cache-Control": {
        "description": "Do not keep it.",
        "required": True,
        "schema": {"type": "string", "enum": ["no-store"]},
    },
}


def _in_path(
    name: str, what: str, pattern: str, example: str, *, longest: int | None = None
) -> Schema:
    schema: Schema = {"type": "string", "pattern": pattern}
    if longest is not None:
        schema["maxLength"] = longest
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": what,
        "schema": schema,
        "example": example,
    }


def _idempotency_key(*, required: bool) -> Schema:
    schema: Schema = {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"}
    if required:
        # A blank key is none.
        schema |= {"minLength": 1, "pattern": "^[ -~]*[!-~][ -~]*$"}
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": "Your name for this request, printable ASCII. Sent again under it, the "
        "request is carried out once; use another for another request.",
        "schema": schema,
        "example": "order-1001",
    }


PARAMETERS: Final[Mapping[str, Schema]] = {
    "payment_id": _in_path(
        "payment_id",
        "The payment's id.",
        "^pay_[A-Za-z0-9]{1,64}$",
        "pay_357013f46feb368936907c32d55c171a",
    ),
    "refund_id": _in_path(
        "refund_id",
        "The refund's id.",
        "^ref_[A-Za-z0-9]{1,64}$",
        "ref_1b4f0e9851971998e732078544c96b36",
    ),
    "event_id": _in_path(
        "event_id",
        "The event's id.",
        f"^{EVENT_ID}$",
        "evt_357013f46feb368936907c32d55c171a_1",
    ),
    "webhook_endpoint_id": _in_path(
        "webhook_endpoint_id",
        "The endpoint's id.",
        f"^{ENDPOINT_ID}$",
        "we_5d41402abc4b2a76b9719d911017c592",
    ),
    "anomaly_id": _in_path(
        "anomaly_id",
        "The anomaly's id.",
        f"^{ANOMALY_ID}$",
        "ano_0f6800931999557f0925abb62ce68273",
    ),
    "customer_id": _in_path("customer_id", "The customer's id.", CUSTOMER_ID, "cus_Cf1qkBjgqzMLjL"),
    "card_id": _in_path(
        "card_id",
        "The card's id: its payment method's.",
        PAYMENT_METHOD_ID,
        "pm_1TqpKNjqFNRA8vCn",
    ),
    "code": _in_path(
        "code",
        "The rule's code: a decline code, or a key of the list of rules.",
        "^[a-z*][a-z0-9_:*]{0,99}$",
        "do_not_honor",
        longest=100,
    ),
    "idempotency_key": _idempotency_key(required=False),
    "idempotency_key_needed": _idempotency_key(required=True),
}


def parameter(name: str) -> Schema:
    """Point to one of them."""
    return {"$ref": f"#/components/parameters/{name}"}


def in_query(name: str, parameter: Parameter) -> Schema:
    """Describe a parameter of a query string, from the table that it is read by."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": parameter.purpose,
        "schema": parameter.schema,
    }
