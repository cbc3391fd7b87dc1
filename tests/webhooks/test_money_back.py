"""Refunds and disputes that Stripe tells of: on record once, and never a move."""

from __future__ import annotations

from typing import Any

from orchestrator.store.schema import (
    disputes,
)
from tests.protocol.steps import (
    GOOD,
    browser_confirms,
)
from tests.webhooks.conftest import Hooks, rows


async def refund_in_dashboard(hooks: Hooks, payment: Any, amount: int) -> None:
    """Refund as a person at Stripe would."""
    body = {"payment_intent": payment.payment_intent, "amount": str(amount)}
    async with hooks.world.http.post(f"{hooks.world.url}/v1/refunds", data=body) as answer:
        assert answer.status == 200, await answer.text()


async def shown(hooks: Hooks, payment: Any) -> list[tuple[int, str]]:
    """Return amount and state of each refund on record."""
    answer = await hooks.api.get(f"/v1/payments/{payment.id}/refunds")
    return [(refund["amount"], refund["state"]) for refund in answer.json()["data"]]


async def test_a_refund_made_at_stripe_is_on_record_once(hooks: Hooks) -> None:
    """Several events tell of one refund, twice and in any order: one record, and no move."""
    payment = await hooks.world.create()
    await hooks.world.confirm(payment, GOOD)
    await refund_in_dashboard(hooks, payment, 300)
    told = await hooks.events("charge.refunded", "refund.created", "refund.updated")
    await hooks.deliver(*reversed(told), *told)

    assert len(told) >= 2
    assert await shown(hooks, payment) == [(300, "succeeded")]
    assert await hooks.world.path(payment) == ["create", "confirm", "succeed"]


async def test_a_refund_told_before_its_payment_succeeded_here(hooks: Hooks) -> None:
    """Paid in a browser and refunded at once: the refund's event settles the payment first."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    await refund_in_dashboard(hooks, payment, 1000)
    await hooks.deliver(*await hooks.events("charge.refunded"))

    assert (await hooks.world.load(payment)).state == "succeeded"
    assert await shown(hooks, payment) == [(1000, "succeeded")]


async def test_a_dispute_is_on_record(hooks: Hooks) -> None:
    """A card's holder disputes the charge: it stands beside the payment, which stays."""
    payment = await hooks.world.create()
    await hooks.world.confirm(payment, "pm_card_createDispute")
    await hooks.deliver(*await hooks.events("charge.dispute.created"))
    (row,) = await rows(hooks, disputes)

    assert (row["payment_id"], row["amount"]) == (payment.id, 1000)
    assert (await hooks.world.load(payment)).state == "succeeded"
