"""A declined card is tried again by itself, where a deployment wants that, one attempt at a time.

Each race with somebody else's wish is played out; the ledger has at most one charge in all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from orchestrator.automatic_retry import retry_card, retry_is_due
from orchestrator.explain import explain
from orchestrator.payment import Actor, Payment
from orchestrator.states import PaymentState
from tests.changed_mind import change_mind
from tests.protocol.steps import browser_confirms, intend_to_cancel, phase_a, phase_b, rows
from tests.world import World, open_world

FAULTY = "pm_sim_processing_error"
POOR = "pm_sim_insufficient_funds"
GOOD = "pm_card_visa"
CHALLENGED = "pm_card_threeDSecure2Required"
DAY = 86400
WORKER = Actor("worker", "w")


@pytest.fixture
async def eager(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment that tries cards again twice, and keeps payments for ten days."""
    async with open_world(database_url, stand_in_url, auto_retry=2, payment_ttl=10 * DAY) as opened:
        yield opened


async def declined(world: World, card: str = FAULTY, **fields: object) -> Payment:
    """Create a payment and have the card declined for it."""
    payment = (await world.confirm(await world.create(**fields), card)).payment
    assert payment.state is PaymentState.requires_new_card
    return payment


async def shown(world: World, payment: Payment) -> tuple[str, int, bool]:
    """Return state, attempts used, and whether another retry is to come."""
    payment = await world.load(payment)
    outcome = payment.last_outcome or {}
    planned = payment.settling.retry is not None
    assert planned == bool(outcome.get("automatic_retry")), "shown as it is planned"
    return payment.state.value, payment.attempts_used, planned


# ── the course of it ─────────────────────────────────────────────────────────────────────────


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


# ── what ends it ─────────────────────────────────────────────────────────────────────────────


async def test_a_card_disabled_meanwhile_is_left_alone(eager: World) -> None:
    """The retry passes the refusals that a confirm passes."""
    payment = await declined(eager, FAULTY)
    caller = eager.caller(owner="admin")
    await eager.runtime.cards_by_hand.disable(FAULTY, "stolen", caller)
    await eager.work(until=timedelta(seconds=10))
    stored = await eager.load(payment)

    assert await shown(eager, payment) == ("requires_new_card", 1, False)
    assert stored.due_at == stored.expires_at


async def test_a_card_declined_too_often_is_left_alone(
    database_url: str, stand_in_url: str
) -> None:
    """The network's caps hold for retries, too."""
    async with open_world(database_url, stand_in_url, auto_retry=2, declines_per_day=1) as strict:
        payment = await declined(strict)
        await strict.work(until=timedelta(seconds=10))

        assert await shown(strict, payment) == ("requires_new_card", 1, False)


async def test_switching_it_off_ends_what_is_planned(eager: World, stand_in_url: str) -> None:
    """A deployment that no longer wants retries makes none that were planned before."""
    payment = await declined(eager)
    driver = eager.payments.driver
    driver.rules = type(driver.rules)(driver.rules.errors, driver.rules.successes)
    await eager.work(until=timedelta(seconds=10))

    assert await shown(eager, payment) == ("requires_new_card", 1, False)


async def test_another_card_ends_it(eager: World) -> None:
    """The customer's own wish comes first, and is not followed by a retry."""
    payment = await declined(eager)
    await eager.confirm(payment, "pm_sim_generic_decline")
    await eager.work(until=timedelta(minutes=20))

    assert await shown(eager, payment) == ("requires_new_card", 2, False)


async def test_a_cancel_ends_it(eager: World) -> None:
    """A payment that is being canceled has no card tried any more."""
    payment = await declined(eager)
    await intend_to_cancel(eager, payment)
    change_mind(eager)
    await eager.work(until=timedelta(seconds=10))

    assert await shown(eager, payment) == ("failed", 1, False)
    assert await eager.charged(payment) == []


async def test_a_payment_that_is_ending_tells_of_no_retry(eager: World) -> None:
    """From the wish to cancel on nobody is told that a card will be tried."""
    payment = await declined(eager)
    await intend_to_cancel(eager, payment)

    assert await shown(eager, payment) == ("requires_new_card", 1, False)


async def test_expiry_ends_it(eager: World) -> None:
    """When all workers were away past the payment's time, it expires and no card is tried."""
    payment = await declined(eager)
    change_mind(eager)
    eager.clock.advance(10 * DAY)
    await eager.work()

    assert await shown(eager, payment) == ("failed", 1, False)
    assert await eager.charged(payment) == []


# ── races ────────────────────────────────────────────────────────────────────────────────────


async def due(world: World) -> Payment:
    """Return a payment whose card is to be tried again right now."""
    payment = await declined(world)
    world.clock.advance(10)
    assert retry_is_due(payment, world.clock())
    return payment


async def test_a_confirm_at_the_same_moment(eager: World) -> None:
    """Of a retry and a caller's confirm one is first, the other is refused or given up."""
    payment = await due(eager)
    change_mind(eager)
    await asyncio.gather(
        retry_card(eager.payments.driver, payment, WORKER),
        eager.confirm(payment, GOOD),
        return_exceptions=True,
    )
    await eager.work(until=timedelta(minutes=1))

    assert (await shown(eager, payment))[::2] == ("succeeded", False)
    assert await eager.charged(payment) == [1000]


async def test_a_confirm_between_its_look_and_its_attempt(eager: World) -> None:
    """A retry that has looked and then meets a caller's open attempt sends nothing."""
    payment = await due(eager)
    opened = await phase_a(eager, payment, GOOD)
    after = await retry_card(eager.payments.driver, payment, WORKER)
    paid = await phase_b(eager, opened, GOOD)

    assert (after.state, after.attempts_used) == (PaymentState.confirming, 2)
    assert (paid.state, paid.attempts_used) == (PaymentState.succeeded, 2)
    assert await eager.charged(payment) == [1000]


async def test_two_workers_at_once(eager: World) -> None:
    """Two workers that both hold the payment open one attempt between them."""
    payment = await due(eager)
    change_mind(eager)
    await asyncio.gather(
        *(retry_card(eager.payments.driver, payment, Actor("worker", name)) for name in "ab")
    )
    await eager.work(until=timedelta(minutes=1))

    assert await shown(eager, payment) == ("succeeded", 2, False)
    assert await eager.charged(payment) == [1000]


async def test_a_cancel_at_the_same_moment(eager: World) -> None:
    """A cancel and a retry: the payment is canceled or paid, and says which."""
    payment = await due(eager)
    change_mind(eager)
    await asyncio.gather(
        retry_card(eager.payments.driver, payment, WORKER),
        eager.payments.cancel(payment.id, None, eager.caller()),
    )
    await eager.work(until=timedelta(minutes=1))
    state, _, planned = await shown(eager, payment)

    assert not planned
    assert await eager.charged(payment) == ([1000] if state == "succeeded" else [])


async def test_a_browser_that_paid_before(eager: World) -> None:
    """What a page did meanwhile is seen by the look before the retry."""
    payment = await due(eager)
    await browser_confirms(eager, payment, GOOD)
    after = await retry_card(eager.payments.driver, payment, WORKER)

    assert (after.state, after.attempts_used) == (PaymentState.succeeded, 2)
    assert (await rows(eager, payment))[2] == ("confirm", 2, "confirmed_in_browser")
    assert await eager.charged(payment) == [1000]


async def test_a_browser_that_was_declined_before(eager: World) -> None:
    """A page's own try is the customer's wish, and ends the plan."""
    payment = await due(eager)
    await browser_confirms(eager, payment, "pm_sim_generic_decline")
    await retry_card(eager.payments.driver, payment, WORKER)

    assert await shown(eager, payment) == ("requires_new_card", 2, False)


async def test_a_browser_that_pays_at_the_same_moment(eager: World) -> None:
    """Stripe lets an intent succeed once, whoever confirms it first."""
    payment = await due(eager)
    change_mind(eager)
    await asyncio.gather(
        retry_card(eager.payments.driver, payment, WORKER),
        browser_confirms(eager, payment, GOOD),
        return_exceptions=True,
    )
    await eager.work(until=timedelta(minutes=1))

    assert (await shown(eager, payment))[::2] == ("succeeded", False)
    assert await eager.charged(payment) == [1000]


async def test_a_browser_with_an_open_challenge(eager: World) -> None:
    """While the customer is at it on the page the retry waits, and then is not made."""
    payment = await due(eager)
    await browser_confirms(eager, payment, CHALLENGED)
    waiting = await retry_card(eager.payments.driver, payment, WORKER)
    await eager.authenticate(payment, "succeed")
    await eager.work(until=timedelta(minutes=1))

    assert (waiting.state, waiting.attempts_used) == (PaymentState.requires_new_card, 1)
    assert (await shown(eager, payment))[::2] == ("succeeded", False)
    assert await eager.charged(payment) == [1000]


async def test_a_lost_answer_is_asked_for_again(eager: World) -> None:
    """A retry whose answer is lost is sent again under its own key, like any attempt."""
    payment = await due(eager)
    change_mind(eager)
    await eager.fault("drop_after")
    await eager.work(until=timedelta(minutes=2))

    assert await shown(eager, payment) == ("succeeded", 2, False)
    assert await eager.charged(payment) == [1000]
