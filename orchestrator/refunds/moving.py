"""Moves one refund on, against whoever else moves it at the same moment."""

from collections.abc import Callable
from datetime import datetime

import structlog

from orchestrator import metrics
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import WriteConflict
from orchestrator.refund import Refund, Row
from orchestrator.store.refunds import load_refund, move_refund

log = structlog.get_logger("orchestrator.refunds")

Decide = Callable[[Refund, datetime], Row]


async def move(driver: Driver, refund: Refund, decide: Decide) -> Refund:
    """Write what is decided of a refund, and decide again if another writer was first.

    Raises:
        WriteConflict: others were first again and again.
    """
    for _ in range(MAX_ROUNDS):
        changes = decide(refund, driver.clock())
        if not changes:
            return refund
        moved = await driver.database.write(move_refund, refund, changes)
        if moved is not None:
            _log(refund, moved)
            return moved
        found = await driver.database.read(load_refund, refund.id)
        assert found is not None, "refunds are not deleted"
        refund = found
    raise WriteConflict(refund.id, what="refund")


def _log(before: Refund, after: Refund) -> None:
    if after.state is not before.state:
        metrics.refund_moved(after.state)
        log.info(
            "refund_moved",
            payment=after.payment_id,
            refund=after.id,
            state=after.state,
            reason=after.failure_reason,
        )
