"""Lets pages of any origin call what Stripe.js calls; the rest stays closed to them."""

import re
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

# Stripe opens its whole API this way: what a page may do is a matter of its key.
_OPEN: Final = re.compile(r"/v1/.*|/_sandbox/payment_intents/[^/]+/(authenticate|challenge)")
_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_EXPOSED: Final = ("Request-Id", "Stripe-Should-Retry")
_KEPT_SECONDS: Final = 300


class CrossOrigin:
    """Answers preflights and marks answers, for the paths that are open."""

    def __init__(self, app: ASGIApp) -> None:
        self._closed = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=_METHODS,
            allow_headers=["*"],
            expose_headers=_EXPOSED,
            max_age=_KEPT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, by way of CORS where it is open."""
        is_open = scope["type"] == "http" and _OPEN.fullmatch(scope["path"]) is not None
        await (self._open if is_open else self._closed)(scope, receive, send)
