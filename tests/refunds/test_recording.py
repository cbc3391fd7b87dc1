"""What was refunded or disputed at Stripe is put on record, whatever told of it and how often."""

import asyncio

import pytest

from orchestrator.errors import StripeUnavailable
from tests.refunds.conftest import Desk
from tests.refunds.fake_stripe import dispute


async def test_refund_made_in_the_dashboard_is_recorded_once(desk: Desk) -> None:
    """However many events tell of it, and at once."""
    desk.stripe.give_back(300)
    await asyncio.gather(*(desk.record() for _ in range(4)))
    await desk.record()
    (found,) = await desk.all()

    assert (found.origin, found.amount, found.state) == ("stripe", 300, "succeeded")
    assert (await desk.load()).amount_refunded == 300


async def test_our_own_refund_is_known_again(desk: Desk) -> None:
    """A refund whose answer was lost is settled by what Stripe lists, not recorded twice."""
    desk.stripe.faults = ["answer_lost"]
    asked = (await desk.give(300)).refund
    await desk.record()
    (found,) = await desk.all()

    assert (found.id, found.state, found.origin) == (asked.id, "succeeded", "api")


async def test_refund_may_fail_after_it_succeeded(desk: Desk) -> None:
    """A bank may send the money back: the payment shows less given back then."""
    refund = (await desk.give()).refund
    desk.stripe.change(refund.stripe_refund, status="failed", failure_reason="lost_or_stolen_card")
    await desk.record()
    found = await desk.refunds.get(refund.id, None)

    assert (found.state, found.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (await desk.load()).amount_refunded == 0


async def test_old_news_does_not_take_a_refund_back(desk: Desk) -> None:
    """An answer that was read before, and comes after, changes nothing."""
    refund = (await desk.give()).refund
    desk.stripe.change(refund.stripe_refund, status="failed")
    await desk.record()
    desk.stripe.change(refund.stripe_refund, status="succeeded")
    await desk.record()
    desk.stripe.change(refund.stripe_refund, status="pending")
    await desk.record()

    assert (await desk.refunds.get(refund.id, None)).state == "failed"


async def test_canceled_refund_has_failed(desk: Desk) -> None:
    """Stripe has more words for it than we do."""
    desk.stripe.give_back(300, status="canceled")
    await desk.record()
    (found,) = await desk.all()

    assert (found.state, found.failure_reason) == ("failed", "canceled")


async def test_dispute_is_recorded_beside_the_payment(desk: Desk) -> None:
    """The payment shows that it is disputed, and does not move."""
    desk.stripe.disputes = [dispute()]
    await desk.record()
    await desk.record()
    payment = await desk.load()
    (found,) = await desk.refunds.disputes_of(payment.id, "shop")

    assert (found.id, found.status, found.reason) == ("dp_1", "needs_response", "fraudulent")
    assert (payment.amount_disputed, payment.version) == (1000, desk.payment.version)


async def test_dispute_goes_on_and_stays_closed(desk: Desk) -> None:
    """An open dispute follows Stripe; what was read before it was closed does not open it again."""
    seen = []
    for status in ("needs_response", "under_review", "lost", "under_review", "won"):
        desk.stripe.disputes = [dispute(status=status)]
        await desk.record()
        seen.append((await desk.refunds.disputes_of(desk.payment.id, None))[0].status)

    assert seen == ["needs_response", "under_review", "lost", "lost", "won"]


async def test_nothing_is_recorded_while_stripe_is_away(desk: Desk) -> None:
    """Whoever asked asks again."""
    desk.stripe.give_back(300)
    desk.stripe.away = True
    with pytest.raises(StripeUnavailable):
        await desk.record()

    assert await desk.all() == []
