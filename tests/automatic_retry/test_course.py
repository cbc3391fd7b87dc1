"""A declined card is tried again by itself where that is wanted, one attempt at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.explain import explain
from orchestrator.states import PaymentState
from tests.automatic_retry.declined import CHALLENGED, DAY, POOR, declined, shown
from tests.changed_mind import change_mind
from tests.protocol.steps import rows
from tests.world import World, open_world


async def test_it_is_off_by_default(world: World) -> None:
    """A deployment that does not ask for it never tries a card unasked."""
    payment = await declined(world)
    await world.work(until=timedelta(minutes=20))

    assert await shown(world, payment) == ("requires_new_card", 1, False)


async def test_a_card_is_tried_again_and_pays(eager: World) -> None:
    """What a passing fault declined succeeds a moment later, in an attempt of its own."""
    payment = await declined(eager)
    change_mind(eager)
    await eager.work(until=timedelta(seconds=10))

    assert await shown(eager, payment) == ("succeeded", 2, False)
    assert (await rows(eager, payment))[2] == ("confirm", 2, "automatic_retry")
    assert await eager.charged(payment) == [1000]


async def test_it_says_when(eager: World) -> None:
    """The payment shows that its card will be tried again, when, and that it may be tried."""
    payment = await declined(eager, POOR)
    outcome = payment.last_outcome or {}
    history = await eager.payments.history(payment.id, None)
    told = explain(payment, history[-1], eager.payments.driver.rules, eager.clock())

    assert (outcome["automatic_retry"], outcome["same_card_allowed"]) == (True, True)
    assert outcome["retry_not_before"] is not None
    assert any("tries the same card again by itself at" in step for step in told.next_steps)


async def test_it_waits_as_long_as_the_rule_says(eager: World) -> None:
    """Funds come in days, so nothing is tried for a day."""
    payment = await declined(eager, POOR)
    eager.clock.advance(DAY - 60)
    await eager.work()
    before = await shown(eager, payment)
    eager.clock.advance(120)
    await eager.work()

    assert before == ("requires_new_card", 1, True)
    assert await shown(eager, payment) == ("requires_new_card", 2, True)


async def test_it_ends_with_the_bound(eager: World) -> None:
    """After as many retries as are allowed the payment waits for another card."""
    payment = await declined(eager, max_attempts=5)
    await eager.work(until=timedelta(minutes=30))

    assert await shown(eager, payment) == ("requires_new_card", 3, False)


async def test_the_deployments_bound_holds_below_the_rules(
    database_url: str, stand_in_url: str
) -> None:
    """Where one retry is wanted, a rule that allows two gets one."""
    async with open_world(database_url, stand_in_url, auto_retry=1) as modest:
        payment = await declined(modest)
        await modest.work(until=timedelta(minutes=30))

        assert await shown(modest, payment) == ("requires_new_card", 2, False)


async def test_the_last_attempt_ends_the_payment(eager: World) -> None:
    """A retry spends an attempt like any other, so the last one's decline fails the payment."""
    payment = await declined(eager, max_attempts=2)
    await eager.work(until=timedelta(minutes=30))

    assert await shown(eager, payment) == ("failed", 2, False)


async def test_a_refresh_does_not_put_it_off(eager: World) -> None:
    """Looking at the intent leaves the timer where it is."""
    payment = await declined(eager)
    due_at = payment.due_at
    refreshed = await eager.refresh(payment)

    assert refreshed.due_at == due_at
    assert await shown(eager, payment) == ("requires_new_card", 1, True)


async def test_a_challenge_waits_for_the_customer(eager: World) -> None:
    """Where the bank wants the customer the payment stays open, with what the page has to do."""
    payment = await declined(eager)
    change_mind(eager, CHALLENGED)
    await eager.work(until=timedelta(seconds=10))
    payment = await eager.load(payment)

    assert (payment.state, payment.attempts_used) == (PaymentState.confirming, 2)
    assert payment.next_action is not None


@pytest.mark.parametrize(
    "card",
    ["pm_sim_generic_decline", "pm_sim_incorrect_cvc", "pm_sim_lost_card"],
)
async def test_other_declines_are_not_tried_again(eager: World, card: str) -> None:
    """Only what may pass by itself is tried again by itself."""
    payment = (await eager.confirm(await eager.create(), card)).payment
    await eager.work(until=timedelta(minutes=1))

    assert (await shown(eager, payment))[1:] == (1, False)


async def test_nothing_is_planned_past_the_payments_time(
    database_url: str, stand_in_url: str
) -> None:
    """A retry that the payment would not live to see is none."""
    async with open_world(database_url, stand_in_url, auto_retry=2, payment_ttl=DAY) as short:
        payment = await declined(short, POOR)

        assert await shown(short, payment) == ("requires_new_card", 1, False)
