"""Kills APIs and workers at random moments under load, and says what speaks against survival.

The moments are drawn from a seed. Clients send again under the same key, and Stripe's webhooks
knock at every API, whether it lives or not.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import SecretStr

from benchmarks.outages.backend import Backend, Told
from benchmarks.outages.ends import (
    Left,
    all_delivered,
    ended_as_planned,
    ledger_agrees,
    nothing_left,
    what_is_left,
)
from benchmarks.outages.fleet import DATABASE, WEBHOOK_SECRET, Fleet, fleet
from benchmarks.outages.playing import Players
from benchmarks.outages.run import SERVICE, migrated
from benchmarks.outages.stories import interrupted
from benchmarks.outages.told import no_fault, nothing_acknowledged_is_lost
from benchmarks.outages.victims import Victim, victims
from orchestrator.audit import AuditReport, verify_all
from orchestrator.demo.checks import Check, Finished
from orchestrator.demo.plays import Stage
from orchestrator.demo.processes import STRIPE_KEY
from orchestrator.demo.shop import POLL_SECONDS, Json, StandIn, expect
from orchestrator.requests import utc_now
from orchestrator.runtime import Runtime
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from tests.postgres_cluster import Cluster

# Many wait for somebody who died: the others shall keep the living busy.
AT_ONCE: Final = 16
PAUSE_SECONDS: Final = (0.5, 2.0)
# Until the stand-in tries a webhook again; each time twice as long, six times.
RETRY_SECONDS: Final = 0.5
# Longer than any lease that a dead process leaves behind: a minute, for events.
LEASES_END_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Place:
    """Which processes run, and on what; without workers each API has one in itself.

    ``patience`` is how long a page waits for a webhook, and everybody in the end for leases: what
    is not done by then is asked for, or done by a worker that lives two minutes later.
    """

    name: str
    apis: int
    workers: int
    postgres: bool
    patience: float = LEASES_END_SECONDS


SEVERAL: Final = Place("killed APIs and workers", apis=2, workers=2, postgres=True)
HURRIED: Final = Place("killed APIs and workers", 2, 2, postgres=True, patience=5.0)
ALONE: Final = Place("one killed process on SQLite", 1, 0, postgres=False, patience=5.0)


@dataclass(slots=True)
class Survived:
    """What became of the payments."""

    payments: int
    seconds: float
    told: Told
    kills: Counter[str]
    charges: int
    by_webhook: int
    checks: list[Check]

    @property
    def against(self) -> list[str]:
        """What speaks against their having survived."""
        return [f"{check.claim}: {each}" for check in self.checks for each in check.against[:5]]


async def survive_kills(place: Place, payments: int, seed: int) -> Survived:
    """Make payments while processes are killed and started again."""
    async with (
        _database(place) as (owner_url, url),
        fleet(owner_url, url, apis=0, workers=0) as running,
        aiohttp.ClientSession() as session,
    ):
        killed = await victims(running, apis=place.apis, workers=place.workers)
        return await _Night(place, running, killed, session).through(payments, seed)


@asynccontextmanager
async def _database(place: Place) -> AsyncIterator[tuple[str, str]]:
    """Give the addresses of a fresh database: its owner's, and its processes'."""
    if place.postgres:
        with Cluster.start() as cluster:
            await asyncio.to_thread(migrated, cluster)
            yield cluster.url(DATABASE), cluster.url(DATABASE, SERVICE)
        return
    with tempfile.TemporaryDirectory(prefix="killed-") as folder:
        url = f"sqlite:///{Path(folder) / 'payments.db'}"
        upgrade(url)
        yield url, url


class _Night:
    """Payments on their way, and processes that die."""

    def __init__(
        self, place: Place, running: Fleet, killed: list[Victim], session: aiohttp.ClientSession
    ) -> None:
        self._place = place
        self._running = running
        self._victims = killed
        self._backend = Backend(session, running, settles_within=2 * LEASES_END_SECONDS)
        self._stand_in = _Sender(session, running)
        stage = Stage(self._backend, self._stand_in, running)
        self._players = Players(stage, at_once=AT_ONCE)
        self._kills: Counter[str] = Counter()

    async def through(self, payments: int, seed: int) -> Survived:
        """Play the payments, kill meanwhile, and compare everything once all is quiet."""
        began = time.monotonic()
        await self._stand_in.tell_everybody(self._running.apis)
        async with asyncio.TaskGroup() as group:
            killing = group.create_task(self._kill(random.Random(seed)))  # noqa: S311, RUF100
            scenarios = interrupted(payments, seed, self._place.patience)
            finished = await self._players.play(scenarios)
            killing.cancel()
        for victim in self._victims:
            await victim.revive()
        deliveries = await self._stand_in.delivered(LEASES_END_SECONDS)
        left = await self._quiet()
        await self._look_again(finished)
        ledger, audit = await self._stand_in.ledger(), await verify_all(self._running.database)
        told = self._backend.told
        checks = [
            ended_as_planned(finished),
            ledger_agrees(finished, ledger),
            _rows_hold(finished, audit),
            nothing_acknowledged_is_lost(finished, told),
            no_fault(told),
            all_delivered(deliveries),
            nothing_left(left),
        ]
        return Survived(
            payments=payments,
            seconds=time.monotonic() - began,
            told=told,
            kills=self._kills,
            charges=len(ledger["charges"]),
            by_webhook=sum(bool(row["stripe_event_id"]) for one in finished for row in one.history),
            checks=checks,
        )

    async def _kill(self, dice: random.Random) -> None:
        """Kill one after the other, and start each again at once."""
        while True:
            await asyncio.sleep(dice.uniform(*PAUSE_SECONDS))
            victim = dice.choice(self._victims)
            self._kills[victim.kind] += victim.kill()
            await victim.start()

    async def _quiet(self) -> Left:
        """Wait until nothing is left to do, or let a worker of two minutes later do it."""
        end = time.monotonic() + self._place.patience
        while not (left := await self._left(utc_now())).nothing:
            if time.monotonic() > end:
                return await self._later(timedelta(seconds=2 * LEASES_END_SECONDS))
            await asyncio.sleep(POLL_SECONDS)
        return left

    async def _left(self, now: datetime) -> Left:
        return await self._running.database.read(what_is_left, now)

    async def _later(self, ahead: timedelta) -> Left:
        """Work as a worker whose clock is ahead, and tell what is left for it."""
        environment = self._running.environment
        runtime = await Runtime.open(
            Settings(
                _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it unannounced
                database_url=environment["ORCHESTRATOR_DATABASE_URL"],
                stripe_api_key=SecretStr(STRIPE_KEY),
                stripe_api_base=self._running.stand_in,
            )
        )
        runtime.worker.driver.clock = lambda: utc_now() + ahead
        try:
            while any((await runtime.worker.run_once()).values()):
                pass
        finally:
            await runtime.close()
        return await self._left(utc_now() + ahead)

    async def _look_again(self, finished: Sequence[Finished]) -> None:
        """Read everything once more: what came late may have changed it."""
        for one in finished:
            if one.payment:
                one.payment = await self._backend.get(f"/v1/payments/{one.payment['id']}")
                one.history = await self._backend.history(one.payment["id"])


class _Sender(StandIn):
    """A hand on the stand-in's webhooks."""

    async def tell_everybody(self, apis: Sequence[str]) -> None:
        """Register every API's address for webhooks, which are soon sent again."""
        await self._post("/_sandbox/settings", {"webhook_retry_seconds": RETRY_SECONDS})
        for api in apis:
            endpoint = {"url": f"{api}/v1/webhooks/stripe", "secret": WEBHOOK_SECRET}
            await self._post("/_sandbox/webhook_endpoints", endpoint)

    async def pay_in_browser(self, payment: Json, card: str) -> None:
        """Confirm with the client secret; the page alone is told of a decline."""
        url = f"{self._base}{self._intent(payment, 'confirm_in_browser')}"
        body = {"payment_method": card}
        async with self._session.post(url, json=body, headers=self._headers) as answer:
            expect(answer.status in {200, 402}, f"the browser was told {answer.status}")

    async def delivered(self, seconds: float) -> Json:
        """Wait until nothing is on its way, and tell what became of each delivery."""
        end = time.monotonic() + seconds
        while True:
            url = f"{self._base}/_sandbox/deliveries"
            async with self._session.get(url, headers=self._headers) as answer:
                shown: Json = await answer.json()
            if not shown["pending"] or time.monotonic() > end:
                return shown
            await asyncio.sleep(POLL_SECONDS)


def _rows_hold(finished: Sequence[Finished], audit: AuditReport) -> Check:
    against = [str(problem) for problem in audit.problems]
    if audit.payments != len(finished):
        against.append(f"{audit.payments} payments are stored")
    claim = (
        f"{audit.transitions} history rows, {audit.evidence} evidence rows and {audit.attempts} "
        "attempts verified, hash by hash"
    )
    return Check(claim, tuple(against))


__all__ = ["ALONE", "HURRIED", "SEVERAL", "Place", "Survived", "survive_kills"]
