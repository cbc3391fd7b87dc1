"""How a payment ends without success, and what a crash in the middle leaves: H3, H4, H5."""

from datetime import timedelta

import pytest

from orchestrator.errors import PaymentEnding
from orchestrator.settle import Observation, Source
from orchestrator.states import PaymentState
from tests.protocol.steps import (
    BAD,
    CALLER,
    CHALLENGED,
    GOOD,
    browser_confirms,
    dashboard_cancels,
    intend_to_cancel,
    moves,
    own_card,
    phase_a,
    phase_b,
    read,
    rows,
    sent,
)
from tests.world import World

SOON = timedelta(seconds=10)


async def test_crash_before_the_cancel_keeps_the_decline(world: World) -> None:
    """H3: a process that dies between deciding to fail and canceling leaves why it decided so."""
    payment = await world.create(max_attempts=1)
    opened = await phase_a(world, payment, BAD)
    driver = world.payments.driver
    key, card = f"{payment.id}:confirm:1", {"payment_method": BAD, "use_stripe_sdk": True}
    reply = await driver.gateway.confirm_intent(payment.payment_intent, card, key)
    observation = Observation(Source.answer, reply, opened.settling.open, CALLER)
    decided = await driver.settle(opened, observation)

    await world.work(until=SOON)
    history = await world.payments.history(payment.id, None)

    assert (decided.state, decided.intention is not None) == (PaymentState.confirming, True)
    last = history[-1]
    assert (last["event"], last["attempt"], last["reason"]) == ("fail", 1, "attempts_exhausted")
    assert (last["code"], last["decline_code"]) == ("card_declined", "generic_decline")
    assert last["evidence_status"] == "canceled"


async def test_crash_before_the_cancel_keeps_who_wished_it(world: World) -> None:
    """H3: a cancel by the API that a worker carries out is still the caller's."""
    payment = await world.create()
    await intend_to_cancel(world, payment)

    await world.work(until=SOON)
    last = (await world.payments.history(payment.id, None))[-1]

    assert (last["event"], last["reason"], last["actor_kind"]) == (
        "cancel",
        "abandoned",
        "api_key",
    )
    assert last["request_id"] == "req_cancel"


async def test_read_does_not_delay_a_wish_to_end(world: World) -> None:
    """H3: news settled while a cancel is still to be carried out leaves it due at once."""
    payment = await world.create()
    wished = await intend_to_cancel(world, payment)
    driver = world.payments.driver
    reply = await driver.gateway.read_intent(payment.payment_intent)

    seen = await driver.settle(wished, Observation(Source.read, reply, None, CALLER))

    assert seen.due_at is not None
    assert seen.due_at <= world.clock()


async def test_no_card_is_taken_while_ending(world: World) -> None:
    """H3: while an intention to end stands, a confirm is refused and nothing is charged."""
    payment = await world.create()
    await intend_to_cancel(world, payment)

    with pytest.raises(PaymentEnding):
        await world.confirm(payment, GOOD)

    assert await world.charged(payment) == []


async def test_success_wins_over_the_wish_to_end(world: World) -> None:
    """H3: a payment made while its cancel was on the way is succeeded, and stays it."""
    payment = await world.create()
    opened = await phase_a(world, payment, GOOD)
    await intend_to_cancel(world, payment)

    ended = await phase_b(world, opened, GOOD)
    await world.work(until=SOON)

    assert (ended.state, ended.intention) == (PaymentState.succeeded, None)
    assert await moves(world, payment) == [("confirm", 1), ("succeed", 1)]


async def test_canceled_intent_fails_an_open_attempt(world: World) -> None:
    """H4: a confirm on an intent canceled elsewhere fails, whatever error the intent carries."""
    payment = await world.create(max_attempts=4)
    await browser_confirms(world, payment, BAD)
    await dashboard_cancels(world, payment)

    ended = (await world.confirm(payment, GOOD)).payment

    assert ended.state is PaymentState.failed
    assert await rows(world, payment) == [
        ("confirm", 1, None),
        ("fail", 1, "canceled_at_stripe:unspecified"),
    ]


async def test_canceled_intent_cancels_a_waiting_payment(world: World) -> None:
    """H4: without an open attempt a cancellation elsewhere is ``cancel``; ``fail`` is no edge."""
    payment = await world.create()
    await world.confirm(payment, BAD)
    await dashboard_cancels(world, payment)

    ended = await read(world, payment)

    assert ended.state is PaymentState.failed
    assert (await moves(world, payment))[-1] == ("cancel", None)


async def test_each_cancel_has_its_own_key(world: World) -> None:
    """H5: a cancel refused while Stripe processes is made again under another key, and works."""
    payment = await world.create()
    await world.confirm(payment, "pm_sim_processing")
    wished = await world.payments.cancel(payment.id, "abandoned", world.caller())
    await world.control(
        "POST",
        f"/payment_intents/{payment.payment_intent}/finish_processing",
        {"outcome": "fail"},
    )

    await world.work(until=timedelta(minutes=1))
    ended = await world.load(payment)
    keys = await sent(world, "payment_intents.cancel")

    assert (wished.settled, wished.payment.state) == (False, PaymentState.confirming)
    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "abandoned")
    assert len(keys) >= 2
    assert len(set(keys)) == len(keys)


async def test_stored_error_does_not_block_the_cancel(world: World) -> None:
    """H5: a 5xx that Stripe keeps for one cancel's key does not stop the next cancel."""
    payment = await world.create()
    await world.fault("error_500_stored", "payment_intents.cancel", times=1)

    wished = await world.payments.cancel(payment.id, None, world.caller())
    await world.work(until=SOON)

    assert wished.settled is False
    assert (await world.load(payment)).state is PaymentState.failed


async def test_challenge_is_ended_by_the_deadline(world: World) -> None:
    """H13 g: a challenge that nobody answers ends at the deadline, with the intent canceled."""
    payment = await world.create()
    await world.confirm(payment, await own_card(world, CHALLENGED))
    world.clock.advance(3601)

    await world.work(until=SOON)
    ended = await world.load(payment)

    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "confirm_deadline_passed")
    assert (await moves(world, payment))[-1] == ("expire", 1)
