"""The feed as server-sent events: told to whoever listens, for as long as they do.

A stream holds no transaction, no connection to the database and no thread while nothing happens:
one reader of a process looks whether the feed has grown, and wakes all who wait. Refuses more
streams than a process may have, and one key more than half of them. Ends each when the process is
to end, when its listener goes or takes nothing, and when its API key is no longer in use. Whoever
was cut off goes on from the last id they heard.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.errors import TooManyStreams
from orchestrator import metrics
from orchestrator.errors import OrchestratorError
from orchestrator.outgoing.feed import Feed, event_document
from orchestrator.store.feed import Event, ListEvents

log = structlog.get_logger("orchestrator.api")

# How soon a stream tells of what has got its place.
LOOK_SECONDS: Final = 0.5
# Proxies end what is silent for a minute, often; a listener that is gone is noticed by then, too.
HEARTBEAT_SECONDS: Final = 15.0
# How long a listener may take nothing of what is sent.
TAKE_SECONDS: Final = 30.0
# How long one that takes nothing may keep a process from ending.
GRACE_SECONDS: Final = 2.0
# A browser comes back after so long.
RETRY_MILLISECONDS: Final = 2000

HEADERS: Final = {
    "Cache-Control": "no-store",
    # nginx would keep it back until it has a page full.
    "X-Accel-Buffering": "no",
}
_HEARTBEAT: Final = b": nothing new\n\n"
_BEGINNING: Final = f"retry: {RETRY_MILLISECONDS}\n\n".encode()

Bell = asyncio.Event


@dataclass(slots=True)
class News:
    """Looks whether the feed has grown, and rings for everybody who waits in this process."""

    feed: Feed
    last: int = 0
    _bells: set[Bell] = field(default_factory=set)
    _look: "tuple[asyncio.Task[None], asyncio.Event] | None" = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Bell]:
        """Give a bell that rings at news; with the last who listens the looking ends."""
        bell = Bell()
        self._bells.add(bell)
        if self._look is None:
            enough = asyncio.Event()
            self._look = (asyncio.create_task(self._looking(enough)), enough)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            if not self._bells and self._look is not None:
                (task, enough), self._look = self._look, None
                enough.set()
                await task

    async def _looking(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            try:
                self._tell(await self.feed.last())
            except OrchestratorError:
                # Said by the database's own lines; the next look may find it again.
                pass
            except Exception as exc:  # noqa: BLE001  those who wait have nobody else
                log.error("feed_not_read", error=type(exc).__name__)
            await waited(enough, LOOK_SECONDS)

    def _tell(self, last: int) -> None:
        if last > self.last:
            self.last = last
            for bell in self._bells:
                bell.set()


class Streams:
    """The open streams of a process."""

    def __init__(self, feed: Feed, most: int, stop: asyncio.Event) -> None:
        self.feed = feed
        self.stop = stop
        self.news = News(feed)
        self._most = most
        self._held: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """Return how many are open."""
        return self._held.total()

    @asynccontextmanager
    async def entered(self, key_id: str) -> AsyncIterator[Bell]:
        """Take the place of a key's stream while the block runs; gives the bell that wakes it.

        Raises:
            TooManyStreams: every place is taken, or half of them by this key.
        """
        if self.open >= self._most:
            raise TooManyStreams(
                "This process has as many open streams of events as it may. Try again in a moment, "
                "or read the list."
            )
        if self._held[key_id] >= math.ceil(self._most / 2):
            raise TooManyStreams(
                "This API key has half of the streams of events that this process may have open, "
                "and leaves the others to other keys. Try again in a moment, or read the list."
            )
        self._count(key_id, 1)
        try:
            async with self.news.listening() as bell:
                yield bell
        finally:
            self._count(key_id, -1)

    def _count(self, key_id: str, more: int) -> None:
        self._held[key_id] += more
        if not self._held[key_id]:
            del self._held[key_id]
        metrics.event_streams_open(self.open)


class EventStream(Response):
    """One stream: what a listener wants to hear, and how far it has heard."""

    media_type = "text/event-stream"

    def __init__(
        self,
        streams: Streams,
        wanted: ListEvents,
        place: int,
        key_id: str,
        still_allowed: Callable[[], Awaitable[bool]],
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self._streams = streams
        self._wanted = wanted
        self._place = place
        self._key_id = key_id
        self._still_allowed = still_allowed
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell events until somebody has had enough."""
        del scope
        async with self._streams.entered(self._key_id) as bell:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            telling = asyncio.create_task(self._tell(send, bell))
            ends = [asyncio.create_task(each) for each in (self._stopped(), gone(receive))]
            try:
                await asyncio.wait([telling, *ends], return_when=asyncio.FIRST_COMPLETED)
                # Told rather than canceled: a read of the database is let end.
                self._over = True
                bell.set()
                await asyncio.wait([telling], timeout=GRACE_SECONDS)
                if telling.done():
                    telling.result()
            finally:
                for task in (telling, *ends):
                    task.cancel()
                await asyncio.gather(telling, *ends, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send, bell: Bell) -> None:
        due = time.monotonic() + HEARTBEAT_SECONDS
        try:
            await _write(send, _BEGINNING)
            while not self._over:
                bell.clear()
                events, more = await self._read()
                if events:
                    await _write(send, b"".join(map(drawn, events)))
                if time.monotonic() >= due:
                    if not await self._still_allowed():
                        return
                    await _write(send, _HEARTBEAT)
                    due = time.monotonic() + HEARTBEAT_SECONDS
                if not more and not self._over:
                    await waited(bell, due - time.monotonic())
        except OrchestratorError:
            return  # the database is away: whoever listens comes back and goes on
        except TimeoutError:
            return  # nobody takes it

    async def _read(self) -> tuple[list[Event], bool]:
        """Read what is new, and whether there may be more; go on behind it."""
        # A place is visible only once all before it are: what was last then is read now.
        last = self._streams.news.last
        found = await self._streams.feed.after(self._wanted, self._place)
        if len(found) == self._wanted.limit:
            self._place = found[-1].position
            return found, True
        self._place = max(self._place, last, *(event.position for event in found))
        return found, False

    async def _stopped(self) -> None:
        await self._streams.stop.wait()


def drawn(event: Event) -> bytes:
    """Draw an event as the standard has it: its id, its type, and its document in one line."""
    document = event_document(event)
    head = f"id: {document['id']}\nevent: {document['type']}\n"
    return head.encode() + b"data: " + orjson.dumps(document) + b"\n\n"


async def gone(receive: Receive) -> None:
    """Wait until the listener has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, so long at the most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()


async def _write(send: Send, content: bytes) -> None:
    async with asyncio.timeout(TAKE_SECONDS):
        await send({"type": "http.response.body", "body": content, "more_body": True})
