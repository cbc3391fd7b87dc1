"""An endpoint of the shop's that is told every event, and believes only what is signed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from orchestrator.demo.checks import Finished
from orchestrator.demo.shop import PATIENCE_SECONDS, Json, Shop

PATH: Final = "/payments"
# Which history row an event tells of.
Key = tuple[str, int]


@dataclass(slots=True)
class Receiver:
    """What has been told so far. Deliveries are at least once, so an event may come again."""

    url: str = ""
    secret: str = ""
    told: dict[Key, Json] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        """Take an event that our secret has signed."""
        try:
            event = Webhook(self.secret).verify(await request.text(), dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=400)
        row = event["data"]["transition"]
        self.told[row["payment"], row["sequence"]] = row
        self.news.set()
        return web.Response(status=204)

    async def until_told(self, finished: list[Finished]) -> None:
        """Wait until every history row has been told, or patience ends; a check says what lacks."""
        wanted = {(row["payment"], row["sequence"]) for one in finished for row in one.history}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while wanted - self.told.keys():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def receiving(shop: Shop) -> AsyncIterator[Receiver]:
    """Listen on loopback, and have every event sent there from now on."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post(PATH, receiver.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        receiver.secret = await shop.register(receiver.url)
        yield receiver
    finally:
        await runner.cleanup()
