"""A bare Stripe: three fixed answers at the least cost, so that what is measured is the caller.

It checks nothing and remembers nothing but how often each operation was called. The stand-in that
behaves like Stripe is ``orchestrator.sandbox``.
"""

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Final

import orjson

from benchmarks.stripe_answers import (
    CARD_FOUND,
    CARD_MARK,
    CREATED,
    MARK,
    SUCCEEDED,
)

CALLS_PATH: Final = "/calls"

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# What Stripe sends beside its answers; a client has to parse it all.
_HEADERS: Final = (
    "Server: nginx\r\n"
    "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Connection: keep-alive\r\n"
    "access-control-allow-credentials: true\r\n"
    "access-control-allow-methods: GET, HEAD, PUT, PATCH, POST, DELETE\r\n"
    "access-control-allow-origin: *\r\n"
    "access-control-expose-headers: Request-Id, Stripe-Manage-Version, Stripe-Should-Retry\r\n"
    "access-control-max-age: 300\r\n"
    "cache-control: no-cache, no-store\r\n"
    "content-security-policy: base-uri 'none'; default-src 'none'; form-action 'none'\r\n"
    "stripe-version: 2026-10-28.endive\r\n"
    "vary: Origin\r\n"
    "x-stripe-routing-context-priority-tier: api-testmode\r\n"
    "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload\r\n"
)

_UNKNOWN: Final = b'{"error": {"type": "invalid_request_error", "message": "Unknown."}}'

Answer = tuple[str, bytes]


class Stub:
    """The answers, and the count of what was asked."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._numbers = count(1)

    def answer(self, method: str, path: str) -> bytes:
        """Answer one request."""
        if path == CALLS_PATH:
            return _response(200, orjson.dumps(dict(self.calls)), 0)
        operation, body = self._found(method, path.split("?")[0].split("/")[1:])
        self.calls[operation] += 1
        number = self.calls.total()
        return _response(200 if operation != "unknown" else 404, body, number)

    def _found(self, method: str, parts: list[str]) -> Answer:
        match method, parts:
            case "POST", ["v1", "payment_intents"]:
                return "create", CREATED.replace(MARK.encode(), b"3Q%022d" % next(self._numbers))
            case "POST", ["v1", "payment_intents", intent, "confirm"]:
                mark = intent.removeprefix("pi_").encode()
                return "confirm", SUCCEEDED.replace(MARK.encode(), mark)
            case "GET", ["v1", "payment_methods", card]:
                return "retrieve_card", CARD_FOUND.replace(CARD_MARK.encode(), card.encode())
            case _:
                return "unknown", _UNKNOWN


class _Connection(asyncio.Protocol):
    """One keep-alive connection; requests come one after the other, with a length each."""

    def __init__(self, answer: Callable[[str, str], bytes]) -> None:
        self._answer = answer
        self._received = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            method, path = self._received[: self._received.index(b"\r\n")].decode().split()[:2]
            self._received = self._received[whole:]
            self._transport.write(self._answer(method, path))


def _response(status: int, body: bytes, number: int) -> bytes:
    head = (
        f"HTTP/1.1 {status} OK\r\n{_HEADERS}"
        f"Request-Id: req_{number:014}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def listen(stub: Stub, port: int) -> asyncio.Server:
    """Serve the stub on loopback; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(stub.answer), "127.0.0.1", port)


async def _serve(port: int) -> None:
    async with await listen(Stub(), port) as server:
        await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m benchmarks.stub", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
