"""Payments of every kind outlive APIs and workers that are killed at random moments.

The full size is part of ``make prove``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.outages.ends import (
    HANDLED,
    Left,
    all_delivered,
    ended_as_planned,
    ledger_agrees,
    nothing_left,
    what_is_left,
)
from benchmarks.outages.kills import ALONE, HURRIED, Place, survive_kills
from benchmarks.outages.stories import STORIES, interrupted
from orchestrator.demo.checks import Finished
from orchestrator.demo.shop import Json
from orchestrator.requests import utc_now
from orchestrator.store.claims import claim_due
from tests.world import World

PAID = ("created", "confirming", "succeeded")


@pytest.mark.parametrize(
    ("place", "payments"),
    [(HURRIED, 40), pytest.param(ALONE, 20, marks=pytest.mark.thorough)],
    ids=lambda of: getattr(of, "name", of),
)
async def test_kills_are_survived(place: Place, payments: int) -> None:
    """All end or wait as planned, Stripe agrees, nothing is left behind, and nobody is told a 500.

    A worker of two minutes later stands in for the wait until a dead one's leases end.
    """
    survived = await survive_kills(place, payments, seed=11)

    assert survived.against == []
    assert len(survived.told.payments) == payments
    # Otherwise nobody would have died.
    assert sum(survived.kills.values()) > 0


def test_same_seed_gives_the_same_payments() -> None:
    """A run can be repeated, holds every story, and leaves some payments waiting."""
    one, other = (interrupted(60, 3, patience=1.0) for _ in range(2))

    assert [(each.title, each.path) for each in one] == [(each.title, each.path) for each in other]
    assert {story.title for story in STORIES} <= {each.title.rpartition(" (")[0] for each in one}
    assert any(each.path[-1] not in HANDLED for each in one)


def paid() -> tuple[list[Finished], Json]:
    """Return a payment that is paid here and at Stripe."""
    scenario = replace(interrupted(40, 1, 1.0)[0], path=PAID, because=None)
    money: Json = {"amount": 500, "currency": "usd"}
    payment = {
        "id": "pay_1",
        "payment_intent": "pi_1",
        "state": "succeeded",
        "handled": True,
        "attempts_used": 1,
        **money,
    }
    row: Json = {"code": None, "decline_code": None, "reason": "charged"}
    history = [{**row, "target": state} for state in PAID]
    ledger: Json = {
        "charges": [{"payment_intent": "pi_1", **money}],
        "intents": [{"id": "pi_1", "status": "succeeded"}],
    }
    return [Finished(scenario, payment, history)], ledger


def test_agreement_is_seen() -> None:
    """What is as planned and as it is at Stripe passes."""
    finished, ledger = paid()

    assert ended_as_planned(finished).holds
    assert ledger_agrees(finished, ledger).holds


@pytest.mark.parametrize("change", ["twice", "never", "differently", "nobody's", "canceled"])
def test_wrong_money_is_seen(change: str) -> None:
    """A charge too many, too few, of another amount or of nobody's, or another end, fails."""
    finished, ledger = paid()
    charge = ledger["charges"][0]
    match change:
        case "twice":
            ledger["charges"].append(charge)
        case "never":
            ledger["charges"].clear()
        case "differently":
            charge["amount"] += 1
        case "nobody's":
            ledger["charges"].append({**charge, "payment_intent": "pi_2"})
        case _:
            ledger["intents"][0]["status"] = "canceled"

    assert not ledger_agrees(finished, ledger).holds


@pytest.mark.parametrize("field", ["state", "handled", "attempts_used"])
def test_other_end_is_seen(field: str) -> None:
    """A payment that ended otherwise, or did not end, fails."""
    finished, _ = paid()
    finished[0].payment[field] = None

    assert not ended_as_planned(finished).holds


@pytest.mark.parametrize("heading", ["pending", "failed", "dropped"])
def test_webhook_nobody_took_is_seen(heading: str) -> None:
    """A webhook that did not arrive fails."""
    one = {"type": "charge.failed", "url": "u", "tries": 7, "response_status": None, "error": "E"}
    shown: Json = {"pending": [], "failed": [], "dropped": [], "delivered": [one]}

    assert all_delivered(shown).holds
    assert not all_delivered({**shown, heading: [one]}).holds


async def test_lease_of_the_dead_is_seen(world: World) -> None:
    """A row counts as leased until its lease ends, and as due from then on."""
    await world.create()
    database = world.runtime.database
    now = utc_now() + timedelta(days=2)
    until = now + timedelta(seconds=30)
    await database.write(claim_due, "dead", now, until, 20, one_statement=True)

    leased = await database.read(what_is_left, now)
    later = await database.read(what_is_left, until + timedelta(seconds=1))

    assert leased.leased == {"payments": 1}
    assert later == Left(leased.events, {}, {"payments": 1})
    assert not nothing_left(later).holds
