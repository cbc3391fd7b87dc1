"""Both clients over the real API, and over a server that does what a script says."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import orjson
import pytest

from orchestrator.client import AsyncClient, Retries
from tests.api.conftest import Api, open_api
from tests.world import World

PAYMENT: dict[str, Any] = {
    "id": "pay_1",
    "object": "payment",
    "state": "created",
    "handled": False,
    "amount": 1000,
    "currency": "usd",
    "customer": None,
    "item_ids": ["a"],
    "transaction_id": None,
    "description": None,
    "metadata": {},
    "attempts_used": 0,
    "attempts_left": 4,
    "max_attempts": 4,
    "payment_intent": "pi_1",
    "last_outcome": None,
    "excluded_cards": [],
    "next_action": None,
    "failure_reason": None,
    "capture_method": "automatic",
    "awaits_capture": False,
    "amount_received": 0,
    "amount_refunded": 0,
    "disputed": False,
    "expires_at": "2026-03-02T12:00:00.000000Z",
    "created_at": "2026-03-01T12:00:00.000000Z",
    "updated_at": "2026-03-01T12:00:00.000000Z",
    "client_secret": "pi_1_secret_2",
}
# Waits as short as they can be: what is waited for is tested in test_retries.
QUICK = Retries(most=3, dice=lambda: -0.99)


@dataclass(frozen=True)
class Reply:
    """What the scripted server does with one request; a status of 0 hangs up."""

    status: int = 201
    body: Any = field(default_factory=lambda: PAYMENT)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Script:
    """A server's script, and what it was sent."""

    replies: list[Reply]
    url: str = ""
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def keys(self) -> list[str | None]:
        """List the Idempotency-Keys it was sent."""
        return [headers.get("idempotency-key") for _, _, headers, _ in self.seen]


@contextmanager
def serving(*replies: Reply) -> Iterator[Script]:
    """Serve a script on loopback; the last reply is repeated."""
    script = Script(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.seen.append((self.command, self.path, headers, content))
            reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            if reply.status == 0:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
async def api_of(world: World) -> AsyncIterator[Api]:
    """Give the test the API over each kind of database."""
    async with open_api(world) as opened:
        yield opened


def client_of(api: Api, secret: str | None = None) -> AsyncClient:
    """Open a client of the API, without a socket in between."""
    transport = httpx2.ASGITransport(api.app)
    return AsyncClient("http://api", secret or api.secret, transport=transport, retries=QUICK)
