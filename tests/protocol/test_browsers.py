"""Confirmations that a browser made by itself, and odd successes: H9, H12, H13."""

import pytest

from orchestrator.errors import CardDisabled, PaymentHandled
from orchestrator.states import PaymentState
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    anomalies_of,
    browser_confirms,
    failed_charges,
    moves,
    outcomes,
    own_card,
    read,
    rows,
    tries,
)
from tests.world import World

LOST = "pm_sim_lost_card"


async def test_success_after_more_declines_than_attempts(world: World) -> None:
    """H9: whatever a browser had declined before, unseen, its success is the payment's."""
    payment = await world.create(max_attempts=1)
    for card in (BAD, BAD, GOOD):
        await browser_confirms(world, payment, card)

    ended = await read(world, payment)
    declined = await failed_charges(world, payment)

    assert (ended.state, ended.attempts_used) == (PaymentState.succeeded, 1)
    assert await moves(world, payment) == [("confirm", 1), ("succeed", 1)]
    assert [row for row in await outcomes(world, payment) if row[0] == "uncounted_outcome"] == [
        ("uncounted_outcome", None, charge) for charge in declined
    ]


async def test_browsers_declines_exhaust_the_attempts(world: World) -> None:
    """H9: declines of a browser spend attempts, oldest first, and those beyond are evidence."""
    payment = await world.create(max_attempts=2)
    for _ in range(3):
        await browser_confirms(world, payment, BAD)

    ended = await read(world, payment)
    first, second, third = await failed_charges(world, payment)

    assert ended.state is PaymentState.failed
    assert await rows(world, payment) == [
        ("confirm", 1, "confirmed_in_browser"),
        ("require_new_card", 1, "generic_decline"),
        ("confirm", 2, "confirmed_in_browser"),
        ("fail", 2, "attempts_exhausted"),
    ]
    assert await tries(world, payment) == [
        (1, "browser", "outcome", first),
        (2, "browser", "outcome", second),
    ]
    assert ("uncounted_outcome", None, third) in await outcomes(world, payment)


async def test_success_over_another_amount(world: World) -> None:
    """H12: a success over another amount is a success, and is put on record as an anomaly."""
    payment = await world.create()
    url = f"{world.url}/v1/payment_intents/{payment.payment_intent}"
    async with world.http.post(url, data={"amount": 900}) as answer:
        assert answer.status == 200

    ended = (await world.confirm(payment, GOOD)).payment

    assert ended.state is PaymentState.succeeded
    assert await anomalies_of(world, payment) == ["amount_differs"]
    assert await world.charged(payment) == [900]


async def test_browsers_challenge_moves_nothing(world: World) -> None:
    """H13 a: a challenge that a browser opened has no outcome yet, so there is no row."""
    payment = await world.create()
    await browser_confirms(world, payment, CHALLENGED)

    seen = await read(world, payment)
    await world.authenticate(payment, "succeed")
    ended = await read(world, payment)

    assert (seen.state, seen.attempts_used) == (PaymentState.created, 0)
    assert ended.state is PaymentState.succeeded
    assert await moves(world, payment) == [("confirm", 1), ("succeed", 1)]


async def test_processed_charge_is_counted_once_it_failed(world: World) -> None:
    """H13 b: a charge seen pending and failed later, under one id, is the attempt's decline."""
    payment = await world.create(max_attempts=2)
    await world.confirm(payment, "pm_sim_processing")
    pending = await read(world, payment)
    await world.control(
        "POST",
        f"/payment_intents/{payment.payment_intent}/finish_processing",
        {"outcome": "fail"},
    )

    settled = await read(world, payment)
    (charge,) = await failed_charges(world, payment)

    assert (pending.state, pending.attempts_used) == (PaymentState.confirming, 1)
    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await tries(world, payment) == [(1, "server", "outcome", charge)]


async def test_disabling_twice_loses_no_outcome(world: World) -> None:
    """H13 c: two declines of one lost card are two outcomes, though the card is disabled once."""
    payment = await world.create(max_attempts=4)
    card = await own_card(world, LOST)
    for _ in range(2):
        await browser_confirms(world, payment, card)

    settled = await read(world, payment)

    assert (settled.state, settled.attempts_left) == (PaymentState.card_disabled, 2)
    assert [event for event, _ in await moves(world, payment)] == [
        "confirm",
        "disable_card",
        "confirm",
        "disable_card",
    ]


async def test_decline_seen_after_the_end_disables_its_card(world: World) -> None:
    """H13 d: a decline that is first seen at the end moves nothing, but its card is disabled."""
    payment = await world.create()
    card = await own_card(world, LOST)
    await browser_confirms(world, payment, card)
    await world.confirm(payment, GOOD)

    ended = await read(world, payment)
    with pytest.raises(CardDisabled):
        await world.confirm(await world.create(), card)

    assert ended.state is PaymentState.succeeded
    assert await moves(world, payment) == [("confirm", 1), ("succeed", 1)]


async def test_held_decline_disables_its_card_at_the_end(world: World) -> None:
    """H13 d: a decline held back while an attempt was open is not forgotten when that pays."""
    payment = await world.create()
    card = await own_card(world, LOST)
    await browser_confirms(world, payment, card)
    await world.confirm(payment, CHALLENGED)
    await read(world, payment)
    await world.authenticate(payment, "succeed")

    ended = await read(world, payment)
    with pytest.raises(CardDisabled):
        await world.confirm(await world.create(), card)

    assert (ended.state, ended.settling.held) == (PaymentState.succeeded, ())


async def test_late_news_leaves_the_end_alone(world: World) -> None:
    """H13 d: a payment that has ended takes no card and does not move, whatever is read."""
    payment = await world.create()
    await world.confirm(payment, GOOD)
    before = await rows(world, payment)

    await read(world, payment)
    with pytest.raises(PaymentHandled):
        await world.confirm(payment, GOOD)

    assert await rows(world, payment) == before
    assert await world.charged(payment) == [1000]
