"""The outermost layer: gives each request an id and a line in the log, and lets no bug out.

Pure ASGI, because it runs on every request. Neither body, key nor secret is ever logged; a path is
logged only as the route it matched.
"""

import re
import secrets
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote_plus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from api.card_numbers import holds_card_number, suspicious
from api.errors import (
    CardNumberRefused,
    PayloadTooLarge,
    answer_bug,
    answer_refusal,
    answer_routing,
)
from orchestrator import metrics, tracing
from orchestrator.keys import parse_secret

log = structlog.get_logger("orchestrator.api")

# Written by machines on the way, often long decimal numbers; we neither read nor keep them.
TRACING_HEADERS: Final = frozenset(
    {
        b"traceparent",
        b"tracestate",
        b"baggage",
        b"b3",
        b"x-b3-traceid",
        b"x-b3-spanid",
        b"x-b3-parentspanid",
        b"x-datadog-trace-id",
        b"x-datadog-parent-id",
        b"x-amzn-trace-id",
        b"x-cloud-trace-context",
        b"uber-trace-id",
        b"sentry-trace",
    }
)

# What common servers and proxies take at most for a request's head.
MAX_HEAD_BYTES: Final = 32 * 1024

_PAYMENT_ID = re.compile(r"pay_[0-9a-f]{32}")


class Boundary:
    """Wraps the application; everything else may rely on ``scope["request_id"]``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            await self._serve(scope, receive, exchange.send)
        except Exception:
            log.exception("request_failed", request_id=exchange.request_id, **_place(scope))
            if exchange.status is not None:
                # The answer has begun: all that can be done is to break it off.
                raise
            await answer_bug(exchange.request_id)(scope, receive, exchange.send)
        finally:
            exchange.write_line()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _head_bytes(scope) > MAX_HEAD_BYTES:
            # Before anything looks through it: nobody has shown a key yet.
            too_large = PayloadTooLarge(f"The headers must not exceed {MAX_HEAD_BYTES} bytes.")
            await (await answer_refusal(Request(scope), too_large))(scope, receive, send)
            return
        param = _card_number_in_head(scope)
        if param is not None:
            refusal = await answer_refusal(Request(scope), CardNumberRefused(param))
            await refusal(scope, receive, send)
        elif b"%2f" in scope.get("raw_path", b"").lower():
            # Once unescaped, the slash of an id would lead to another route.
            refusal = await answer_routing(Request(scope), HTTPException(404))
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """One request and the answer it gets."""

    def __init__(self, scope: Scope, send: Send) -> None:
        # Never the client's own: the id names this request in our log and in the history.
        self.request_id = f"req_{secrets.token_hex(12)}"
        self.status: int | None = None
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()
        self._streaming_since: float | None = None
        self._header = (b"request-id", self.request_id.encode())
        scope["request_id"] = self.request_id
        # On every line until the answer: a server gives each request a context of its own.
        bind_contextvars(request_id=self.request_id)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on; its head gets the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if _is_stream(message):
                # It lasts as long as somebody listens; the answer took until it began.
                self._streaming_since = time.perf_counter()
            message["headers"] = [*message.get("headers", ()), self._header]
            if tracing.is_on():
                tracing.tell_payment(_place(self._scope)["payment"])
        await self._send(message)

    def write_line(self) -> None:
        """Write the request's line in the access log, and count it."""
        seconds = (self._streaming_since or time.perf_counter()) - self._began
        place = _place(self._scope)
        metrics.request_answered(self._scope["method"], place["route"], self.status, seconds)
        log.info(
            "request",
            method=self._scope["method"],
            status=self.status,
            milliseconds=round(seconds * 1000, 1),
            request_id=self.request_id,
            key_id=self._scope.get("key_id"),
            **place,
        )


def _is_stream(message: Message) -> bool:
    headers: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in headers
    )


def _place(scope: Scope) -> dict[str, Any]:
    """Name the route and the payment; what matches no route is not repeated."""
    payment_id = scope.get("path_params", {}).get("payment_id", "")
    return {
        "route": getattr(scope.get("route"), "path_format", None),
        "payment": payment_id if _PAYMENT_ID.fullmatch(payment_id) else None,
    }


def _head_bytes(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope.get("raw_path", b"")) + len(scope["query_string"])


def _card_number_in_head(scope: Scope) -> str | None:
    """Say where a card number stands: ``path``, ``query``, a header, or ``headers`` for a name."""
    if holds_card_number(scope["path"]):
        return "path"
    query = scope["query_string"]
    if query and holds_card_number(unquote_plus(query.decode("latin-1"))):
        return "query"
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    if not suspicious(b"\n".join(part for header in headers for part in header)):
        return None
    if any(holds_card_number(name.decode("latin-1")) for name, _ in headers):
        return "headers"
    named = (name.decode("latin-1").title() for name, value in headers if _is_card(name, value))
    return next(named, None)


def _is_card(name: bytes, value: bytes) -> bool:
    text = value.decode("latin-1")
    if name in TRACING_HEADERS:
        return False
    # A digest in digits and letters is all digits for a stretch now and then.
    if name == b"stripe-signature":
        return False
    # Our own keys begin with sixteen random digits and letters, now and then all digits.
    if name == b"authorization" and parse_secret(text.partition(" ")[2].strip()) is not None:
        return False
    return holds_card_number(text)
