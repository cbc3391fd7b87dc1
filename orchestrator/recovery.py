"""The worker: claims due payments by lease and carries each one on. Any number may run at once.

A payment's row is its timer. Whoever holds the lease does the work; who dies with it is followed
by another when the lease ends.
"""

import asyncio
import os
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol
from uuid import uuid4

import structlog

from orchestrator import metrics, tracing
from orchestrator.automatic_retry import retry_card, retry_is_due
from orchestrator.driver import Driver
from orchestrator.payment import Actor
from orchestrator.store.claims import claim_due

log = structlog.get_logger("orchestrator.recovery")

LEASE_SECONDS: Final = 30
CLAIM_SIZE: Final = 20
IDLE_SECONDS: Final = 0.5


def worker_name() -> str:
    """Name this worker on leases and in the history."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"


class Part(Protocol):
    """Other work that waits in the database: taken by lease, carried on by any worker."""

    @property
    def name(self) -> str:
        """What is counted: ``stripe_events``, say."""

    async def run_once(self, worker: str) -> int:
        """Take some of what is due, carry it on, and return how much was taken."""


@dataclass(slots=True)
class Worker:
    """One worker over one driver, and over the other work there is."""

    driver: Driver
    name: str = field(default_factory=worker_name)
    parts: tuple[Part, ...] = ()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is claimed by then is finished first."""
        while not stop.is_set():
            try:
                counts = await self.run_once()
            except Exception as exc:  # noqa: BLE001  a worker that ends helps nobody
                # Most likely the database is away: nothing can be claimed, nothing is lost.
                metrics.worker_failed("round")
                log.warning("worker_failed", error=type(exc).__name__)
                counts = {}
            if max(counts.values(), default=0) < CLAIM_SIZE:
                await _wait(stop, IDLE_SECONDS)

    async def run_once(self) -> dict[str, int]:
        """Claim what is due and carry it on, once each; return how it went."""
        counts = await self._carry_on_payments()
        for part in self.parts:
            counts[part.name] = await self._do(part)
        return counts

    async def _do(self, part: Part) -> int:
        try:
            return await part.run_once(self.name)
        except Exception as exc:  # noqa: BLE001  the trouble of one part must not stop the others
            metrics.worker_failed(part.name)
            log.warning("worker_failed", part=part.name, error=type(exc).__name__)
            return 0

    async def _carry_on_payments(self) -> dict[str, int]:
        now = self.driver.clock()
        lease_until = now + timedelta(seconds=self._lease_seconds)
        claimed = await self.driver.database.write(
            claim_due, self.name, now, lease_until, CLAIM_SIZE, one_statement=True
        )
        outcomes = await asyncio.gather(*(self._carry_on(payment_id) for payment_id in claimed))
        metrics.worker_worked(len(claimed), sum(outcomes))
        return {
            "claimed": len(claimed),
            "settled": sum(outcomes),
            "left": len(claimed) - sum(outcomes),
        }

    @property
    def _lease_seconds(self) -> float:
        """A lease outlives the slowest call, or two workers would do the same work."""
        return max(LEASE_SECONDS, self.driver.timing.stripe_timeout_seconds + 5)

    async def _carry_on(self, payment_id: str) -> bool:
        """Carry one payment on; False when it is still not where it should end up."""
        actor = Actor("worker", self.name)
        with tracing.span("carry on", outgoing=False, orchestrator__payment=payment_id):
            return await self._try_to_carry_on(payment_id, actor)

    async def _try_to_carry_on(self, payment_id: str, actor: Actor) -> bool:
        try:
            payment = await self.driver.load(payment_id)
            if retry_is_due(payment, self.driver.clock()):
                payment = await retry_card(self.driver, payment, actor)
            else:
                payment = await self.driver.carry_on(payment, actor=actor)
        except Exception as exc:  # noqa: BLE001  one payment's trouble must not stop the others
            # Its lease ends and it comes up again. The words of a database error may hold values.
            metrics.worker_failed("payment")
            log.error("recovery_failed", payment=payment_id, error=type(exc).__name__)
            return False
        return payment.handled or payment.waiting


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
