"""The operations on events and on those who are sent them."""

from typing import Final

from api.errors import TooManyStreams, ValidationFailed
from api.event_queries import DELIVERIES_PARAMETERS, ENDPOINTS_PARAMETERS, EVENTS_PARAMETERS
from api.openapi import refusals as refused
from api.openapi.examples import ANSWERS, references
from api.openapi.operations.base import PAYMENT_GONE, RACED, REPLAYED, answer, operation
from api.openapi.refusals import Kinds
from orchestrator import errors

_EVENT_GONE: Final[Kinds] = (errors.EventNotFound,)

_ENDPOINT_GONE: Final[Kinds] = (errors.EndpointNotFound,)

_EVENTS: Final = answer(200, "events")
_EVENTS["content"]["text/event-stream"] = {
    "schema": {
        "type": "string",
        "description": "Server-sent events: of each its id, its type as `event` and, as `data`, "
        "the event in JSON. A line that begins with a colon says that there is nothing new.",
    },
    "examples": references("event_stream", ANSWERS["event_stream"]),
}

LIST_EVENTS: Final = operation(
    {200: _EVENTS},
    (*refused.READING, ValidationFailed, *PAYMENT_GONE, TooManyStreams),
    query=EVENTS_PARAMETERS,
)

GET_EVENT: Final = operation(
    {200: answer(200, "event")}, (*refused.READING, *_EVENT_GONE), on="event_id"
)

REPLAY_EVENT: Final = operation(
    {200: answer(200, "webhook_deliveries", REPLAYED)},
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

CREATE_ENDPOINT: Final = operation(
    {201: answer(201, "webhook_endpoint", REPLAYED, "Cache-Control", examples=("registered",))},
    (*refused.WRITING, *_ENDPOINT_GONE, errors.TooManyEndpoints, errors.IdempotencyKeyInUse),
    body="create_webhook_endpoint",
    body_needed=True,
)

LIST_ENDPOINTS: Final = operation(
    {200: answer(200, "webhook_endpoints")},
    (*refused.READING, ValidationFailed),
    query=ENDPOINTS_PARAMETERS,
)

GET_ENDPOINT: Final = operation(
    {200: answer(200, "webhook_endpoint", examples=("in_use", "given_up"))},
    (*refused.READING, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
)

DELETE_ENDPOINT: Final = operation(
    {200: answer(200, "webhook_endpoint", examples=("deleted",), linked=False)},
    (*refused.READING, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
)

ROTATE_SECRET: Final = operation(
    {200: answer(200, "webhook_endpoint", REPLAYED, "Cache-Control", examples=("registered",))},
    (*refused.WRITING, *_ENDPOINT_GONE, *RACED),
    on="webhook_endpoint_id",
    body="rotate_secret",
)

ENABLE_ENDPOINT: Final = operation(
    {200: answer(200, "webhook_endpoint", REPLAYED, examples=("in_use",))},
    (*refused.WRITING, *_ENDPOINT_GONE, errors.IdempotencyKeyInUse),
    on="webhook_endpoint_id",
    body="enable_webhook_endpoint",
)

LIST_DELIVERIES: Final = operation(
    {200: answer(200, "webhook_deliveries")},
    (*refused.READING, ValidationFailed, *_ENDPOINT_GONE),
    on="webhook_endpoint_id",
    query=DELIVERIES_PARAMETERS,
)
