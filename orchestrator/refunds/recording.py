"""Puts on record what was refunded and disputed at Stripe, by whomever.

Reads what is true now instead of trusting the event that told of it: it may be called twice, late
and in any order.
"""

from functools import partial

import structlog
from sqlalchemy.exc import IntegrityError

from orchestrator import metrics
from orchestrator.asking import answered
from orchestrator.driver import Driver
from orchestrator.gateway.views import RefundView
from orchestrator.payment import Payment
from orchestrator.refund import (
    REFUND_LABEL,
    Refund,
    agrees,
    dispute_row,
    found_at_stripe,
    told,
)
from orchestrator.refunds.moving import move
from orchestrator.requests import RefundGateway
from orchestrator.store.refunds import (
    keep_dispute,
    keep_found_refund,
    list_refunds,
)

log = structlog.get_logger("orchestrator.refunds")


async def record_refunds_and_disputes(
    driver: Driver, gateway: RefundGateway, payment: Payment
) -> None:
    """Read an intent's refunds and disputes at Stripe and put them on record.

    A payment that is not handled has none to give back: settle it first.

    Raises:
        StripeRefused, StripeUnavailable: Stripe did not show them; nothing was written, ask again.
    """
    if not payment.handled:
        return
    refunds = answered(await gateway.list_refunds(payment.payment_intent), "list the refunds")
    disputes = answered(await gateway.list_disputes(payment.payment_intent), "list the disputes")
    await record_refunds(driver, payment, refunds.refunds)
    for view in disputes.disputes:
        row = dispute_row(payment.id, view, driver.clock())
        if await driver.database.write(keep_dispute, row):
            log.info("dispute_recorded", payment=payment.id, dispute=view.id, status=view.status)


async def record_refunds(
    driver: Driver, payment: Payment, views: tuple[RefundView, ...]
) -> list[Refund]:
    """Put refunds that Stripe lists on record and return all that there are, newest first."""
    ours = await driver.database.read(list_refunds, payment.id)
    for view in views:
        known = next((refund for refund in ours if _is_it(refund, view)), None)
        if view.currency != payment.currency or (known is not None and not agrees(view, known)):
            # Neither can change, so nobody knows what this is: it is no news of a refund of ours.
            alert = f"refund_differs:{view.id}"
            metrics.alerted(alert)
            log.warning("alert", payment=payment.id, alert=alert)
        elif known is None:
            await _keep(driver, payment, view)
        else:
            await move(driver, known, partial(told, view))
    return await driver.database.read(list_refunds, payment.id)


async def _keep(driver: Driver, payment: Payment, view: RefundView) -> None:
    row = found_at_stripe(payment.id, view, driver.clock())
    try:
        kept = await driver.database.write(keep_found_refund, row)
    except IntegrityError:
        # Somebody else has put it on record at the same moment.
        return
    if kept:
        metrics.refund_moved(row["state"])
        log.info("refund_recorded", payment=payment.id, refund=row["id"], state=row["state"])


def _is_it(refund: Refund, view: RefundView) -> bool:
    """Tell whether a refund is the one Stripe shows: by Stripe's id, or by ours on Stripe's.

    One that was given up before Stripe listed it stays failed; what Stripe made of it after all is
    a record of its own, so that the money counts.
    """
    if refund.answered:
        return refund.stripe_refund == view.id
    return view.metadata.get(REFUND_LABEL) == refund.id and agrees(view, refund)
