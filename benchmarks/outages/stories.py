"""Payments that a killed process may interrupt anywhere, and what each must come to.

Beside the random ones: saved cards, cards confirmed in a browser, challenges whose end only
Stripe's webhooks tell, cancels, and payments whose customer does not come back.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from orchestrator.demo.plays import Play, Stage
from orchestrator.demo.random_payments import planned
from orchestrator.demo.scenarios import (
    PAID,
    PAID_AFTER_DISABLED,
    PAID_WITH_SECOND_CARD,
    Scenario,
)
from orchestrator.demo.shop import POLL_SECONDS, Json, expect

# Of all payments; the others are the random ones.
STORIES_SHARE: Final = 0.5
GOOD: Final = "pm_card_visa"


@dataclass(frozen=True, slots=True)
class Story:
    """A payment's story, told for a number that makes its cards its own."""

    title: str
    play: Callable[[str, float], Play]
    path: tuple[str, ...]
    because: str | None = None


def interrupted(count: int, seed: int, patience: float) -> list[Scenario]:
    """Plan payments; a page looks by itself at what no webhook has told within ``patience``."""
    dice = random.Random(seed)  # noqa: S311, RUF100  a plan, not a secret
    told = round(count * STORIES_SHARE)
    all = planned(count - told, seed)
    for number in range(told):
        story = STORIES[number % len(STORIES)]
        play = story.play(f"k{number}", patience)
        all.append(Scenario(f"{story.title} ({number})", play, story.path, story.because))
    dice.shuffle(all)
    return all


async def _heard(stage: Stage, payment: Json, patience: float) -> Json:
    """Wait until the payment has gone on by itself."""
    seen = payment["updated_at"]
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while payment["updated_at"] == seen or _is_under_way(payment):
        if loop.time() > end:
            return await stage.shop.refresh(payment)
        await asyncio.sleep(POLL_SECONDS)
        payment = await stage.shop.get(f"/v1/payments/{payment['id']}")
    return payment


def _is_under_way(payment: Json) -> bool:
    return payment["state"] in {"created", "confirming"}


def _saved_card(tag: str, patience: float) -> Play:
    del patience

    async def play(stage: Stage) -> Json:
        customer = await stage.shop.create_customer()
        card = await stage.shop.save_card(customer, GOOD)
        return await stage.shop.pay(await stage.shop.create(customer=customer["id"]), card)

    return play


def _saved_card_expired(tag: str, patience: float) -> Play:
    del patience

    async def play(stage: Stage) -> Json:
        shop = stage.shop
        customer = await shop.create_customer()
        good = await shop.save_card(customer, GOOD)
        expired = await shop.save_card(customer, f"pm_sim_expired_card__{tag}")
        payment = await shop.pay(await shop.create(customer=customer["id"]), expired)
        offered = await shop.cards(customer)
        expect(offered == [good], f"the disabled card should be gone: {offered}")
        return await shop.pay(payment, good)

    return play


def _in_browser(*cards: str) -> Callable[[str, float], Play]:
    """Confirm the first card in the browser and hear of it from Stripe; then the others here."""

    def of(tag: str, patience: float) -> Play:
        async def play(stage: Stage) -> Json:
            payment = await stage.shop.create()
            first, *others = (card.format(tag=tag) for card in cards)
            await stage.stand_in.pay_in_browser(payment, first)
            payment = await _heard(stage, payment, patience)
            for card in others:
                payment = await stage.shop.pay(payment, card)
            return payment

        return play

    return of


def _challenged(outcome: str | None, *, cancel: bool = False) -> Callable[[str, float], Play]:
    """Be asked for 3-D Secure; pass it, fail it, cancel it or leave it open."""

    def of(tag: str, patience: float) -> Play:
        async def play(stage: Stage) -> Json:
            payment = await stage.shop.create()
            payment = await stage.shop.pay(payment, f"pm_sim_requires_action__{tag}")
            if cancel:
                return await stage.shop.cancel(payment)
            if outcome is None:
                return payment
            await stage.stand_in.authenticate(payment, outcome)
            return await _heard(stage, payment, patience)

        return play

    return of


def _unheard(kind: str, card: str, *then: str) -> Callable[[str, float], Play]:
    """Have Stripe's answer to the first card lost."""

    def of(tag: str, patience: float) -> Play:
        del patience

        async def play(stage: Stage) -> Json:
            payment = await stage.shop.create()
            await stage.stand_in.break_confirm(payment, kind)
            for each in (card, *then):
                payment = await stage.shop.pay(payment, each.format(tag=tag))
            return payment

        return play

    return of


def _slow(tag: str, patience: float) -> Play:
    """Have Stripe take its time after the charge: whoever asked may be dead by then."""
    del tag, patience

    async def play(stage: Stage) -> Json:
        payment = await stage.shop.create()
        await stage.stand_in.break_confirm(payment, "latency", seconds=1, when="after")
        return await stage.shop.pay(payment, GOOD)

    return play


def _untried(*, cancel: bool) -> Callable[[str, float], Play]:
    def of(tag: str, patience: float) -> Play:
        del tag, patience

        async def play(stage: Stage) -> Json:
            payment = await stage.shop.create()
            return await stage.shop.cancel(payment) if cancel else payment

        return play

    return of


WAITS_FOR_CARD: Final = ("created", "confirming", "requires_new_card")
_AUTHENTICATION: Final = "payment_intent_authentication_failure"

STORIES: Final = (
    Story("A saved card pays", _saved_card, PAID),
    Story("A saved card has expired, another pays", _saved_card_expired, PAID_AFTER_DISABLED),
    Story("Paid in the browser", _in_browser(GOOD), PAID),
    Story(
        "Declined in the browser, paid here",
        _in_browser("pm_sim_insufficient_funds__{tag}", GOOD),
        PAID_WITH_SECOND_CARD,
    ),
    Story("3-D Secure approved, told by webhook", _challenged("succeed"), PAID),
    Story(
        "3-D Secure refused, told by webhook", _challenged("fail"), WAITS_FOR_CARD, _AUTHENTICATION
    ),
    Story("Slow answer", _slow, PAID),
    Story("Answer lost", _unheard("drop_after", GOOD), PAID),
    Story(
        "Answer to a decline lost",
        _unheard("drop_after", "pm_sim_lost_card__{tag}", GOOD),
        PAID_AFTER_DISABLED,
    ),
    Story("Canceled untried", _untried(cancel=True), ("created", "failed"), "abandoned"),
    Story(
        "Canceled at the challenge",
        _challenged(None, cancel=True),
        ("created", "confirming", "failed"),
        "abandoned",
    ),
    Story("Challenge left open", _challenged(None), ("created", "confirming")),
    Story("Never tried", _untried(cancel=False), ("created",)),
)

__all__ = ["STORIES", "interrupted"]
