"""What the log and the metrics are told of a change: each row of it, once it is committed."""

import structlog

from orchestrator import metrics
from orchestrator.change import Change

log = structlog.get_logger("orchestrator.driver")


def tell(change: Change) -> None:
    """Tell of a change that was committed."""
    payment = change.after
    for row in change.transitions:
        metrics.payment_moved(row)
        log.info(
            "payment_moved",
            payment=payment.id,
            transaction_id=payment.transaction_id,
            sequence=row["sequence"],
            source=row["source"],
            event_name=row["event"],
            target=row["target"],
            attempt=row["attempt"],
            handler=row["handler"],
            code=row["decline_code"] or row["code"],
            **({"handler_error": row["handler_error"]} if row["handler_error"] else {}),
        )
    for row in change.disablements:
        metrics.card_disabled(row["scope"])
        log.info(
            "card_disabled",
            payment=payment.id,
            transaction_id=payment.transaction_id,
            scope=row["scope"],
            reason=row["reason"],
        )
    for alert in change.alerts:
        metrics.alerted(alert)
        log.warning("alert", payment=payment.id, alert=alert)
