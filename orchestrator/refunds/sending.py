"""Asks Stripe for a refund that is written down, and carries on those whose end is not known.

A refund whose answer was lost is asked for again under the same key, with the same parameters,
while Stripe keeps the key; after that Stripe's list tells whether it was made.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from orchestrator import metrics
from orchestrator.driver import Driver
from orchestrator.errors import OrchestratorError
from orchestrator.gateway.views import RefundReply, ReplyKind
from orchestrator.payment import Payment
from orchestrator.refund import (
    Refund,
    RefundState,
    agrees,
    polled,
    refused,
    still_unknown,
    told,
)
from orchestrator.refunds.moving import move
from orchestrator.refunds.recording import record_refunds, record_refunds_and_disputes
from orchestrator.requests import RefundGateway
from orchestrator.settle.schedule import RESEND_LIMIT
from orchestrator.store.refunds import claim_due_refunds, load_refund

log = structlog.get_logger("orchestrator.refunds")

LEASE_SECONDS: Final = 30
CLAIM_SIZE: Final = 20

# A request that was sent last just before the limit has ended by then, whatever became of it.
_NEVER_MADE_AFTER: Final = RESEND_LIMIT + timedelta(minutes=15)
# Why a refund failed that Stripe does not list though it was asked for.
NEVER_MADE: Final = "never_made"


async def send(driver: Driver, gateway: RefundGateway, payment: Payment, refund: Refund) -> Refund:
    """Ask Stripe for a refund under its key, and settle the answer."""
    assert refund.stripe_key is not None, "only a refund of ours is asked for"
    reply = await gateway.create_refund(refund.parameters or {}, idempotency_key=refund.stripe_key)
    if reply.refund is not None:
        news = partial(told, reply.refund) if agrees(reply.refund, refund) else still_unknown
        return await move(driver, refund, news)
    if reply.kind is ReplyKind.refused or reply.kind is ReplyKind.answered:
        if reply.code != "idempotency_error":
            return await _refused(driver, gateway, payment, refund, reply)
    elif reply.kind is not ReplyKind.stored_error:
        return await move(driver, refund, still_unknown)
    return await _look(driver, gateway, payment, refund)


async def carry_on(driver: Driver, gateway: RefundGateway, refund: Refund) -> Refund:
    """Do the next thing a refund that is due needs; safe to repeat and to race."""
    if refund.state is not RefundState.pending:
        return refund
    if refund.stripe_refund is not None:
        reply = await gateway.retrieve_refund(refund.stripe_refund)
        if reply.refund is None or not agrees(reply.refund, refund):
            return await move(driver, refund, still_unknown)
        return await move(driver, refund, partial(polled, reply.refund))
    payment = await driver.load(refund.payment_id)
    if driver.clock() - refund.created_at < RESEND_LIMIT:
        return await send(driver, gateway, payment, refund)
    return await _look(driver, gateway, payment, refund)


@dataclass(slots=True)
class RefundsDue:
    """The refunds that are due, as work that any worker takes by lease."""

    driver: Driver
    gateway: RefundGateway
    name: str = "refunds"

    async def run_once(self, worker: str) -> int:
        """Take some, carry each on, and return how many were taken."""
        now = self.driver.clock()
        lease = max(LEASE_SECONDS, self.driver.timing.stripe_timeout_seconds + 5)
        claimed = await self.driver.database.write(
            claim_due_refunds, worker, now, now + timedelta(seconds=lease), CLAIM_SIZE
        )
        await asyncio.gather(*(self._carry_on(refund_id) for refund_id in claimed))
        return len(claimed)

    async def _carry_on(self, refund_id: str) -> None:
        try:
            refund = await self.driver.database.read(load_refund, refund_id)
            assert refund is not None, "refunds are not deleted"
            await carry_on(self.driver, self.gateway, refund)
        except Exception as exc:  # noqa: BLE001  one refund's trouble must not stop the others
            # Its lease ends and it comes up again. The words of a database error may hold values.
            metrics.worker_failed(self.name)
            log.error("refund_not_carried_on", refund=refund_id, error=type(exc).__name__)


async def _refused(
    driver: Driver, gateway: RefundGateway, payment: Payment, refund: Refund, reply: RefundReply
) -> Refund:
    code = reply.code or "refused"
    failed = await move(driver, refund, partial(refused, code))
    try:
        # Most likely somebody gave it back at Stripe, and we have not heard of it.
        await record_refunds_and_disputes(driver, gateway, payment)
    except OrchestratorError as exc:
        log.warning("refunds_not_read", payment=payment.id, error=type(exc).__name__)
    return failed


async def _look(driver: Driver, gateway: RefundGateway, payment: Payment, refund: Refund) -> Refund:
    """Look for a refund among those that Stripe lists; in the end what is not there is none."""
    listed = await gateway.list_refunds(payment.payment_intent)
    if listed.kind is not ReplyKind.answered:
        return await move(driver, refund, still_unknown)
    ours = await record_refunds(driver, payment, listed.refunds)
    found = next(each for each in ours if each.id == refund.id)
    if found.answered:
        return found
    over = driver.clock() - refund.created_at >= _NEVER_MADE_AFTER
    return await move(driver, found, partial(refused, NEVER_MADE) if over else still_unknown)
