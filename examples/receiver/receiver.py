"""The receiver as a web application: one route, which refuses what nobody we know has signed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

from examples.receiver.inbox import Inbox

# Larger than any event: what is longer is nobody's we know.
LONGEST_BODY: Final = 256 * 1024

Act = Callable[[dict[str, Any]], None]


def create_app(secrets: Sequence[str], inbox: Inbox, act: Act) -> FastAPI:
    """Build the receiver; ``act`` is called once for each event, and must be quick."""
    app = FastAPI(openapi_url=None)

    @app.post("/webhooks/payments")
    async def receive(request: Request) -> Response:
        body = await _read(request)
        event = verified(body, dict(request.headers), secrets) if body is not None else None
        if event is None:
            return Response(status_code=400)
        if inbox.take(event):
            act(event)
        # The second time is as good as the first: what is not answered with 2xx comes again.
        return Response(status_code=204)

    return app


def verified(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str]
) -> dict[str, Any] | None:
    """Return the event in a body, if any of the secrets has signed it, and not long ago."""
    for secret in secrets:
        try:
            event: dict[str, Any] = Webhook(secret).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            # A ValueError is what the library makes of a header that is no signature at all.
            continue
        return event
    return None


async def _read(request: Request) -> bytes | None:
    """Read the body as it came: parsed and written again it would have another signature."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return body
