"""What ``/openapi.json`` says, for a stranger who has nothing else: operations, shapes, examples.

Start with ``operations``; ``refusals`` draws the errors from the errors themselves.
"""

from typing import Any, Final

from fastapi import FastAPI

from api.openapi.bodies import body_schemas
from api.openapi.examples import all_examples
from api.openapi.links import LINKS
from api.openapi.objects import SCHEMAS
from api.openapi.parameters import HEADERS, PARAMETERS
from api.openapi.refusals import error_examples
from api.openapi.webhooks import WEBHOOKS

DESCRIPTION: Final = """\
Card payments as persisted state machines on top of Stripe: at most one charge and a bounded number
of attempts for each payment.

**Who you are.** Send `Authorization: Bearer ork_…`. A key belongs to an owner, and sees its owner's
payments, customers and cards; another owner's are 404. Keys of scope `audit` read every owner's
payments, those of scope `admin` may do everything.

**How a payment goes.** Create it with what it costs; give its `client_secret` to the customer's
browser, where Stripe.js makes a `pm_…` of the card; confirm with that. The answer is 200 with the
payment as it is then: a decline is no error, the payment has moved to `requires_new_card` or
`card_disabled` and takes another card. It is 202 while the outcome is unknown: read it again, or
refresh it; it is found out by itself. `succeeded` and `failed` are final. The links of an answer
name the operations that take its `id`.

**Sent twice, done once.** Every POST takes an `Idempotency-Key`; create, confirm and refund need
one. The same request under the same key answers with the thing as it is now and
`Idempotent-Replayed: true`. After a lost answer or a 503, send the same request with the same key
again.

**What happened** is told as events, one for each step of each payment: sent to endpoints that an
administrator registers, signed by Standard Webhooks; and read in `/v1/events`, page by page or as
server-sent events with `Accept: text/event-stream`. An event may be delivered more than once and
out of order: act once for each id.

**What goes wrong** is told as `application/problem+json` (RFC 9457) with a stable `code`; an
address that does not exist is 404 `not_found`, a method it does not take 405 `method_not_allowed`
with those it does take in `Allow`.
Amounts are integers in the currency's smallest unit, timestamps RFC 3339 in UTC. Card numbers are
refused wherever they stand.
"""

TAGS: Final = (
    ("payments", "Create, confirm and watch payments."),
    ("refunds", "Give money back; see what was given or asked back."),
    ("customers", "Customers at Stripe, and the cards they keep."),
    ("cards", "Single cards: renew, take away, in and out of use."),
    ("anomalies", "What nobody expected: a queue for auditors and administrators."),
    ("decline rules", "What is done about each decline: shown, changed on record, tried out."),
    ("actions", "What people did, on record: for auditors."),
    ("events", "What happened to payments: the feed, as pages or as a stream."),
    ("webhook_endpoints", "Whom events are sent to, signed by Standard Webhooks."),
    ("machine", "The transition table that every payment obeys."),
    ("health", "For load balancers: no key needed."),
)


def describe(app: FastAPI) -> None:
    """Say what the routes cannot say of themselves."""
    app.description = DESCRIPTION
    app.openapi_tags = [{"name": name, "description": about} for name, about in TAGS]
    app.servers = [{"url": "/", "description": "Where this document comes from."}]
    generate = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = generate()
        document["components"] = _components()
        document["webhooks"] = dict(WEBHOOKS)
        for item in document["paths"].values():
            for operation in item.values():
                operation["summary"] = _sentence_case(operation["summary"])
        return document

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _components() -> dict[str, Any]:
    return {
        "schemas": {**SCHEMAS, **body_schemas()},
        "parameters": dict(PARAMETERS),
        "headers": dict(HEADERS),
        "links": dict(LINKS),
        "examples": {**all_examples(), **error_examples()},
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key of this service: ork_…",
            }
        },
    }


def _sentence_case(summary: str) -> str:
    return summary[:1] + summary[1:].lower()


__all__ = ["SCHEMAS", "describe"]
