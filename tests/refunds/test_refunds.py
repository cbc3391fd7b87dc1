"""Giving money back: written first, asked for once, and never more than was received."""

import asyncio

import pytest

from orchestrator.errors import (
    IdempotencyKeyReused,
    NotRefundable,
    PaymentNotFound,
    RefundNotFound,
    RefundTooLarge,
)
from orchestrator.refund import REFUND_LABEL
from orchestrator.requests import CreateRefund
from tests.refunds.conftest import Desk
from tests.world import World


async def test_refund_without_an_amount_gives_all_back(desk: Desk) -> None:
    """What is left is given back, and the payment shows it without moving."""
    result = await desk.give()
    payment = await desk.load()

    assert (result.refund.state, result.refund.amount) == ("succeeded", 1000)
    assert (payment.amount_refunded, payment.state) == (1000, "succeeded")
    assert payment.version == desk.payment.version


async def test_refund_is_sent_as_it_was_written(desk: Desk) -> None:
    """Stripe is asked under the refund's own key, and told whose refund it is."""
    refund = (await desk.give(300, reason="duplicate", metadata={"ticket": "7"})).refund

    assert desk.stripe.sent == [
        (
            f"{desk.payment.id}:refund:{refund.id}",
            {
                "payment_intent": desk.payment.payment_intent,
                "amount": 300,
                "reason": "duplicate",
                "metadata": {
                    "ticket": "7",
                    "payment_id": desk.payment.id,
                    REFUND_LABEL: refund.id,
                },
            },
        )
    ]


async def test_refunds_add_up_to_what_was_received(desk: Desk) -> None:
    """Parts are given back until nothing is left, and not a cent more."""
    await desk.give(600)
    with pytest.raises(RefundTooLarge, match="400 is left"):
        await desk.give(401)
    await desk.give()
    with pytest.raises(RefundTooLarge):
        await desk.give()

    assert [refund.amount for refund in await desk.all()] == [400, 600]


async def test_two_at_once_do_not_exceed_what_was_received(desk: Desk) -> None:
    """Of many at once only as many are accepted as there is money for."""
    results = await asyncio.gather(*(desk.give(300) for _ in range(8)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, RefundTooLarge)]

    assert len(refused) == 5
    assert desk.stripe.given == 900


async def test_same_key_gives_back_once(desk: Desk) -> None:
    """The same request again answers with the refund as it is, and sends nothing."""
    first = await desk.give(300, key="again")
    second = await desk.give(300, key="again")

    assert (second.refund.id, second.replayed) == (first.refund.id, True)
    assert desk.stripe.given == 300


async def test_same_key_at_once_gives_back_once(desk: Desk) -> None:
    """Twins of one request are one refund."""
    results = await asyncio.gather(*(desk.give(300, key="twin") for _ in range(6)))

    assert len({result.refund.id for result in results}) == 1
    assert desk.stripe.given == 300


async def test_key_of_another_request_is_refused(desk: Desk) -> None:
    """A key stands for one request for good."""
    await desk.give(300, key="mine")
    with pytest.raises(IdempotencyKeyReused):
        await desk.give(400, key="mine")

    assert desk.stripe.given == 300


async def test_payment_that_has_not_succeeded_is_not_refunded(world: World, desk: Desk) -> None:
    """There is nothing to give back of a payment that waits."""
    waiting = await world.create()
    with pytest.raises(NotRefundable) as refusal:
        await desk.refunds.create(waiting.id, CreateRefund(), world.caller())

    assert (refusal.value.code, refusal.value.state) == ("illegal_transition", "created")


async def test_payment_of_another_owner_is_not_refunded(world: World, desk: Desk) -> None:
    """Nor does anybody learn that it is there."""
    stranger = world.caller(owner="stranger")
    with pytest.raises(PaymentNotFound):
        await desk.refunds.create(desk.payment.id, CreateRefund(), stranger)

    assert desk.stripe.sent == []


async def test_refund_of_another_owner_is_not_shown(desk: Desk) -> None:
    """A refund is seen by its payment's owner, and by who reads every owner's."""
    refund = (await desk.give()).refund
    with pytest.raises(RefundNotFound):
        await desk.refunds.get(refund.id, "stranger")

    assert await desk.refunds.get(refund.id, "shop") == refund
    assert await desk.refunds.get(refund.id, None) == refund


async def test_refusal_by_stripe_is_a_failed_refund(desk: Desk) -> None:
    """Stripe's code stays on record, and the money can be asked back again."""
    desk.stripe.faults = ["charge_disputed"]
    refused = (await desk.give()).refund
    again = (await desk.give()).refund

    assert (refused.state, refused.failure_reason) == ("failed", "charge_disputed")
    assert again.state == "succeeded"


async def test_refused_for_a_refund_that_we_had_not_heard_of(desk: Desk) -> None:
    """After a refusal Stripe's own refunds are read: next time nobody asks in vain."""
    desk.stripe.give_back(1000)
    refused = (await desk.give()).refund
    with pytest.raises(RefundTooLarge):
        await desk.give()

    assert refused.failure_reason == "charge_already_refunded"
    assert (await desk.load()).amount_refunded == 1000


@pytest.mark.parametrize("fault", ["lost", "answer_lost"])
async def test_lost_answer_is_asked_for_again_under_the_same_key(desk: Desk, fault: str) -> None:
    """Whether the request or its answer was lost, money goes back once."""
    desk.stripe.faults = [fault]
    unknown = (await desk.give(300)).refund
    await desk.wait(seconds=60)
    found = await desk.refunds.get(unknown.id, None)

    assert (unknown.answered, found.state) == (False, "succeeded")
    assert desk.stripe.given == 300
    assert desk.stripe.sent[0] == desk.stripe.sent[1]


async def test_pending_refund_counts_as_given(desk: Desk) -> None:
    """What may have been given back is not given back twice."""
    desk.stripe.faults = ["lost"]
    await desk.give(700)
    with pytest.raises(RefundTooLarge, match="300 is left"):
        await desk.give(301)

    assert (await desk.load()).amount_refunded == 0


async def test_worker_that_died_is_followed_by_another(desk: Desk) -> None:
    """Who wrote a refund and died before asking leaves nothing stuck."""
    desk.stripe.away = True
    refund = (await desk.give()).refund
    desk.stripe.away = False
    await desk.wait(seconds=60)

    assert (await desk.refunds.get(refund.id, None)).state == "succeeded"


async def test_after_the_key_is_forgotten_the_list_tells(desk: Desk) -> None:
    """Past twenty hours nothing is sent again: what Stripe lists was made, under our own id."""
    desk.stripe.faults = ["answer_lost"]
    refund = (await desk.give(300)).refund
    desk.stripe.away = True
    await desk.wait(seconds=60)
    desk.stripe.away, sent = False, len(desk.stripe.sent)
    await desk.wait(hours=21)
    found = await desk.refunds.get(refund.id, None)

    assert (found.state, len(desk.stripe.sent)) == ("succeeded", sent)
    assert desk.stripe.given == 300


async def test_what_stripe_never_lists_was_never_made(desk: Desk) -> None:
    """A refund that no list shows once its key is forgotten has failed, and can be made anew."""
    desk.stripe.away = True
    refund = (await desk.give()).refund
    await desk.wait(seconds=60)
    desk.stripe.away = False
    await desk.wait(hours=21)
    found = await desk.refunds.get(refund.id, None)

    assert (found.state, found.failure_reason) == ("failed", "never_made")
    assert (await desk.give()).refund.state == "succeeded"


async def test_stored_error_is_no_reason_to_ask_under_another_key(desk: Desk) -> None:
    """Stripe may have made the refund all the same: only its list can tell."""
    desk.stripe.faults = ["stored_error"]
    refund = (await desk.give(300)).refund
    await desk.wait(seconds=60)
    await desk.wait(seconds=600)

    assert {key for key, _ in desk.stripe.sent} == {f"{desk.payment.id}:refund:{refund.id}"}
    assert (await desk.refunds.get(refund.id, None)).answered is False


async def test_refund_that_stripe_carries_out_slowly_is_read_again(desk: Desk) -> None:
    """Where no event tells, the worker finds out."""
    desk.stripe.begins = "pending"
    refund = (await desk.give()).refund
    desk.stripe.change(refund.stripe_refund, status="succeeded")
    await desk.wait(minutes=59)
    before = await desk.refunds.get(refund.id, None)
    await desk.wait(minutes=2)
    after = await desk.refunds.get(refund.id, None)

    assert (refund.answered, before.state, after.state) == (True, "pending", "succeeded")


async def test_slow_refund_is_read_ever_more_rarely(desk: Desk) -> None:
    """A refund that takes days is not asked about every hour."""
    desk.stripe.begins = "pending"
    refund = (await desk.give()).refund
    first = refund.due_at
    await desk.wait(hours=1, minutes=1)
    later = await desk.refunds.get(refund.id, None)

    assert first is not None
    assert later.due_at is not None
    assert (later.due_at - first).total_seconds() > 2 * 3600
