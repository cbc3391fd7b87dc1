"""The shapes of what is told to others, and of whom it is told to, as JSON Schema."""

from collections.abc import Mapping
from typing import Final

from api.openapi.types import (
    Schema,
    always,
    list_of,
    maybe_moment,
    maybe_number,
    maybe_text,
    moment,
    number,
    one_of,
    page_of,
    record,
    reference,
    text,
)
from orchestrator.outgoing.event import EVENT_ID, EVENT_TYPES

EVENT_OBJECTS: Final[Mapping[str, Schema]] = {
    "event": record(
        "Something that happened to a payment; the same where it is delivered and where it is "
        "read.",
        {
            "id": text(
                "The event's id: the same however often it is told.", pattern=f"^{EVENT_ID}$"
            ),
            "object": always("event"),
            "type": one_of(list(EVENT_TYPES), "The state that the payment came to."),
            "created_at": moment("When it happened."),
            "data": record(
                "What happened, and to what.",
                {
                    "transition": reference("transition"),
                    "payment": reference("payment"),
                },
            ),
        },
    ),
    "events": page_of("event", "A page of the feed, oldest first."),
    "webhook_endpoint": record(
        "An address that events are sent to.",
        {
            "id": text("The endpoint's id.", pattern="^we_"),
            "object": always("webhook_endpoint"),
            "url": text("Where events are sent."),
            "description": maybe_text("What it is, for people."),
            "event_types": list_of(
                {"type": "string", "enum": list(EVENT_TYPES)}, "Which events it is sent."
            ),
            "owner": maybe_text("Whose payments' events it is sent; null is everybody's."),
            "state": one_of(
                ["enabled", "disabled", "deleted"],
                "disabled: nothing is sent until it is enabled again.",
            ),
            "disabled_reason": maybe_text(
                "gone: it answered 410. failing: it took nothing for three days."
            ),
            "failures": number("Failed tries since one last succeeded."),
            "failing_since": maybe_moment("When the first of these was."),
            "previous_secret_until": maybe_moment(
                "Until when the secret before the last rotation signs as well."
            ),
            "created_by": text("The id of the API key that registered it."),
            "created_at": moment("When it was registered."),
            "updated_at": moment("When it was last changed."),
            "secret": maybe_text(
                "What its events are signed with (whsec_…). There only where this request made it; "
                "null in a repeat once there is a newer one."
            ),
        },
        optional=("secret",),
    ),
    "webhook_endpoints": page_of("webhook_endpoint", "A page of endpoints, newest first."),
    "webhook_delivery": record(
        "One event on its way to one endpoint.",
        {
            "id": text("The delivery's id.", pattern="^dlv_"),
            "object": always("webhook_delivery"),
            "webhook_endpoint": text("The endpoint it goes to."),
            "event": text("The event it brings."),
            "state": one_of(
                ["pending", "delivered", "failed"],
                "pending: it is tried again. failed: it is not tried any more.",
            ),
            "tries": number("How often it was tried."),
            "next_try_at": maybe_moment("When it is tried next; null once it has ended."),
            "last_tried_at": maybe_moment("When it was last tried."),
            "last_status": maybe_number("The HTTP status that was answered last."),
            "last_error": maybe_text(
                "What went wrong last: status, redirect, timeout, connection_failed, "
                "address_refused, gone, endpoint_disabled, endpoint_deleted."
            ),
            "replayed_by": maybe_text(
                "The id of the request that asked for a replay; null where it came with the event."
            ),
            "created_at": moment("Since when it is on its way."),
            "ended_at": maybe_moment("When it was delivered or given up."),
        },
    ),
    "webhook_deliveries": page_of("webhook_delivery", "Deliveries, newest first."),
}

__all__ = ["EVENT_OBJECTS"]
