"""What was refunded or disputed at Stripe is put on record, whatever told of it and how often."""

import asyncio
from functools import partial

import pytest

from orchestrator.errors import StripeUnavailable
from orchestrator.refund import REFUND_LABEL, refused
from orchestrator.refunds.moving import move
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


async def test_a_refund_given_up_that_was_made_after_all_is_counted(desk: Desk) -> None:
    """A day without a word ends it as failed; listed later, the money is on record all the same."""
    desk.stripe.faults = ["stored_error"]
    asked = (await desk.give(500)).refund
    for _ in range(30):
        await desk.wait(hours=1)
    given_up = await desk.refunds.get(asked.id, None)
    label = {REFUND_LABEL: asked.id, "payment_id": desk.payment.id}
    desk.stripe.give_back(500, metadata=label)
    for _ in range(2):
        await desk.record()
    states = sorted((found.origin, found.amount, found.state) for found in await desk.all())

    assert (given_up.state, given_up.failure_reason) == ("failed", "never_made")
    assert states == [("api", 500, "failed"), ("stripe", 500, "succeeded")]
    assert (await desk.load()).amount_refunded == 500


async def test_old_news_does_not_overwrite_what_stripe_has_answered(desk: Desk) -> None:
    """A worker that looked before Stripe listed the refund decides again on what is known now."""
    desk.stripe.away = True
    stale = (await desk.give(500)).refund
    desk.stripe.away = False
    label = {REFUND_LABEL: stale.id, "payment_id": desk.payment.id}
    view = desk.stripe.give_back(500, status="pending", metadata=label)
    await desk.record()
    await move(desk.world.payments.driver, stale, partial(refused, "never_made"))
    desk.stripe.change(view.id, status="succeeded")
    await desk.record()
    (found,) = await desk.all()

    assert (found.id, found.state) == (stale.id, "succeeded")
    assert (await desk.load()).amount_refunded == 500
