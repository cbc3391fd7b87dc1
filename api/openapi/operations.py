"""What is said of each operation: bodies, headers, answers and the key it needs.

The routes read their requests themselves, so nothing of this is derived from their signatures.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from api.anomaly_queries import ANOMALIES_PARAMETERS
from api.errors import MalformedJson, NotReady, TooManyStreams, ValidationFailed
from api.event_queries import DELIVERIES_PARAMETERS, ENDPOINTS_PARAMETERS, EVENTS_PARAMETERS
from api.openapi import refusals as refused
from api.openapi.examples import ANSWERS, REQUESTS, references
from api.openapi.links import links_from
from api.openapi.parameters import in_query, parameter
from api.openapi.refusals import Kinds, refusals
from api.openapi.types import Schema, reference
from api.queries import ACTIONS_PARAMETERS, CARDS_PARAMETERS, LIST_PARAMETERS, Parameter
from orchestrator import errors


def _answer(
    status: int,
    name: str,
    *headers: str,
    examples: tuple[str, ...] = (),
    linked: bool = True,
) -> Schema:
    """Describe an answer; without names of examples all of its schema's are shown."""
    answer: Schema = {
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
    if linked and (links := links_from(name)):
        answer["links"] = links
    return answer


def _operation(
    answers: Mapping[int, Schema],
    kinds: Kinds,
    *,
    on: str | None = None,
    body: str | None = None,
    body_needed: bool = False,
    key_needed: bool = False,
    keyed: bool = True,
    takes_key: bool = True,
    query: Mapping[str, Parameter] | None = None,
) -> Schema:
    """Describe an operation on what ``on`` names in its path; ``kinds`` are its errors."""
    parameters = [parameter(on)] if on is not None else []
    parameters += [in_query(name, each) for name, each in (query or {}).items()]
    operation: Schema = {
        "responses": {**{str(status): each for status, each in answers.items()}, **refusals(kinds)}
    }
    if keyed:
        operation["security"] = [{"key": []}]
    if body is not None:
        if takes_key:
            needed = "idempotency_key_needed" if key_needed else "idempotency_key"
            parameters.append(parameter(needed))
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


_PAYMENT_GONE: Final[Kinds] = (errors.PaymentNotFound,)
_CUSTOMER_GONE: Final[Kinds] = (errors.CustomerNotFound,)
_CARD_GONE: Final[Kinds] = (errors.CardNotFound,)
_RACED: Final[Kinds] = (errors.WriteConflict,)
_REPLAYED: Final = "Idempotent-Replayed"
_STANDS: Final = ("succeeded", "card_disabled", "authentication_needed", "held", "canceled")
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
        errors.CardAttemptsExhausted,
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
CAPTURE: Final = _operation(
    {
        200: _answer(200, "payment", _REPLAYED, examples=("succeeded", "held")),
        202: _answer(202, "payment", _REPLAYED, examples=("outcome_unknown",)),
    },
    (
        *refused.WRITING,
        *_PAYMENT_GONE,
        *_RACED,
        errors.PaymentHandled,
        errors.PaymentEnding,
        errors.AttemptInProgress,
        errors.NotCapturable,
        errors.CaptureTooLarge,
        errors.StripeRefused,
    ),
    on="payment_id",
    body="capture_payment",
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
RESOLVE: Final = _operation(
    _FOUND_OR_UNKNOWN,
    (
        *refused.WRITING,
        *_PAYMENT_GONE,
        *_RACED,
        errors.PaymentHandled,
        *refused.ASKING_STRIPE,
    ),
    on="payment_id",
    body="resolve_payment",
    body_needed=True,
)
_REFUND_GONE: Final[Kinds] = (errors.RefundNotFound,)
CREATE_REFUND: Final = _operation(
    {
        201: _answer(201, "refund", _REPLAYED, examples=("succeeded", "refused")),
        202: _answer(202, "refund", _REPLAYED, examples=("outcome_unknown",)),
    },
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *_PAYMENT_GONE,
        *_RACED,
        errors.NotRefundable,
        errors.RefundTooLarge,
    ),
    on="payment_id",
    body="create_refund",
    body_needed=True,
    key_needed=True,
)
LIST_REFUNDS: Final = _operation(
    {200: _answer(200, "refunds")}, (*refused.READING, *_PAYMENT_GONE), on="payment_id"
)
LIST_DISPUTES: Final = _operation(
    {200: _answer(200, "disputes")}, (*refused.READING, *_PAYMENT_GONE), on="payment_id"
)
GET_REFUND: Final = _operation(
    {200: _answer(200, "refund")}, (*refused.READING, *_REFUND_GONE), on="refund_id"
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
    {200: _answer(200, "card", linked=False)},
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
_RULE_GONE: Final[Kinds] = (errors.RuleNotFound,)
LIST_RULES: Final = _operation({200: _answer(200, "decline_rules")}, refused.READING)
WHAT_IF: Final = _operation(
    {200: _answer(200, "what_if")},
    (*refused.READING, MalformedJson, ValidationFailed),
    body="try_rules",
    body_needed=True,
    takes_key=False,
)
LIST_RULE_VERSIONS: Final = _operation(
    {200: _answer(200, "decline_rule_versions")}, (*refused.READING, *_RULE_GONE), on="code"
)
CHANGE_RULE: Final = _operation(
    {200: _answer(200, "decline_rule_version")},
    (
        *refused.READING,
        MalformedJson,
        ValidationFailed,
        *_RULE_GONE,
        *_RACED,
        errors.RuleRefused,
    ),
    on="code",
    body="change_rule",
    body_needed=True,
    takes_key=False,
)
DECIDE_RULE: Final = _operation(
    {200: _answer(200, "decline_rule_version", _REPLAYED)},
    (
        *refused.WRITING,
        *_RULE_GONE,
        *_RACED,
        errors.SecondPersonNeeded,
        errors.RuleDecided,
        errors.RuleRefused,
    ),
    on="code",
    body="decide_rule",
    body_needed=True,
)
LIST_ACTIONS: Final = _operation(
    {200: _answer(200, "actions")},
    (*refused.READING, ValidationFailed),
    query=ACTIONS_PARAMETERS,
)
_ANOMALY_GONE: Final[Kinds] = (errors.AnomalyNotFound,)
LIST_ANOMALIES: Final = _operation(
    {200: _answer(200, "anomalies")},
    (*refused.READING, ValidationFailed),
    query=ANOMALIES_PARAMETERS,
)
GET_ANOMALY: Final = _operation(
    {200: _answer(200, "anomaly")}, (*refused.READING, *_ANOMALY_GONE), on="anomaly_id"
)
ASSIGN_ANOMALY: Final = _operation(
    {200: _answer(200, "anomaly", _REPLAYED, examples=("assigned",))},
    (
        *refused.WRITING,
        *_ANOMALY_GONE,
        *_RACED,
        errors.AnomalyAssigned,
        errors.AnomalyResolved,
    ),
    on="anomaly_id",
    body="assign_anomaly",
    body_needed=True,
)
RESOLVE_ANOMALY: Final = _operation(
    {200: _answer(200, "anomaly", _REPLAYED, examples=("resolved",))},
    (*refused.WRITING, *_ANOMALY_GONE, *_RACED, errors.AnomalyResolved),
    on="anomaly_id",
    body="resolve_anomaly",
    body_needed=True,
)
_EVENT_GONE: Final[Kinds] = (errors.EventNotFound,)
_ENDPOINT_GONE: Final[Kinds] = (errors.EndpointNotFound,)
_EVENTS: Final = _answer(200, "events")
_EVENTS["content"]["text/event-stream"] = {
    "schema": {
        "type": "string",
        "description": "Server-sent events: of each its id, its type as `event` and, as `data`, "
        "the event in JSON. A line that begins with a colon says that there is nothing new.",
    },
    "examples": references("event_stream", ANSWERS["event_stream"]),
}
LIST_EVENTS: Final = _operation(
    {200: _EVENTS},
    (*refused.READING, ValidationFailed, *_PAYMENT_GONE, TooManyStreams),
    query=EVENTS_PARAMETERS,
)
GET_EVENT: Final = _operation(
    {200: _answer(200, "event")}, (*refused.READING, *_EVENT_GONE), on="event_id"
)
REPLAY_EVENT: Final = _operation(
    {200: _answer(200, "webhook_deliveries", _REPLAYED)},
    (
        *refused.WRITING,
        *_EVENT_GONE,
        *_ENDPOINT_GONE,
        errors.EndpointDisabled,
        errors.IdempotencyKeyInUse,
    ),
    on="event_id",
    body="replay_event",
)
CREATE_ENDPOINT: Final = _operation(
    {201: _answer(201, "webhook_endpoint", _REPLAYED, "Cache-Control", examples=("registered",))},
    (*refused.WRITING, *_ENDPOINT_GONE, errors.TooManyEndpoints, errors.IdempotencyKeyInUse),
    body="create_webhook_endpoint",
    body_needed=True,
)
LIST_ENDPOINTS: Final = _operation(
    {200: _answer(200, "webhook_endpoints")},
    (*refused.READING, ValidationFailed),
    query=ENDPOINTS_PARAMETERS,
)
GET_ENDPOINT: Final = _operation(
    {200: _answer(200, "webhook_endpoint", examples=("in_use", "given_up"))},
    (*refused.READING, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
)
DELETE_ENDPOINT: Final = _operation(
    {200: _answer(200, "webhook_endpoint", examples=("deleted",), linked=False)},
    (*refused.READING, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
)
ROTATE_SECRET: Final = _operation(
    {200: _answer(200, "webhook_endpoint", _REPLAYED, "Cache-Control", examples=("registered",))},
    (*refused.WRITING, *_ENDPOINT_GONE, *_RACED),
    on="webhook_endpoint_id",
    body="rotate_secret",
)
ENABLE_ENDPOINT: Final = _operation(
    {200: _answer(200, "webhook_endpoint", _REPLAYED, examples=("in_use",))},
    (*refused.WRITING, *_ENDPOINT_GONE, errors.IdempotencyKeyInUse),
    on="webhook_endpoint_id",
    body="enable_webhook_endpoint",
)
LIST_DELIVERIES: Final = _operation(
    {200: _answer(200, "webhook_deliveries")},
    (*refused.READING, ValidationFailed, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
    query=DELIVERIES_PARAMETERS,
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
METRICS: Final = _operation(
    {
        200: {
            "description": "Every metric, in Prometheus's text format.",
            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
            "content": {
                "text/plain": {
                    "schema": {"type": "string", "description": "A line for each figure."},
                    "examples": references("metrics", ANSWERS["metrics"]),
                }
            },
        }
    },
    refused.WITHOUT_KEY,
    keyed=False,
)
HEALTH: Final = _operation({200: _answer(200, "status")}, refused.WITHOUT_KEY, keyed=False)
READINESS: Final = _operation(
    {200: _answer(200, "status")}, (*refused.WITHOUT_KEY, NotReady), keyed=False
)
