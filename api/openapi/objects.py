"""The shapes of what the API answers with, as JSON Schema.

``api/shapes.py`` and ``orchestrator/documents.py`` draw them.
"""

from collections.abc import Mapping
from typing import Final

from api.openapi.event_objects import EVENT_OBJECTS
from api.openapi.oversight_objects import OVERSIGHT_OBJECTS
from api.openapi.payment_objects import PAYMENT_OBJECTS
from api.openapi.types import (
    EVENTS,
    STATES,
    Schema,
    always,
    flag,
    labels,
    list_of,
    maybe,
    maybe_moment,
    maybe_number,
    maybe_text,
    moment,
    number,
    one_of,
    page_of,
    record,
    text,
)

SCHEMAS: Final[Mapping[str, Schema]] = {
    **PAYMENT_OBJECTS,
    **OVERSIGHT_OBJECTS,
    **EVENT_OBJECTS,
    "customer": record(
        "A customer, as Stripe has it.",
        {
            "id": text("The customer's id at Stripe.", pattern="^cus_"),
            "object": always("customer"),
            "email": maybe_text("The address."),
            "name": maybe_text("The name."),
            "metadata": labels("Your own labels."),
            "created_at": moment("When it was created."),
        },
    ),
    "card": record(
        "A card that a customer keeps at Stripe, or that a payment may try.",
        {
            "id": text("Its payment method's id at Stripe.", pattern="^pm_"),
            "object": always("card"),
            "customer": maybe_text("The customer who keeps it; null where none does."),
            "brand": maybe_text("visa, mastercard, amex, …"),
            "last4": maybe_text("The last four digits."),
            "exp_month": maybe_number("The month it expires in, 1 to 12."),
            "exp_year": maybe_number("The year it expires in, four digits."),
            "usable": flag("Whether a payment may try it: false while it is out of use here."),
            "disabled_reason": maybe_text(
                "Why it is out of use: a decline code, detached, or what an administrator wrote."
            ),
            "disabled_at": maybe_moment("Since when it is out of use."),
        },
    ),
    "cards": page_of("card", "All of a customer's cards, newest first."),
    "machine": record(
        "The state machine that every payment obeys.",
        {
            "object": always("machine"),
            "version": text("Changes with the table."),
            "states": list_of({"type": "string", "enum": STATES}, "All states."),
            "terminal_states": list_of({"type": "string", "enum": STATES}, "Those nothing leaves."),
            "events": list_of({"type": "string", "enum": EVENTS}, "All events."),
            "transitions": list_of(
                record(
                    "One row of the table.",
                    {
                        "source": one_of(STATES, "The state before."),
                        "event": one_of(EVENTS, "What happens."),
                        "target": one_of(STATES, "The state after."),
                    },
                ),
                "The whole table: what is not in it cannot happen.",
            ),
            "max_attempts": number("The most attempts a payment can be given."),
            "longest_path": number("The most transitions a payment can make with them."),
        },
    ),
    "status": record("How the process is.", {"status": text("ok or ready.")}),
    "error": record(
        "Why a request was refused (RFC 9457).",
        {
            "type": text("A URN that ends with the code."),
            "title": text("The code in words."),
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": text("What is wrong and what to do next."),
            "code": text("The stable name of the refusal."),
            "param": maybe_text("The field, parameter or header it is about."),
            "request_id": text("The request's id; quote it when you ask us."),
            "state": maybe(one_of(STATES, "On a 409: the payment's state.")),
            "allowed_events": maybe(
                list_of({"type": "string", "enum": EVENTS}, "On a 409: what may happen next.")
            ),
            "stripe_code": maybe_text("Stripe's code, where Stripe refused."),
        },
        optional=("state", "allowed_events", "stripe_code"),
    ),
}


__all__ = ["SCHEMAS"]
