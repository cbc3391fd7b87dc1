"""What is said of each operation: bodies, headers, answers and the key it needs.

The routes read their requests themselves, so nothing of this is derived from their signatures.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from api.errors import NotReady, ValidationFailed
from api.openapi import refusals as refused
from api.openapi.examples import ANSWERS, REQUESTS, references
from api.openapi.refusals import Kinds, refusals
from api.openapi.types import Schema, reference
from api.queries import CARDS_PARAMETERS, LIST_PARAMETERS, Parameter
from api.schemas import CUSTOMER_ID, PAYMENT_METHOD_ID
from orchestrator import errors

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


def _in_path(name: str, what: str, pattern: str, example: str) -> Schema:
    schema = {"type": "string", "pattern": pattern}
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
    "customer_id": _in_path("customer_id", "The customer's id.", CUSTOMER_ID, "cus_Cf1qkBjgqzMLjL"),
    "card_id": _in_path(
        "card_id",
        "The card's id: its payment method's.",
        PAYMENT_METHOD_ID,
        "pm_1TqpKNjqFNRA8vCn",
    ),
    "idempotency_key": _idempotency_key(required=False),
    "idempotency_key_needed": _idempotency_key(required=True),
}


def _answer(status: int, name: str, *headers: str, examples: tuple[str, ...] = ()) -> Schema:
    """Describe an answer; without names of examples all of its schema's are shown."""
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {
            header: {"$ref": f"#/components/headers/{header}"}
            for header in ("Request-Id", *headers)
        },
        "content": {
            "application/json": {
                "schema": reference(name),
                "examples": references(name, examples or ANSWERS[name]),
            }
        },
    }


def _operation(
    answers: Mapping[int, Schema],
    kinds: Kinds,
    *,
    on: str | None = None,
    body: str | None = None,
    body_needed: bool = False,
    key_needed: bool = False,
    keyed: bool = True,
    query: Mapping[str, Parameter] | None = None,
) -> Schema:
    """Describe an operation on what ``on`` names in its path; ``kinds`` are its errors."""
    parameters = [_parameter(on)] if on is not None else []
    parameters += [_in_query(name, parameter) for name, parameter in (query or {}).items()]
    operation: Schema = {
        "responses": {**{str(status): each for status, each in answers.items()}, **refusals(kinds)}
    }
    if keyed:
        operation["security"] = [{"key": []}]
    if body is not None:
        needed = "idempotency_key_needed" if key_needed else "idempotency_key"
        parameters.append(_parameter(needed))
        operation["requestBody"] = {
            "required": body_needed,
            "description": "JSON; what is not named here is refused.",
            "content": {
                "application/json": {
                    "schema": reference(body),
                    "examples": references(body, REQUESTS[body]),
                }
            },
        }
    if parameters:
        operation["parameters"] = parameters
    return operation


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _in_query(name: str, parameter: Parameter) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": parameter.purpose,
        "schema": parameter.schema,
    }


_PAYMENT_GONE: Final[Kinds] = (errors.PaymentNotFound,)
_CUSTOMER_GONE: Final[Kinds] = (errors.CustomerNotFound,)
_CARD_GONE: Final[Kinds] = (errors.CardNotFound,)
_RACED: Final[Kinds] = (errors.WriteConflict,)
_REPLAYED: Final = "Idempotent-Replayed"
_STANDS: Final = ("succeeded", "card_disabled", "authentication_needed", "canceled")
_FOUND: Final = {200: _answer(200, "payment", _REPLAYED, examples=_STANDS)}
_FOUND_OR_UNKNOWN: Final = {
    200: _answer(200, "payment", _REPLAYED, examples=_STANDS),
    202: _answer(202, "payment", _REPLAYED, examples=("outcome_unknown",)),
}

CREATE: Final = _operation(
    {201: _answer(201, "payment", _REPLAYED, examples=("created",))},
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *refused.CHANGING_AT_STRIPE,
        *_CUSTOMER_GONE,
        *_RACED,
    ),
    body="create_payment",
    body_needed=True,
    key_needed=True,
)
CONFIRM: Final = _operation(
    _FOUND_OR_UNKNOWN,
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *_PAYMENT_GONE,
        *_RACED,
        errors.PaymentHandled,
        errors.PaymentEnding,
        errors.AttemptInProgress,
        errors.CardDisabled,
        errors.CardUnknown,
    ),
    on="payment_id",
    body="confirm_payment",
    body_needed=True,
    key_needed=True,
)
CANCEL: Final = _operation(
    _FOUND_OR_UNKNOWN,
    (*refused.WRITING, *_PAYMENT_GONE, *_RACED, errors.PaymentHandled),
    on="payment_id",
    body="cancel_payment",
)
REFRESH: Final = _operation(
    _FOUND,
    (*refused.WRITING, *_PAYMENT_GONE, *_RACED, *refused.ASKING_STRIPE),
    on="payment_id",
    body="refresh_payment",
)
LIST: Final = _operation(
    {200: _answer(200, "payments")},
    (*refused.READING, ValidationFailed),
    query=LIST_PARAMETERS,
)
GET: Final = _operation(
    {200: _answer(200, "payment", examples=_STANDS)},
    (*refused.READING, *_PAYMENT_GONE),
    on="payment_id",
)
HISTORY: Final = _operation(
    {200: _answer(200, "history")}, (*refused.READING, *_PAYMENT_GONE), on="payment_id"
)
EXPLAIN: Final = _operation(
    {200: _answer(200, "explanation")}, (*refused.READING, *_PAYMENT_GONE), on="payment_id"
)
CLIENT_SECRET: Final = _operation(
    {200: _answer(200, "client_secret", "Cache-Control")},
    (*refused.READING, *_PAYMENT_GONE, *refused.ASKING_STRIPE),
    on="payment_id",
)
CREATE_CUSTOMER: Final = _operation(
    {201: _answer(201, "customer", _REPLAYED)},
    (*refused.WRITING, *refused.CHANGING_AT_STRIPE, *_CUSTOMER_GONE),
    body="create_customer",
)
GET_CUSTOMER: Final = _operation(
    {200: _answer(200, "customer")},
    (*refused.READING, *_CUSTOMER_GONE, *refused.ASKING_STRIPE),
    on="customer_id",
)
ATTACH_CARD: Final = _operation(
    {201: _answer(201, "card", _REPLAYED)},
    (
        *refused.WRITING,
        *refused.CHANGING_AT_STRIPE,
        *_CUSTOMER_GONE,
        *_CARD_GONE,
        errors.CardUnknown,
    ),
    on="customer_id",
    body="attach_card",
    body_needed=True,
)
LIST_CARDS: Final = _operation(
    {200: _answer(200, "cards")},
    (*refused.READING, ValidationFailed, *_CUSTOMER_GONE, *refused.ASKING_STRIPE),
    on="customer_id",
    query=CARDS_PARAMETERS,
)
_CARD_READ: Final[Kinds] = (*_CARD_GONE, errors.CardUnknown, *refused.ASKING_STRIPE)
GET_CARD: Final = _operation(
    {200: _answer(200, "card")}, (*refused.READING, *_CARD_READ), on="card_id"
)
UPDATE_CARD: Final = _operation(
    {200: _answer(200, "card", _REPLAYED)},
    (*refused.WRITING, *_CARD_READ, *refused.CHANGING_AT_STRIPE),
    on="card_id",
    body="update_card",
)
DETACH_CARD: Final = _operation(
    {200: _answer(200, "card")},
    (*refused.READING, *_CARD_READ, *refused.CHANGING_AT_STRIPE),
    on="card_id",
)
BY_HAND: Final = _operation(
    {200: _answer(200, "card", _REPLAYED)},
    (*refused.WRITING, *_CARD_READ, *_RACED),
    on="card_id",
    body="reason",
    body_needed=True,
)
MACHINE: Final = _operation({200: _answer(200, "machine")}, refused.WITH_KEY)
DIAGRAM: Final = _operation(
    {
        200: {
            "description": "The transition table as a picture.",
            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
            "content": {
                "image/svg+xml": {
                    "schema": {"type": "string", "description": "An SVG document."},
                    "examples": references("diagram", ANSWERS["diagram"]),
                }
            },
        }
    },
    refused.WITH_KEY,
)
HEALTH: Final = _operation({200: _answer(200, "status")}, refused.WITHOUT_KEY, keyed=False)
READINESS: Final = _operation(
    {200: _answer(200, "status")}, (*refused.WITHOUT_KEY, NotReady), keyed=False
)
