"""Drives payments through an outage, and says what speaks against their having survived it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from benchmarks.outages.backend import Backend, Told
from benchmarks.outages.fleet import DATABASE, Fleet, fleet
from benchmarks.outages.playing import Players
from benchmarks.outages.told import no_fault, nothing_acknowledged_is_lost
from orchestrator.audit import verify_all
from orchestrator.demo.checks import Check, compare
from orchestrator.demo.plays import Stage
from orchestrator.demo.random_payments import planned
from orchestrator.demo.shop import StandIn
from orchestrator.store.grants import grant_to
from orchestrator.store.migrate import upgrade
from tests.postgres_cluster import Cluster

APIS: Final = 2
WORKERS: Final = 2
# The role of every API and worker: it owns nothing.
SERVICE: Final = "service"
# Between the death of a primary and somebody's decision to promote its standby.
DECISION_SECONDS: Final = 2.0

Event = Callable[[Cluster], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """What happens to PostgreSQL while payments are made, in order and evenly spread."""

    name: str
    events: tuple[Event, ...]
    standby: bool = False


@dataclass(slots=True)
class Verdict:
    """What became of the payments."""

    payments: int
    seconds: float
    told: Told
    logged: dict[str, int]
    checks: list[Check]
    # From each event's end to the next write that was acknowledged, in seconds.
    resumed: list[float] = field(default_factory=list)

    @property
    def against(self) -> list[str]:
        """What speaks against their having survived."""
        return [f"{check.claim}: {each}" for check in self.checks for each in check.against[:5]]


def restart(how: str) -> Event:
    """Restart the server, ``fast`` or ``immediate``."""

    async def event(cluster: Cluster) -> None:
        await asyncio.to_thread(cluster.restart, how)

    return event


async def fail_over(cluster: Cluster) -> None:
    """Kill the primary, and promote its standby a little later."""
    await asyncio.to_thread(cluster.kill_primary)
    await asyncio.sleep(DECISION_SECONDS)
    await asyncio.to_thread(cluster.promote)


RESTARTS: Final = Outage("restarts", (restart("fast"), restart("immediate"), restart("fast")))
FAIL_OVER: Final = Outage("a promoted standby", (fail_over,), standby=True)


async def survive(outage: Outage, payments: int, seed: int) -> Verdict:
    """Run the payments through the outage on a cluster of its own."""
    with Cluster.start() as cluster:
        await asyncio.to_thread(migrated, cluster)
        if outage.standby:
            await asyncio.to_thread(cluster.add_standby)
        url = cluster.url(DATABASE, SERVICE)
        async with (
            fleet(cluster.url(DATABASE), url, apis=APIS, workers=WORKERS) as running,
            aiohttp.ClientSession() as session,
        ):
            return await _Drive(cluster, running, session).through(outage, payments, seed)


def migrated(cluster: Cluster) -> None:
    """Make the fleet's database, and the role that its processes have."""
    cluster.primary.create_database(DATABASE)
    cluster.primary.execute(f"CREATE ROLE {SERVICE} LOGIN")
    upgrade(cluster.primary.url(DATABASE))
    grant_to(cluster.primary.url(DATABASE), SERVICE)


class _Drive:
    """Payments on their way, and what happens meanwhile."""

    def __init__(self, cluster: Cluster, running: Fleet, session: aiohttp.ClientSession) -> None:
        self._cluster = cluster
        self._running = running
        self._backend = Backend(session, running)
        self._stand_in = StandIn(session, running)
        self._players = Players(Stage(self._backend, self._stand_in, running))
        self._over: list[float] = []

    async def through(self, outage: Outage, payments: int, seed: int) -> Verdict:
        """Drive the payments, let things happen, and compare everything in the end."""
        began = time.monotonic()
        scenarios = planned(payments, seed)
        async with asyncio.TaskGroup() as group:
            happening = group.create_task(self._happen(outage, len(scenarios)))
            driving = group.create_task(self._players.play(scenarios))
        del happening
        finished = driving.result()
        ledger = await self._stand_in.ledger()
        audit = await verify_all(self._running.database)
        told = self._backend.told
        checks = [
            *compare(finished, ledger, audit),
            nothing_acknowledged_is_lost(finished, told),
            no_fault(told),
            _processes_live(self._running),
        ]
        seconds = time.monotonic() - began
        logged = dict(self._running.logged())
        resumed = [_first_after(over, told.acknowledged_at) - over for over in self._over]
        return Verdict(payments, seconds, told, logged, checks, resumed)

    async def _happen(self, outage: Outage, total: int) -> None:
        for number, event in enumerate(outage.events, start=1):
            await self._players.until_done(total * number // (len(outage.events) + 1))
            await event(self._cluster)
            self._over.append(time.monotonic())


def _first_after(moment: float, moments: Sequence[float]) -> float:
    return min((each for each in moments if each >= moment), default=moment)


def _processes_live(running: Fleet) -> Check:
    ended = APIS + WORKERS - running.still_running()
    return Check("no API and no worker ended", tuple(["one ended"] * ended))


__all__ = ["FAIL_OVER", "RESTARTS", "SERVICE", "Outage", "Verdict", "migrated", "survive"]
