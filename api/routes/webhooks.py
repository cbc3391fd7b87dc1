"""Where Stripe tells its events: the signature is the key, and 200 means that it is stored."""

from typing import Final

import orjson
import structlog
from fastapi import Request, Response

from api.accept import answer
from api.bodies import read_content
from api.errors import (
    EventRefused,
    MalformedJson,
    NotReady,
    ValidationFailed,
    WebhookSignatureInvalid,
)
from api.paths import runtime_of
from api.routes.direct import router_of
from orchestrator import metrics, webhooks
from orchestrator.runtime import Runtime

log = structlog.get_logger("orchestrator.api")

router = router_of("webhooks")

# An event carries its object whole: fifty fields of metadata and a page of addresses.
MAX_EVENT_BYTES: Final = 512 * 1024


# Stripe is its only caller; what it sends is described by Stripe.
@router.post("/v1/webhooks/stripe", include_in_schema=False)
async def receive_event(request: Request) -> Response:
    """Take an event of Stripe's in."""
    runtime = runtime_of(request)
    content = await read_content(request, MAX_EVENT_BYTES)
    _check_signature(request, runtime, content)
    try:
        event = webhooks.parse_event(orjson.loads(content))
        received = await runtime.inbox.receive(event, content, "webhook")
    except ValueError as exc:
        metrics.stripe_event("invalid")
        raise MalformedJson("The body is not valid JSON.") from exc
    except webhooks.EventInvalid as exc:
        metrics.stripe_event("invalid")
        raise ValidationFailed(str(exc)) from exc
    except webhooks.EventRefused as exc:
        metrics.stripe_event("refused")
        log.warning("stripe_event_refused", stripe_event=event.id, error=str(exc))
        raise EventRefused(str(exc)) from exc
    metrics.stripe_event(received)
    return answer({"object": "received_event", "id": event.id, "received": received.value})


def _check_signature(request: Request, runtime: Runtime, content: bytes) -> None:
    """Refuse what Stripe did not sign.

    Raises:
        NotReady: no secret is configured.
        WebhookSignatureInvalid: it fits none, or is of another time.
    """
    secrets = runtime.settings.webhook_secrets
    if not secrets:
        raise NotReady(
            "No webhook secret is configured. Set ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS to the "
            "signing secret of this endpoint."
        )
    headers = request.headers.getlist("stripe-signature")
    if len(headers) > 1:
        raise WebhookSignatureInvalid("The Stripe-Signature header stands twice.")
    try:
        webhooks.verify_signature(
            content, headers[0] if headers else None, secrets, runtime.inbox.driver.clock()
        )
    except webhooks.SignatureInvalid as exc:
        metrics.stripe_event("bad_signature")
        raise WebhookSignatureInvalid(str(exc)) from exc
