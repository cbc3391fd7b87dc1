"""What ``/openapi.json`` says of each operation: bodies, headers, answers and the key it needs.

The routes read their requests themselves, so nothing of this is derived from their signatures.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI

from api.queries import LIST_PARAMETERS, Parameter
from api.schemas import Body, CancelBody, ConfirmBody, CreateBody, RefreshBody
from api.shapes import OUTCOME_FIELDS
from orchestrator.states import LARGEST_MAX_ATTEMPTS, PaymentEvent, PaymentState

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: Final[Schema] = {"type": ["integer", "null"]}
_ATTEMPTS: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": LARGEST_MAX_ATTEMPTS}
_FLAG: Final[Schema] = {"type": "boolean"}
_MAYBE_FLAG: Final[Schema] = {"type": ["boolean", "null"]}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_STATE: Final[Schema] = {"type": "string", "enum": [state.value for state in PaymentState]}
_EVENT: Final[Schema] = {"type": "string", "enum": [event.value for event in PaymentEvent]}


def _object(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_OUTCOME_TYPES: Final[Mapping[str, Schema]] = {
    "completed": _FLAG,
    "requires_retry": _FLAG,
    "same_card_allowed": _FLAG,
    "message": _TEXT,
    "retry_not_before": {"type": ["string", "null"], "format": "date-time"},
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    "payment": _object(
        {
            "id": {"type": "string", "pattern": "^pay_"},
            "object": {"const": "payment"},
            "state": _STATE,
            "handled": _FLAG,
            "amount": {"type": "integer", "minimum": 1},
            "currency": _TEXT,
            "customer": _MAYBE_TEXT,
            "item_ids": _list_of(_TEXT),
            "transaction_id": _MAYBE_TEXT,
            "description": _MAYBE_TEXT,
            "metadata": {"type": "object", "additionalProperties": _TEXT},
            "attempts_used": _COUNT,
            "attempts_left": _COUNT,
            "max_attempts": _ATTEMPTS,
            "payment_intent": _TEXT,
            "last_outcome": {
                "anyOf": [
                    _object(
                        {name: _OUTCOME_TYPES.get(name, _MAYBE_TEXT) for name in OUTCOME_FIELDS}
                    ),
                    {"type": "null"},
                ]
            },
            "excluded_cards": _list_of(_object({"payment_method": _TEXT, "reason": _TEXT})),
            "next_action": {"type": ["object", "null"]},
            "failure_reason": _MAYBE_TEXT,
            "expires_at": _MOMENT,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
            "client_secret": _TEXT,
        },
        optional=("client_secret",),
    ),
    "transition": _object(
        {
            "object": {"const": "transition"},
            "payment": _TEXT,
            "sequence": {"type": "integer", "minimum": 1},
            "source": {"anyOf": [_STATE, {"type": "null"}]},
            "event": {"type": "string", "enum": ["create", *_EVENT["enum"]]},
            "target": _STATE,
            "attempt": _MAYBE_COUNT,
            "handler": _MAYBE_TEXT,
            "handler_error": _MAYBE_TEXT,
            "completed": _MAYBE_FLAG,
            "requires_retry": _MAYBE_FLAG,
            "code": _MAYBE_TEXT,
            "decline_code": _MAYBE_TEXT,
            "reason": _MAYBE_TEXT,
            "actor": _object(
                {
                    "kind": {"enum": ["api_key", "stripe", "worker", "operator"]},
                    "id": _MAYBE_TEXT,
                }
            ),
            "request_id": _MAYBE_TEXT,
            "stripe_request_id": _MAYBE_TEXT,
            "stripe_event_id": _MAYBE_TEXT,
            "evidence": _MAYBE_COUNT,
            "machine_version": _TEXT,
            "rules_version": _TEXT,
            "occurred_at": _MOMENT,
            "previous_hash": _TEXT,
            "hash": _TEXT,
        }
    ),
    "history": _object(
        {
            "object": {"const": "list"},
            "data": _list_of(_reference("transition")),
            "has_more": _FLAG,
            "url": _TEXT,
        }
    ),
    "payments": _object(
        {
            "object": {"const": "list"},
            "data": _list_of(_reference("payment")),
            "has_more": _FLAG,
            "url": _TEXT,
        }
    ),
    "explanation": _object(
        {
            "object": {"const": "explanation"},
            "payment": _TEXT,
            "state": _STATE,
            "handled": _FLAG,
            "summary": _TEXT,
            "rule": {
                "anyOf": [
                    _object(
                        {
                            "code": _MAYBE_TEXT,
                            "decline_code": _MAYBE_TEXT,
                            "handler": _TEXT,
                            "meaning": _MAYBE_TEXT,
                            "completed": _MAYBE_FLAG,
                            "requires_retry": _MAYBE_FLAG,
                            "event": _EVENT,
                            "rules_version": _TEXT,
                        }
                    ),
                    {"type": "null"},
                ]
            },
            "allowed_events": _list_of(_EVENT),
            "attempts_left": _COUNT,
            "max_attempts": _ATTEMPTS,
            "deadline": {"type": ["string", "null"], "format": "date-time"},
            "deadline_effect": _MAYBE_TEXT,
            "excluded_cards": _list_of(_object({"payment_method": _TEXT, "reason": _TEXT})),
            "next_steps": _list_of(_TEXT),
        }
    ),
    "client_secret": _object(
        {
            "object": {"const": "client_secret"},
            "payment": _TEXT,
            "client_secret": _TEXT,
        }
    ),
    "machine": _object(
        {
            "object": {"const": "machine"},
            "version": _TEXT,
            "states": _list_of(_STATE),
            "terminal_states": _list_of(_STATE),
            "events": _list_of(_EVENT),
            "transitions": _list_of(_object({"source": _STATE, "event": _EVENT, "target": _STATE})),
            "max_attempts": _COUNT,
            "longest_path": _COUNT,
        }
    ),
    "status": _object({"status": _TEXT}),
    "error": _object(
        {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "code": _TEXT,
            "param": _MAYBE_TEXT,
            "request_id": _TEXT,
            "state": {"anyOf": [_STATE, {"type": "null"}]},
            "allowed_events": {"anyOf": [_list_of(_EVENT), {"type": "null"}]},
            "stripe_code": _MAYBE_TEXT,
        },
        optional=("state", "allowed_events", "stripe_code"),
    ),
}

_HEADERS: Final[Schema] = {
    "Request-Id": {"schema": _TEXT, "description": "Names this request in log and history."}
}


def _answers(schema: str, successes: tuple[int, ...], refusals: tuple[int, ...]) -> Schema:
    good = {str(status): _answer(status, schema, "application/json") for status in successes}
    bad = {str(status): _answer(status, "error", "application/problem+json") for status in refusals}
    return good | bad


def _answer(status: int, schema: str, media_type: str) -> Schema:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _HEADERS,
        "content": {media_type: {"schema": _reference(schema)}},
    }


def _operation(
    answers: Schema,
    *,
    body: type[Body] | None = None,
    on_payment: bool = True,
    needed: bool = False,
    key: bool = True,
    query: Mapping[str, Parameter] | None = None,
) -> Schema:
    """Describe an operation; ``needed`` says that body and Idempotency-Key may not be missing."""
    parameters = [_PAYMENT_ID] if on_payment else []
    parameters += [_in_query(name, parameter) for name, parameter in (query or {}).items()]
    operation: Schema = {"responses": answers}
    if key:
        operation["security"] = [{"key": []}]
    if body is not None:
        parameters = [*parameters, {**_IDEMPOTENCY_KEY, "required": needed}]
        schema = {"schema": body.model_json_schema()}
        operation["requestBody"] = {"required": needed, "content": {"application/json": schema}}
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


_PAYMENT_ID: Final[Schema] = {"name": "payment_id", "in": "path", "required": True, "schema": _TEXT}
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
    on_payment=False,
    needed=True,
)
CONFIRM: Final = _operation(
    _answers("payment", (200, 202), _WRITE_REFUSALS), body=ConfirmBody, needed=True
)
CANCEL: Final = _operation(_answers("payment", (200, 202), _WRITE_REFUSALS), body=CancelBody)
REFRESH: Final = _operation(_answers("payment", (200,), (*_WRITE_REFUSALS, 503)), body=RefreshBody)
LIST: Final = _operation(
    _answers("payments", (200,), (401, 403, 422)), on_payment=False, query=LIST_PARAMETERS
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
MACHINE: Final = _operation(_answers("machine", (200,), (401, 422)), on_payment=False)
DIAGRAM: Final = _operation(
    {
        "200": {
            "description": "The diagram",
            "headers": _HEADERS,
            "content": {"image/svg+xml": {"schema": _TEXT}},
        },
        **_answers("error", (), (401, 422)),
    },
    on_payment=False,
)
HEALTH: Final = _operation(_answers("status", (200,), ()), on_payment=False, key=False)
READINESS: Final = _operation(_answers("status", (200,), (503,)), on_payment=False, key=False)


def describe(app: FastAPI) -> None:
    """Add the schemas and the key to what the application says of itself."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(SCHEMAS)
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        return document

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend it
