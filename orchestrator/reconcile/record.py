"""Keeps what differs as anomalies, once: the same difference found again is the same anomaly."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator.change import anomaly_id
from orchestrator.driver import MAX_ROUNDS
from orchestrator.errors import WriteConflict
from orchestrator.reconcile.differences import Difference
from orchestrator.store.anomalies import keep_new
from orchestrator.store.connections import Database

log = structlog.get_logger("orchestrator.reconcile")


async def record_differences(
    database: Database, found: Sequence[Difference], clock: Callable[[], datetime]
) -> int:
    """Put on record the differences that are not; return how many were new.

    Raises:
        WriteConflict: others keep recording the same.
    """
    rows = [_row_of(difference, clock()) for difference in found]
    for _ in range(MAX_ROUNDS):
        try:
            kept = await database.write(keep_new, rows)
        except IntegrityError:
            continue  # Somebody else recorded one of them at the same moment: look again.
        if kept:
            log.warning("differences_recorded", differences=kept)
        return kept
    raise WriteConflict("that a difference is", what="anomaly")


def _row_of(difference: Difference, now: datetime) -> dict[str, Any]:
    facts = (
        difference.kind,
        difference.payment,
        difference.payment_intent,
        difference.stripe_object,
        difference.ours,
        difference.theirs,
    )
    return {
        "id": anomaly_id(*(fact or "-" for fact in facts)),
        "payment_id": difference.payment,
        "payment_intent": difference.payment_intent,
        "stripe_object": difference.stripe_object,
        "kind": difference.kind.value,
        "noted_at": now,
        "detail": difference.detail,
        "evidence": None,
    }


__all__ = ["record_differences"]
