"""What is said of each operation: bodies, headers, answers and the key it needs.

The routes read their requests themselves, so nothing of this is derived from their signatures.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from api.openapi.objects import TEXT, Schema, reference
from api.queries import CARDS_PARAMETERS, LIST_PARAMETERS, Parameter
from api.schemas import (
    CUSTOMER_ID,
    PAYMENT_METHOD_ID,
    AttachBody,
    Body,
    CancelBody,
    CardBody,
    ConfirmBody,
    CreateBody,
    CustomerBody,
    ReasonBody,
    RefreshBody,
)

_HEADERS: Final[Schema] = {
    "Request-Id": {"schema": TEXT, "description": "Names this request in log and history."}
}


def _answers(schema: str, successes: tuple[int, ...], refusals: tuple[int, ...]) -> Schema:
    good = {str(status): _answer(status, schema, "application/json") for status in successes}
    bad = {str(status): _answer(status, "error", "application/problem+json") for status in refusals}
    return good | bad


def _answer(status: int, schema: str, media_type: str) -> Schema:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _HEADERS,
        "content": {media_type: {"schema": reference(schema)}},
    }


def _operation(
    answers: Schema,
    *,
    body: type[Body] | None = None,
    on: str | None = "payment_id",
    needed: bool = False,
    body_needed: bool = False,
    key: bool = True,
    query: Mapping[str, Parameter] | None = None,
) -> Schema:
    """Describe an operation on what ``on`` names in its path.

    ``needed`` says that body and Idempotency-Key may not be missing; ``body_needed`` says it of
    the body alone.
    """
    parameters = [_IN_PATH[on]] if on is not None else []
    parameters += [_in_query(name, parameter) for name, parameter in (query or {}).items()]
    operation: Schema = {"responses": answers}
    if key:
        operation["security"] = [{"key": []}]
    if body is not None:
        parameters = [*parameters, {**_IDEMPOTENCY_KEY, "required": needed}]
        schema = {"schema": body.model_json_schema()}
        operation["requestBody"] = {
            "required": needed or body_needed,
            "content": {"application/json": schema},
        }
    if parameters:
        operation["parameters"] = parameters
    return operation


def _in_query(name: str, parameter: Parameter) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": parameter.purpose,
        "schema": parameter.schema,
    }


def _in_path(name: str, what: str, pattern: str) -> Schema:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


_IN_PATH: Final[Mapping[str, Schema]] = {
    "payment_id": _in_path("payment_id", "The payment's id.", "^pay_[A-Za-z0-9]{1,64}$"),
    "customer_id": _in_path("customer_id", "The customer's id.", CUSTOMER_ID),
    "card_id": _in_path("card_id", "The card's id: its payment method's.", PAYMENT_METHOD_ID),
}
_IDEMPOTENCY_KEY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"},
}

_READ_REFUSALS: Final = (401, 403, 404, 422)
_WRITE_REFUSALS: Final = (400, 401, 403, 404, 409, 413, 422)

CREATE: Final = _operation(
    _answers("payment", (201,), (400, 401, 403, 409, 413, 422, 503)),
    body=CreateBody,
    on=None,
    needed=True,
)
CONFIRM: Final = _operation(
    _answers("payment", (200, 202), _WRITE_REFUSALS), body=ConfirmBody, needed=True
)
CANCEL: Final = _operation(_answers("payment", (200, 202), _WRITE_REFUSALS), body=CancelBody)
REFRESH: Final = _operation(_answers("payment", (200,), (*_WRITE_REFUSALS, 503)), body=RefreshBody)
LIST: Final = _operation(
    _answers("payments", (200,), (401, 403, 422)), on=None, query=LIST_PARAMETERS
)
GET: Final = _operation(_answers("payment", (200,), _READ_REFUSALS))
HISTORY: Final = _operation(_answers("history", (200,), _READ_REFUSALS))
EXPLAIN: Final = _operation(_answers("explanation", (200,), _READ_REFUSALS))
CLIENT_SECRET: Final = _operation(
    {
        **_answers("client_secret", (200,), (*_READ_REFUSALS, 503)),
        "200": {
            **_answer(200, "client_secret", "application/json"),
            "headers": {
                **_HEADERS,
                "Cache-Control": {
                    "schema": {"const": "no-store"},
                    "description": "Do not keep it.",
                },
            },
        },
    }
)
CREATE_CUSTOMER: Final = _operation(
    _answers("customer", (201,), (400, 401, 403, 409, 413, 422, 503)),
    body=CustomerBody,
    on=None,
)
GET_CUSTOMER: Final = _operation(
    _answers("customer", (200,), (*_READ_REFUSALS, 503)), on="customer_id"
)
ATTACH_CARD: Final = _operation(
    _answers("card", (201,), (*_WRITE_REFUSALS, 503)),
    body=AttachBody,
    on="customer_id",
    body_needed=True,
)
LIST_CARDS: Final = _operation(
    _answers("cards", (200,), (*_READ_REFUSALS, 503)), on="customer_id", query=CARDS_PARAMETERS
)
GET_CARD: Final = _operation(_answers("card", (200,), (*_READ_REFUSALS, 503)), on="card_id")
UPDATE_CARD: Final = _operation(
    _answers("card", (200,), (*_WRITE_REFUSALS, 503)), body=CardBody, on="card_id"
)
DETACH_CARD: Final = _operation(
    _answers("card", (200,), (401, 403, 404, 409, 422, 503)), on="card_id"
)
BY_HAND: Final = _operation(
    _answers("card", (200,), (*_WRITE_REFUSALS, 503)),
    body=ReasonBody,
    on="card_id",
    body_needed=True,
)
MACHINE: Final = _operation(_answers("machine", (200,), (401, 422)), on=None)
DIAGRAM: Final = _operation(
    {
        "200": {
            "description": "The diagram",
            "headers": _HEADERS,
            "content": {"image/svg+xml": {"schema": TEXT}},
        },
        **_answers("error", (), (401, 422)),
    },
    on=None,
)
HEALTH: Final = _operation(_answers("status", (200,), ()), on=None, key=False)
READINESS: Final = _operation(_answers("status", (200,), (503,)), on=None, key=False)
