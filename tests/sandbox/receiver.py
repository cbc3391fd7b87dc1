"""A receiver of webhooks on a free loopback port, which answers as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import stripe
from aiohttp import web

from tests.sandbox.conftest import Sandbox

WAIT_SECONDS = 10.0


@dataclass
class Received:
    """One request as it arrived."""

    body: bytes
    headers: dict[str, str]

    def event(self, secret: str) -> Any:
        """Read the event as Stripe's library does, signature and all."""
        signature = self.headers["stripe-signature"]
        return stripe.Webhook.construct_event(self.body, signature, secret)


@dataclass
class Receiver:
    """What was received, and the statuses to answer with before 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    delay_seconds: float = 0.0
    received: list[Received] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request and answer it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(await request.read(), headers))
        await asyncio.sleep(self.delay_seconds)
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": self.url})

    async def look(self, request: web.Request) -> web.Response:
        """Answer whoever followed a redirect as if all were well."""
        return web.Response()

    def types(self, secret: str) -> list[str]:
        """List the types of what was received, in the order of arrival."""
        return [each.event(secret).type for each in self.received]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen while the block runs."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    app.router.add_get("/hook", receiver.look)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/hook"
    yield receiver
    await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110  another program's doing has no event to wait for
            await asyncio.sleep(0.01)


async def deliveries(sandbox: Sandbox, heading: str) -> list[dict[str, Any]]:
    """List the account's deliveries under one heading."""
    shown = await sandbox.control("GET", "/deliveries")
    found: list[dict[str, Any]] = shown[heading]
    return found


async def until_shown(sandbox: Sandbox, heading: str, count: int) -> list[dict[str, Any]]:
    """Wait until so many deliveries stand under a heading, and return them."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found := await deliveries(sandbox, heading)) < count:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.02)
    return found
