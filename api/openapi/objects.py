"""The shapes of what the API answers with, as JSON Schema; ``api/shapes.py`` draws them."""

from collections.abc import Mapping
from typing import Any, Final

from api.shapes import OUTCOME_FIELDS
from orchestrator.states import LARGEST_MAX_ATTEMPTS, PaymentEvent, PaymentState

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
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


def reference(name: str) -> Schema:
    """Point to one of ``SCHEMAS``."""
    return {"$ref": f"#/components/schemas/{name}"}


_OUTCOME_TYPES: Final[Mapping[str, Schema]] = {
    "completed": _FLAG,
    "requires_retry": _FLAG,
    "same_card_allowed": _FLAG,
    "message": TEXT,
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
            "currency": TEXT,
            "customer": MAYBE_TEXT,
            "item_ids": _list_of(TEXT),
            "transaction_id": MAYBE_TEXT,
            "description": MAYBE_TEXT,
            "metadata": {"type": "object", "additionalProperties": TEXT},
            "attempts_used": _COUNT,
            "attempts_left": _COUNT,
            "max_attempts": _ATTEMPTS,
            "payment_intent": TEXT,
            "last_outcome": {
                "anyOf": [
                    _object(
                        {name: _OUTCOME_TYPES.get(name, MAYBE_TEXT) for name in OUTCOME_FIELDS}
                    ),
                    {"type": "null"},
                ]
            },
            "excluded_cards": _list_of(_object({"payment_method": TEXT, "reason": TEXT})),
            "next_action": {"type": ["object", "null"]},
            "failure_reason": MAYBE_TEXT,
            "expires_at": _MOMENT,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
            "client_secret": TEXT,
        },
        optional=("client_secret",),
    ),
    "transition": _object(
        {
            "object": {"const": "transition"},
            "payment": TEXT,
            "sequence": {"type": "integer", "minimum": 1},
            "source": {"anyOf": [_STATE, {"type": "null"}]},
            "event": {"type": "string", "enum": ["create", *_EVENT["enum"]]},
            "target": _STATE,
            "attempt": _MAYBE_COUNT,
            "handler": MAYBE_TEXT,
            "handler_error": MAYBE_TEXT,
            "completed": _MAYBE_FLAG,
            "requires_retry": _MAYBE_FLAG,
            "code": MAYBE_TEXT,
            "decline_code": MAYBE_TEXT,
            "reason": MAYBE_TEXT,
            "actor": _object(
                {
                    "kind": {"enum": ["api_key", "stripe", "worker", "operator"]},
                    "id": MAYBE_TEXT,
                }
            ),
            "request_id": MAYBE_TEXT,
            "stripe_request_id": MAYBE_TEXT,
            "stripe_event_id": MAYBE_TEXT,
            "evidence": _MAYBE_COUNT,
            "machine_version": TEXT,
            "rules_version": TEXT,
            "occurred_at": _MOMENT,
            "previous_hash": TEXT,
            "hash": TEXT,
        }
    ),
    "history": _object(
        {
            "object": {"const": "list"},
            "data": _list_of(reference("transition")),
            "has_more": _FLAG,
            "url": TEXT,
        }
    ),
    "payments": _object(
        {
            "object": {"const": "list"},
            "data": _list_of(reference("payment")),
            "has_more": _FLAG,
            "url": TEXT,
        }
    ),
    "explanation": _object(
        {
            "object": {"const": "explanation"},
            "payment": TEXT,
            "state": _STATE,
            "handled": _FLAG,
            "summary": TEXT,
            "rule": {
                "anyOf": [
                    _object(
                        {
                            "code": MAYBE_TEXT,
                            "decline_code": MAYBE_TEXT,
                            "handler": TEXT,
                            "meaning": MAYBE_TEXT,
                            "completed": _MAYBE_FLAG,
                            "requires_retry": _MAYBE_FLAG,
                            "event": _EVENT,
                            "rules_version": TEXT,
                        }
                    ),
                    {"type": "null"},
                ]
            },
            "allowed_events": _list_of(_EVENT),
            "attempts_left": _COUNT,
            "max_attempts": _ATTEMPTS,
            "deadline": {"type": ["string", "null"], "format": "date-time"},
            "deadline_effect": MAYBE_TEXT,
            "excluded_cards": _list_of(_object({"payment_method": TEXT, "reason": TEXT})),
            "next_steps": _list_of(TEXT),
        }
    ),
    "client_secret": _object(
        {
            "object": {"const": "client_secret"},
            "payment": TEXT,
            "client_secret": TEXT,
        }
    ),
    "customer": _object(
        {
            "id": {"type": "string", "pattern": "^cus_"},
            "object": {"const": "customer"},
            "email": MAYBE_TEXT,
            "name": MAYBE_TEXT,
            "metadata": {"type": "object", "additionalProperties": TEXT},
            "created_at": _MOMENT,
        }
    ),
    "card": _object(
        {
            "id": {"type": "string", "pattern": "^pm_"},
            "object": {"const": "card"},
            "customer": MAYBE_TEXT,
            "brand": MAYBE_TEXT,
            "last4": MAYBE_TEXT,
            "exp_month": _MAYBE_COUNT,
            "exp_year": _MAYBE_COUNT,
            "usable": _FLAG,
            "disabled_reason": MAYBE_TEXT,
            "disabled_at": {"type": ["string", "null"], "format": "date-time"},
        }
    ),
    "cards": _object(
        {
            "object": {"const": "list"},
            "data": _list_of(reference("card")),
            "has_more": _FLAG,
            "url": TEXT,
        }
    ),
    "machine": _object(
        {
            "object": {"const": "machine"},
            "version": TEXT,
            "states": _list_of(_STATE),
            "terminal_states": _list_of(_STATE),
            "events": _list_of(_EVENT),
            "transitions": _list_of(_object({"source": _STATE, "event": _EVENT, "target": _STATE})),
            "max_attempts": _COUNT,
            "longest_path": _COUNT,
        }
    ),
    "status": _object({"status": TEXT}),
    "error": _object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": TEXT,
            "param": MAYBE_TEXT,
            "request_id": TEXT,
            "state": {"anyOf": [_STATE, {"type": "null"}]},
            "allowed_events": {"anyOf": [_list_of(_EVENT), {"type": "null"}]},
            "stripe_code": MAYBE_TEXT,
        },
        optional=("state", "allowed_events", "stripe_code"),
    ),
}
