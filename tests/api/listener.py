"""Somebody who listens to a stream of events, without a socket in between: ASGI as it is spoken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.api.conftest import Api

# Nothing here takes so long; what does not come at all fails then.
PATIENCE_SECONDS = 20.0


@dataclass
class Listener:
    """One request for a stream: what came of it so far, and a way to go away."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    ended: bool = False
    task: asyncio.Task[None] | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    async def receive(self) -> dict[str, Any]:
        """Tell the application of the request, and then of the listener's going."""
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take what the application tells."""
        async with self.changed:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {
                    name.decode().lower(): value.decode() for name, value in message["headers"]
                }
            else:
                self.text += message.get("body", b"").decode()
                self.ended = not message.get("more_body", False)
            self.changed.notify_all()

    @property
    def events(self) -> list[dict[str, str]]:
        """Return the events that came, each with its fields."""
        found = []
        for block in self.text.split("\n\n")[:-1]:
            lines = [line.partition(": ") for line in block.split("\n") if line[:1] != ":"]
            fields = {name: value for name, _, value in lines if name != "retry"}
            if fields:
                found.append(fields)
        return found

    @property
    def documents(self) -> list[dict[str, Any]]:
        """Return what the events tell."""
        return [orjson.loads(event["data"]) for event in self.events]

    async def hears(self, how_many: int) -> list[str]:
        """Wait for so many events; return their types."""
        await self.until(lambda: len(self.events) >= how_many)
        return [event["event"] for event in self.events]

    async def until(self, happened: Any) -> None:
        """Wait until something has happened to what was heard."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(happened)

    async def until_ended(self) -> None:
        """Wait until the application has said everything."""
        assert self.task is not None
        await asyncio.wait_for(self.task, PATIENCE_SECONDS)


@asynccontextmanager
async def listening(
    api: Api, query: str = "", *, secret: str | None = None, **headers: str
) -> AsyncIterator[Listener]:
    """Ask for a stream; the listener goes away at the end of the block."""
    listener = Listener()
    given = {
        "accept": "text/event-stream",
        "authorization": f"Bearer {secret or api.secret}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "server": ("api", 80),
        "client": ("127.0.0.1", 1),
    }
    listener.task = asyncio.create_task(api.app(scope, listener.receive, listener.send))
    await listener.until(lambda: listener.status != 0)
    try:
        yield listener
    finally:
        listener.left.set()
        await listener.until_ended()
