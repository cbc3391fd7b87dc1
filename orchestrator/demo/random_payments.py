"""Random payments, planned before they are driven: the same seed gives the same payments.

What each must come to is worked out here from the plan alone, by nothing the orchestrator runs.
"""

import random
from dataclasses import dataclass
from typing import Final

from orchestrator.demo.plays import Play, Stage
from orchestrator.demo.scenarios import Scenario
from orchestrator.demo.shop import Json

# In minor units, with a step some currencies insist on.
CURRENCIES: Final = {"usd": 1, "eur": 1, "gbp": 1, "jpy": 1, "kwd": 10}
GIVES_UP: Final = "abandoned"
FAULT_RATE: Final = 0.2
# Each is made good by the worker: the outcome is the one the card has.
FAULTS: Final = (
    "drop_before",
    "drop_after",
    "truncate_after",
    "conflict_409",
    "rate_limit_429",
    "lock_timeout_429",
    "error_500_unstored",
    "bad_gateway_502",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of card: its id (a tag makes it a card of its own) and the state it leads to."""

    card: str
    leads_to: str
    weight: int
    challenge: str | None = None


KINDS: Final = (
    Kind("pm_sim_success", "succeeded", 10),
    Kind("pm_sim_requires_action", "succeeded", 3, challenge="succeed"),
    Kind("pm_sim_requires_action", "requires_new_card", 1, challenge="fail"),
    Kind("pm_sim_requires_action_then_insufficient_funds", "requires_new_card", 1, "succeed"),
    Kind("pm_sim_insufficient_funds", "requires_new_card", 4),
    Kind("pm_sim_generic_decline", "requires_new_card", 4),
    Kind("pm_sim_incorrect_cvc", "requires_new_card", 2),
    Kind("pm_sim_processing_error", "requires_new_card", 2),
    Kind("pm_sim_expired_card", "card_disabled", 2),
    Kind("pm_sim_lost_card", "card_disabled", 1),
    Kind("pm_sim_stolen_card", "card_disabled", 1),
    Kind("pm_sim_pickup_card", "card_disabled", 1),
    Kind("pm_sim_fraudulent", "failed", 1),
    Kind("pm_sim_merchant_blacklist", "failed", 1),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One payment: what is bought, and which cards the customer has, in order."""

    number: int
    amount: int
    currency: str
    max_attempts: int
    tries: tuple[tuple[Kind, str | None], ...]


def planned(count: int, seed: int) -> list[Scenario]:
    """Plan payments and what must become of each."""
    dice = random.Random(seed)  # noqa: S311, RUF100  a demonstration, not a secret
    plans = [_plan(dice, number) for number in range(1, count + 1)]
    return [
        Scenario(f"Random payment {plan.number}", _play(plan), *_expected(plan)) for plan in plans
    ]


def _plan(dice: random.Random, number: int) -> Plan:
    currency = dice.choice(tuple(CURRENCIES))
    step = CURRENCIES[currency]
    kinds = dice.choices(KINDS, [kind.weight for kind in KINDS], k=dice.randint(1, 4))
    return Plan(
        number=number,
        amount=dice.randint(100, 50_000) * step,
        currency=currency,
        max_attempts=dice.randint(1, 4),
        tries=tuple((kind, _fault(dice)) for kind in kinds),
    )


def _fault(dice: random.Random) -> str | None:
    return dice.choice(FAULTS) if dice.random() < FAULT_RATE else None


def _expected(plan: Plan) -> tuple[tuple[str, ...], str | None]:
    """Work out the path and why it fails, if so: cards until one decides, or none is left."""
    path = ["created"]
    for used, (kind, _) in enumerate(plan.tries, start=1):
        path.append("confirming")
        if kind.leads_to == "succeeded":
            return (*path, "succeeded"), None
        if kind.leads_to == "failed":
            return (*path, "failed"), kind.card.removeprefix("pm_sim_")
        if used == plan.max_attempts:
            return (*path, "failed"), "attempts_exhausted"
        path.append(kind.leads_to)
    return (*path, "failed"), GIVES_UP


def _play(plan: Plan) -> Play:
    async def play(stage: Stage) -> Json:
        payment = await stage.shop.create(
            amount=plan.amount, currency=plan.currency, max_attempts=plan.max_attempts
        )
        for turn, (kind, fault) in enumerate(plan.tries):
            payment = await _try(stage, payment, kind, fault, f"{plan.number}x{turn}")
            if payment["handled"]:
                return payment
        return await stage.shop.cancel(payment)

    return play


async def _try(stage: Stage, payment: Json, kind: Kind, fault: str | None, tag: str) -> Json:
    if fault is not None:
        await stage.stand_in.break_confirm(payment, fault)
    payment = await stage.shop.pay(payment, f"{kind.card}__{tag}")
    if kind.challenge is None:
        return payment
    await stage.stand_in.authenticate(payment, kind.challenge)
    return await stage.shop.refresh(payment)
