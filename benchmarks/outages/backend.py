"""A merchant's backend that lives through outages: what has no answer, or a 503, is sent again.

It keeps the same Idempotency-Key, asks another API each time, and remembers all it was told.
"""

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from benchmarks.outages.fleet import Fleet
from orchestrator.demo.shop import Answer, Disagreement, Json, Shop

PAUSE_SECONDS: Final = 0.2
# Longer than a restart and the patience of an API together.
PATIENCE_SECONDS: Final = 60.0
# The first request under this key lives on in an API that waits for the database.
AGAIN: Final = frozenset({"database_unavailable", "idempotency_key_in_use", "write_conflict"})


@dataclass(slots=True)
class Told:
    """What the backend was told: statuses, codes, and where each payment was last seen."""

    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    silences: Counter[str] = field(default_factory=Counter)
    payments: dict[str, Json] = field(default_factory=dict)
    # When each POST got its answer, whatever it had to write for it.
    acknowledged_at: list[float] = field(default_factory=list)

    def note(self, status: int, body: Json) -> None:
        """Remember an answer."""
        self.answers[status, str(body.get("code", ""))] += 1
        if body.get("object") == "payment":
            known = self.payments.get(body["id"])
            if known is None or _progress(body) >= _progress(known):
                self.payments[body["id"]] = body

    @property
    def faults(self) -> int:
        """How many answers were a fault of the service's."""
        return sum(count for (status, _), count in self.answers.items() if status == 500)


class Backend(Shop):
    """A shop that tries on."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        deployment: Fleet,
        *,
        settles_within: float = PATIENCE_SECONDS,
    ) -> None:
        """Spread requests over the APIs of a fleet."""
        super().__init__(session, deployment)
        self._settles_within = settles_within
        self.told = Told()
        self._http = session
        self._fleet = deployment
        self._turns = itertools.count()

    async def get(self, path: str) -> Json:
        """Read something, however often it takes."""
        answer = await self._send("GET", path, None, self._headers())
        if answer.status != 200:
            raise Disagreement(f"GET {path} answered {answer.status}: {answer.body}")
        return answer.body

    async def post(self, path: str, body: Json, *, key: str | None = None) -> Answer:
        """Send something, however often it takes, under one key."""
        headers = self._headers() | {"Idempotency-Key": key or self.new_key()}
        answer = await self._send("POST", path, body, headers)
        self.told.acknowledged_at.append(time.monotonic())
        return answer

    async def settled(self, payment: Json) -> Json:
        """Poll a payment until nothing is outstanding but, perhaps, the customer.

        Raises:
            TimeoutError: it does not settle.
        """
        async with asyncio.timeout(self._settles_within):
            while payment["state"] == "confirming" and not payment["next_action"]:
                await asyncio.sleep(PAUSE_SECONDS)
                payment = await self.get(f"/v1/payments/{payment['id']}")
        return payment

    async def _send(
        self, method: str, path: str, body: Json | None, headers: dict[str, str]
    ) -> Answer:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self._try(method, path, body, headers)
                if answer is not None and answer.body.get("code") not in AGAIN:
                    return answer
                await asyncio.sleep(PAUSE_SECONDS)

    async def _try(
        self, method: str, path: str, body: Json | None, headers: dict[str, str]
    ) -> Answer | None:
        """Ask one API; null where there was no answer."""
        url = self._fleet.apis[next(self._turns) % len(self._fleet.apis)] + path
        try:
            async with self._http.request(method, url, json=body, headers=headers) as answer:
                read: Json = await answer.json(content_type=None)
                replayed = answer.headers.get("Idempotent-Replayed") == "true"
        except aiohttp.ClientError as exc:
            self.told.silences[type(exc).__name__] += 1
            return None
        self.told.note(answer.status, read)
        return Answer(answer.status, read, replayed)


def _progress(payment: Json) -> tuple[bool, int, str]:
    return payment["handled"], payment["attempts_used"], payment["updated_at"]


__all__ = ["Backend", "Told"]
