"""What the shop says of a payment that is over, held to how the program really ends payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from api.shapes import payment_document
from examples.checkout.views import CANCELED, ENDINGS, NOTHING_CHARGED, show_payment
from orchestrator.client import Payment as Shown
from orchestrator.client.calls import CancelReason
from orchestrator.client.values import read
from orchestrator.explain import Ending, ending_of
from orchestrator.payment import Payment
from orchestrator.payments_by_hand import Resolution
from tests.world import World, open_world

DECLINED = "pm_card_visa_chargeDeclinedInsufficientFunds"
CHALLENGED = "pm_card_threeDSecure2Required"
BLOCKED = "pm_card_radarBlock"

# Of these the last decline's own message speaks.
TOLD_BY_THE_DECLINE = {Ending.by_rule, Ending.blocked}


@pytest.fixture
async def world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment; which database it stands on changes no reason."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        yield opened


async def exhaust(world: World) -> Payment:
    """Let the last attempt be declined."""
    payment = await world.create(max_attempts=1)
    return (await world.confirm(payment, DECLINED)).payment


async def expire(world: World) -> Payment:
    """Let nobody try a card."""
    payment = await world.create()
    world.clock.advance(86400)
    await world.work()
    return await world.load(payment)


async def leave_a_challenge(world: World) -> Payment:
    """Let the customer never answer the bank."""
    payment = await world.create()
    await world.confirm(payment, CHALLENGED)
    await world.work(until=timedelta(seconds=5))
    world.clock.advance(3600)
    await world.work()
    return await world.load(payment)


async def cancel_at_stripe(world: World) -> Payment:
    """Let somebody cancel it at Stripe."""
    payment = await world.create()
    gateway = world.payments.driver.gateway
    await gateway.cancel_intent(payment.payment_intent, reason="duplicate", idempotency_key="x")
    return await world.refresh(payment)


async def end_by_hand(world: World) -> Payment:
    """Let an operator end it."""
    payment = await world.create()
    by_hand = world.runtime.payments_by_hand
    ended = await by_hand.resolve(payment.id, Resolution.cancel, "a test order", world.caller())
    return ended.payment


def canceled(reason: str) -> Callable[[World], Awaitable[Payment]]:
    """Cancel it through the API, for a reason."""

    async def cancel(world: World) -> Payment:
        payment = await world.create()
        return (await world.payments.cancel(payment.id, reason, world.caller())).payment

    return cancel


WAYS: dict[str, Callable[[World], Awaitable[Payment]]] = {
    "attempts_exhausted": exhaust,
    "payment_expired": expire,
    "confirm_deadline_passed": leave_a_challenge,
    "canceled_at_stripe": cancel_at_stripe,
    "by_operator": end_by_hand,
    **{reason: canceled(reason) for reason in get_args(CancelReason)},
}


def shown(payment: Payment) -> dict[str, Any]:
    """Return what a browser sees of a payment."""
    return show_payment(read(Shown, payment_document(payment)))


def test_every_ending_has_words() -> None:
    """The shop has words for each of the reasons below, and for no reason that there is not."""
    assert ENDINGS.keys() == WAYS.keys()


@pytest.mark.parametrize("reason", WAYS)
async def test_the_reason_is_the_programs(world: World, reason: str) -> None:
    """A payment that really ended that way has that reason, and the customer is told of it."""
    payment = await WAYS[reason](world)

    assert payment.state == "failed"
    assert (payment.failure_reason or "").partition(":")[0] == reason
    assert shown(payment)["message"].endswith(f"{ENDINGS[reason]} {NOTHING_CHARGED}")


async def test_no_way_to_end_is_left_out(world: World) -> None:
    """The ways above are all those in which a payment may end other than by its last decline."""
    ended = [await way(world) for way in WAYS.values()]
    rows = [(await world.payments.history(payment.id, None))[-1] for payment in ended]

    assert {ending_of(row["event"], row["reason"]) for row in rows} == (
        set(Ending) - TOLD_BY_THE_DECLINE
    )


async def test_a_challenge_too_late_is_asked_for_no_more(world: World) -> None:
    """Of a payment that is over the customer is not asked to confirm it with the bank."""
    payment = await leave_a_challenge(world)

    assert shown(payment)["message"] == f"{ENDINGS['confirm_deadline_passed']} {NOTHING_CHARGED}"


async def test_a_blocked_payment_speaks_by_its_decline(world: World) -> None:
    """Where a rule ends the payment, the decline's own message is told, and no code."""
    payment = (await world.confirm(await world.create(), BLOCKED)).payment
    message = shown(payment)["message"]

    assert (payment.state, CANCELED in message) == ("failed", False)
    assert message == f"{(payment.last_outcome or {})['message']} {NOTHING_CHARGED}"
