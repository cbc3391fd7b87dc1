"""Each race of a retry with somebody else's wish: the ledger has at most one charge in all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from orchestrator.automatic_retry import retry_card
from orchestrator.errors import PaymentHandled
from orchestrator.payment import Actor
from orchestrator.requests import Result
from orchestrator.states import PaymentState
from tests.automatic_retry.declined import CHALLENGED, GOOD, WORKER, due, shown
from tests.changed_mind import change_mind
from tests.protocol.steps import browser_confirms, phase_a, phase_b, rows
from tests.world import World


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
    _, cancel = await asyncio.gather(
        retry_card(eager.payments.driver, payment, WORKER),
        eager.payments.cancel(payment.id, None, eager.caller()),
        return_exceptions=True,
    )
    await eager.work(until=timedelta(minutes=1))
    state, _, planned = await shown(eager, payment)

    # A cancel that begins once the payment is paid is told so.
    assert isinstance(cancel, Result | PaymentHandled)
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
