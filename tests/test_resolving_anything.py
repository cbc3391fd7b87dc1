"""Whatever an operator does about whatever payment, and whenever: its record holds, and one charge.

The audit is asked afterwards: it recomputes every hash, and holds every step against Stripe's word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.audit import verify_payment
from orchestrator.errors import OrchestratorError, PaymentHandled
from orchestrator.payment import Payment
from orchestrator.payments_by_hand import Resolution
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.dossiers import read_dossier
from tests.world import World, open_world, world

PAID, DECLINED, EXPIRED = "pm_card_visa", "pm_sim_do_not_honor", "pm_sim_expired_card"
CHALLENGED = "pm_card_threeDSecure2Required"


@pytest.fixture
async def sqlite_world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment on SQLite, where the kind of database makes no difference."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        yield opened


async def confirmed(world: World, card: str) -> Payment:
    """Return a payment after a confirm."""
    return (await world.confirm(await world.create(), card)).payment


async def lost(world: World) -> Payment:
    """Return a payment that was paid, and nobody heard of it."""
    await world.fault("drop_after")
    return await confirmed(world, PAID)


async def ending(world: World) -> Payment:
    """Return a payment that is to end, and that Stripe was not reached to cancel."""
    payment = await world.create()
    await world.fault("drop_before", "payment_intents.cancel")
    return (await world.payments.cancel(payment.id, None, world.caller())).payment


async def canceled(world: World) -> Payment:
    """Return a payment that ended."""
    payment = await world.create()
    return (await world.payments.cancel(payment.id, None, world.caller())).payment


STANDING: dict[str, Callable[[World], Awaitable[Payment]]] = {
    "created": lambda world: world.create(),
    "confirming": lost,
    "a challenge": lambda world: confirmed(world, CHALLENGED),
    "requires_new_card": lambda world: confirmed(world, DECLINED),
    "card_disabled": lambda world: confirmed(world, EXPIRED),
    "ending": ending,
    "succeeded": lambda world: confirmed(world, PAID),
    "failed": canceled,
}


async def resolve(world: World, payment: Payment, resolution: str) -> Payment:
    """Resolve a payment as an operator."""
    caller, wish = world.caller(owner="office"), Resolution(resolution)
    done = await world.runtime.payments_by_hand.resolve(payment.id, wish, "why", caller)
    return done.payment


async def hold_to_the_record(world: World, payment: Payment) -> Payment:
    """Check everything that is stored of a payment, and that it was charged as it says."""
    dossier: Any = await world.runtime.database.read(read_dossier, payment.id)
    rows = (dossier.payment, dossier.history, dossier.evidence, dossier.attempts)

    assert verify_payment(*rows) == []
    charged = await world.charged(payment)
    assert charged == ([1000] if dossier.payment.state == "succeeded" else [])
    return await world.load(payment)


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize("standing", STANDING.values(), ids=STANDING.keys())
async def test_from_wherever_it_stands(
    sqlite_world: World, standing: Callable[[World], Awaitable[Payment]], resolution: str
) -> None:
    """It goes on by what Stripe says alone; what has ended stays; who asked is on record once."""
    payment = await standing(sqlite_world)
    refused = False
    try:
        await resolve(sqlite_world, payment, resolution)
    except PaymentHandled:
        refused = True
    after = await hold_to_the_record(sqlite_world, payment)
    page = await sqlite_world.runtime.database.read(read_actions, ListActions())

    assert refused == (payment.handled and resolution == "cancel")
    assert len(page.actions) == (0 if refused else 1)
    assert after == payment or not payment.handled
    assert resolution == "refresh" or after.handled


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05])
async def test_in_the_middle_of_a_confirm(world: World, resolution: str, seconds: float) -> None:
    """While a card is being charged, the payment ends as it was charged, whoever comes first."""
    payment = await world.create()
    await world.fault("latency", seconds=0.06)
    confirm = asyncio.create_task(world.confirm(payment, PAID))
    await asyncio.sleep(seconds)
    wish = asyncio.create_task(resolve(world, payment, resolution))
    told = await asyncio.gather(wish, confirm, return_exceptions=True)
    await world.work(until=timedelta(minutes=10))
    after = await hold_to_the_record(world, payment)

    assert after.handled
    refused = [each for each in told if isinstance(each, BaseException)]
    assert all(isinstance(each, OrchestratorError) for each in refused)


async def test_by_several_at_once(world: World) -> None:
    """Of several who ask and cancel at once, each is on record or refused, and it ends once."""
    payment = await lost(world)
    wishes = [resolve(world, payment, each) for each in ("refresh", "cancel") * 3]
    told = await asyncio.gather(*wishes, return_exceptions=True)
    after = await hold_to_the_record(world, payment)
    page = await world.runtime.database.read(read_actions, ListActions(limit=100))
    refused = [each for each in told if isinstance(each, BaseException)]

    assert after.state == "succeeded"
    assert all(isinstance(each, OrchestratorError) for each in refused)
    assert len(page.actions) == len(told) - len(refused)


__all__ = ["world"]
