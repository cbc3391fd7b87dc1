"""The part of a worker that sends events: claims what is due, sends it, writes what became of it.

At least once, and in no order: a worker that dies after a sending leaves the delivery to another,
who sends it again. A slow receiver holds nobody up: a round waits a moment for its sendings, and
those that take longer go on beside the next. Of all sendings at a time one endpoint has a part, and
one that did not take the last has a single one, or a few that hang would leave no place to others.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import structlog

from orchestrator import metrics
from orchestrator.outgoing.event import EventKey, event_id
from orchestrator.outgoing.feed import event_document
from orchestrator.outgoing.schedule import next_try, read_retry_after
from orchestrator.outgoing.sending import Answer, Sender
from orchestrator.outgoing.signing import signed_headers
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.deliveries import Claimed, Tried, claim_deliveries, note_try
from orchestrator.store.feed import read_event
from orchestrator.store.webhook_endpoints import end_unwanted, find_endpoint

log = structlog.get_logger("orchestrator.outgoing")

# Sendings of one process at a time, and to one endpoint.
AT_ONCE: Final = 40
AT_ONCE_TO_ONE: Final = 10
# Longer than any sending, or two workers would make the same one.
LEASE_SECONDS: Final = 60
# A worker has other parts to do.
ROUND_SECONDS: Final = 0.5
GONE: Final = 410


@dataclass(slots=True)
class Deliveries:
    """Sends what is due from one process."""

    database: Database
    sender: Sender
    clock: Callable[[], datetime] = utc_now
    name: str = "webhook_deliveries"
    _running: dict["asyncio.Task[None]", Claimed] = field(default_factory=dict)
    # Endpoints that did not take what this process sent them last.
    _failing: set[str] = field(default_factory=set)

    async def run_once(self, worker: str) -> int:
        """Send some of what is due; return how many sendings were begun."""
        begun, over = 0, time.monotonic() + ROUND_SECONDS
        while True:
            claimed = await self._claim(worker)
            for each in claimed:
                task = asyncio.create_task(self._deliver(each, worker))
                self._running[task] = each
                task.add_done_callback(lambda done: self._running.pop(done, None))
            begun += len(claimed)
            left = over - time.monotonic()
            if left <= 0 or not (claimed or self._running):
                return begun
            if not claimed:
                await asyncio.wait(
                    list(self._running), timeout=left, return_when=asyncio.FIRST_COMPLETED
                )

    async def close(self) -> None:
        """Let what is being sent end, and close the connections."""
        if self._running:
            await asyncio.wait(list(self._running))
        await self.sender.close()

    async def _claim(self, worker: str) -> list[Claimed]:
        """Take what may be sent now: first for those who take what they are sent."""
        held = Counter(claimed.endpoint_id for claimed in self._running.values())
        room = AT_ONCE - held.total()
        most = {id: 1 if id in self._failing else AT_ONCE_TO_ONE for id in held}
        busy = {id for id, many in held.items() if many >= most[id]}
        passed_over = busy | self._failing
        # As many as the one with the fewest places left may have, should all be for that one.
        part = min((most[id] - held[id] for id in held if id not in busy), default=AT_ONCE_TO_ONE)
        claimed = await self._take(worker, min(room, part), passed_over)
        if not claimed and self._failing - busy:
            claimed = await self._take(worker, min(room, 1), busy)
        return claimed

    async def _take(
        self, worker: str, how_many: int, passed_over: Collection[str]
    ) -> list[Claimed]:
        if how_many <= 0:
            return []
        now = self.clock()
        lease_until = now + timedelta(seconds=LEASE_SECONDS)
        claimed = await self.database.write(
            claim_deliveries,
            worker,
            now,
            lease_until,
            how_many,
            sorted(passed_over),
            one_statement=True,
        )
        # What this process is still sending may have come up again: its lease was over.
        running = {each.id for each in self._running.values()}
        return [each for each in claimed if each.id not in running]

    async def _deliver(self, claimed: Claimed, worker: str) -> None:
        try:
            await self._send(claimed, worker)
        except Exception as exc:  # noqa: BLE001  its lease ends and it comes up again
            metrics.worker_failed(self.name)
            log.error("delivery_failed", delivery=claimed.id, error=type(exc).__name__)

    async def _send(self, claimed: Claimed, worker: str) -> None:
        endpoint = await self.database.read(find_endpoint, claimed.endpoint_id)
        key = EventKey(claimed.payment_id, claimed.sequence)
        event = await self.database.read(read_event, key, None)
        assert event is not None, "a delivery brings an event of the feed"
        if endpoint is None or endpoint["state"] != "enabled":
            # Ended with its endpoint, or written at the very moment in which that was given up.
            await self.database.write(end_unwanted, claimed.endpoint_id, self.clock())
            return
        body = orjson.dumps(event_document(event))
        began = self.clock()
        headers = signed_headers(event_id(*key), began, body.decode(), secrets_of(endpoint, began))
        answer = await self.sender.send(endpoint["url"], body, headers)
        await self._note(claimed, worker, answer)

    async def _note(self, claimed: Claimed, worker: str, answer: Answer) -> None:
        now, tried_now = self.clock(), claimed.tries + 1
        tried = judge(answer, tried_now, now, chance=random.random())  # noqa: S311, RUF100
        disabled = await self.database.write(note_try, claimed, worker, tried, now)
        (self._failing.discard if answer.taken else self._failing.add)(claimed.endpoint_id)
        metrics.delivery_tried("delivered" if answer.taken else answer.error or "failed")
        told = {
            "delivery": claimed.id,
            "webhook_endpoint": claimed.endpoint_id,
            "status": answer.status,
            "tries": tried_now,
        }
        if answer.taken:
            log.info("event_sent", **told)
        else:
            log.info("event_not_taken", error=answer.error, **told)
        if disabled is not None:
            self._failing.discard(claimed.endpoint_id)
            metrics.endpoint_disabled(disabled)
            log.warning(
                "webhook_endpoint_disabled", webhook_endpoint=claimed.endpoint_id, reason=disabled
            )


def judge(answer: Answer, tries: int, now: datetime, *, chance: float = 0.0) -> Tried:
    """Say what an answer means for a delivery that was tried so often. Pure."""
    if answer.taken:
        return Tried(True, answer.status, None, None)
    if answer.status == GONE:
        return Tried(False, answer.status, "gone", None, gone=True)
    retry_after = read_retry_after(answer.retry_after, now)
    due = next_try(tries, now, retry_after=retry_after, chance=chance)
    return Tried(False, answer.status, answer.error, due)


def secrets_of(endpoint: dict[str, Any], now: datetime) -> list[str]:
    """Return the secrets that are in use: the newest first, the one before for a while."""
    secrets: list[str] = [endpoint["secret"]]
    until = endpoint["previous_secret_until"]
    if until is not None and now < until:
        secrets.append(endpoint["previous_secret"])
    return secrets
