"""Races: whoever comes first, no double charge, no decline lost or counted twice, none stuck.

``RACE_ROUNDS`` says how often each race is run; the deep run asks for two hundred.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from orchestrator.payment import Payment
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    browser_confirms,
    confirm_unheard,
    failed_charges,
    outcomes,
)
from tests.webhooks.conftest import Hooks
from tests.webhooks.test_orderings import recovered

ROUNDS = int(os.environ.get("RACE_ROUNDS", "6"))
CARDS = (GOOD, GOOD, BAD, CHALLENGED)
Race = Callable[[Hooks, Payment, random.Random], Awaitable[list[httpx2.Response]]]


async def post(hooks: Hooks, payment: Payment, verb: str, body: Any = None) -> httpx2.Response:
    """Ask the API to do something with a payment."""
    path = f"/v1/payments/{payment.id}/{verb}"
    return await hooks.api.post(path, body or {}, idempotency_key=uuid4().hex)


async def told_meanwhile(hooks: Hooks, payment: Payment, *, times: int = 8) -> None:
    """Send whatever Stripe has to tell of the payment as it happens, and follow it."""
    sent: set[str] = set()
    for _ in range(times):
        for event in await hooks.events():
            if event["id"] in sent or payment.payment_intent not in str(event["data"]["object"]):
                continue
            sent.add(event["id"])
            answer = await hooks.send(event)
            assert answer.status_code == 200, answer.text
        await hooks.world.runtime.worker.run_once()


async def later(chance: random.Random, task: Awaitable[Any]) -> Any:
    """Do something after a moment that differs from round to round."""
    await asyncio.sleep(chance.random() * 0.03)
    return await task


async def answer_and_webhook(
    hooks: Hooks, payment: Payment, chance: random.Random
) -> list[httpx2.Response]:
    """The answer of a confirm is settled while its events come in."""
    card = {"payment_method": chance.choice(CARDS)}
    answer, _ = await asyncio.gather(
        later(chance, post(hooks, payment, "confirm", card)), told_meanwhile(hooks, payment)
    )
    return [answer]


async def webhook_and_recovery(
    hooks: Hooks, payment: Payment, chance: random.Random
) -> list[httpx2.Response]:
    """The answer is lost; events, two workers and a refresh look for it at once."""
    await confirm_unheard(hooks.world, payment, chance.choice(CARDS))
    hooks.world.clock.advance(30)
    worker = hooks.world.runtime.worker
    _, answer, *_ = await asyncio.gather(
        told_meanwhile(hooks, payment, times=3),
        later(chance, post(hooks, payment, "refresh")),
        later(chance, worker.run_once()),
        later(chance, worker.run_once()),
    )
    return [answer]


async def cancel_and_success(
    hooks: Hooks, payment: Payment, chance: random.Random
) -> list[httpx2.Response]:
    """The customer pays in a browser while the shop cancels."""

    async def pay() -> None:
        # Canceled first, Stripe takes no card any more, and says so.
        with suppress(AssertionError):
            await browser_confirms(hooks.world, payment, GOOD)

    answer, *_ = await asyncio.gather(
        later(chance, post(hooks, payment, "cancel")),
        later(chance, pay()),
        told_meanwhile(hooks, payment),
    )
    return [answer]


async def browser_and_server(
    hooks: Hooks, payment: Payment, chance: random.Random
) -> list[httpx2.Response]:
    """A page and a backend confirm the same payment at once."""

    async def pay() -> None:
        with suppress(AssertionError):
            await browser_confirms(hooks.world, payment, chance.choice((GOOD, BAD)))

    card = {"payment_method": chance.choice((GOOD, BAD))}
    answer, *_ = await asyncio.gather(
        later(chance, post(hooks, payment, "confirm", card)),
        later(chance, pay()),
        told_meanwhile(hooks, payment),
    )
    return [answer]


@pytest.mark.parametrize(
    "race", [answer_and_webhook, webhook_and_recovery, cancel_and_success, browser_and_server]
)
async def test_a_race_is_won_by_the_truth(hooks: Hooks, race: Race) -> None:
    """Whatever the order, the payment ends as Stripe has it, each charge counted once."""
    chance = random.Random(race.__name__)
    for number in range(ROUNDS):
        payment = await hooks.world.create(max_attempts=4)
        answers = await race(hooks, payment, chance)
        after = await recovered(hooks, payment)
        charged = await hooks.world.charged(payment)
        counted = [charge for _, _, charge in await outcomes(hooks.world, payment)]
        failed = await failed_charges(hooks.world, payment)
        told = [(answer.status_code, answer.json().get("detail")) for answer in answers]
        where = f"round {number}: {await hooks.world.path(payment)} {told}"

        assert {status for status, _ in told} <= {200, 202, 409}, where
        assert len(charged) == (1 if after.state == "succeeded" else 0), where
        assert len(counted) == len(set(counted)), where
        assert set(failed) <= set(counted), where
        assert len(counted) == len(failed) + len(charged), where
