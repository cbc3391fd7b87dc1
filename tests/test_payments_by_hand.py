"""An operator resolves a payment: Stripe is asked, or the end is wished for; never a state set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.errors import (
    IdempotencyKeyReused,
    PaymentHandled,
    PaymentNotFound,
    StripeUnavailable,
)
from orchestrator.gateway.views import Reply
from orchestrator.payment import Payment
from orchestrator.payments_by_hand import Resolution
from orchestrator.requests import Caller, Result
from orchestrator.store.actions import ListActions, read_actions
from tests.world import World, open_world, world

WHY = "the customer says it was paid"


@pytest.fixture
async def sqlite_world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment on SQLite, where the kind of database makes no difference."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        yield opened


async def resolve(
    world: World, payment: Payment, resolution: str, caller: Caller | None = None
) -> Result:
    """Resolve a payment as an administrator who owns nothing."""
    asked = caller or world.caller(owner="office")
    wish = Resolution(resolution)
    return await world.runtime.payments_by_hand.resolve(payment.id, wish, WHY, asked)


async def actions(world: World) -> list[dict[str, Any]]:
    """Return what is on record, oldest first."""
    page = await world.runtime.database.read(read_actions, ListActions(limit=100))
    return list(page.actions[::-1])


async def last_row(world: World, payment: Payment) -> dict[str, Any]:
    """Return the payment's last history row."""
    return (await world.payments.history(payment.id, None))[-1]


async def lost(world: World) -> Payment:
    """Return a payment that was paid while nobody heard of it."""
    payment = await world.create()
    await world.fault("drop_after")
    return (await world.confirm(payment, "pm_card_visa")).payment


async def test_stripe_is_asked_and_settled(world: World) -> None:
    """A payment whose outcome was lost succeeds by what Stripe says, and the operator caused it."""
    payment = await lost(world)
    caller = world.caller(owner="office")
    result = await resolve(world, payment, "refresh", caller)
    row, (action,) = await last_row(world, payment), await actions(world)

    assert (payment.state, result.payment.state) == ("confirming", "succeeded")
    assert (row["event"], row["actor_kind"], row["actor_id"]) == ("succeed", "operator", "key1")
    assert (row["request_id"], row["evidence_status"]) == (caller.request_id, "succeeded")
    assert (action["action"], action["subject_id"]) == ("payment_resolved", payment.id)
    assert (action["actor_kind"], action["actor_id"], action["reason"]) == ("operator", "key1", WHY)
    assert action["details"]["history"] == [2, 3]
    assert action["details"]["state_after"] == "succeeded"
    assert action["details"]["stripe"]["intent"]["status"] == "succeeded"


async def test_the_end_is_wished_for(world: World) -> None:
    """A waiting payment is canceled at Stripe and fails; the row names operator and reason."""
    payment = await world.create()
    result = await resolve(world, payment, "cancel")
    row, (action,) = await last_row(world, payment), await actions(world)

    assert (result.payment.state, result.settled) == ("failed", True)
    assert (row["event"], row["actor_kind"], row["evidence_status"]) == (
        "cancel",
        "operator",
        "canceled",
    )
    assert row["reason"] == f"by_operator:{WHY}"
    assert (action["details"]["resolution"], action["details"]["ends_already"]) == ("cancel", False)


async def test_a_success_wins(sqlite_world: World) -> None:
    """A payment that was paid meanwhile succeeds, whatever end was wished for."""
    payment = await lost(sqlite_world)
    result = await resolve(sqlite_world, payment, "cancel")

    assert result.payment.state == "succeeded"
    assert await sqlite_world.charged(payment) == [1000]


async def test_the_wish_is_carried_out_later(sqlite_world: World) -> None:
    """While Stripe cannot be reached the wish stands, on record, and a worker carries it out."""
    payment = await sqlite_world.create()
    await sqlite_world.fault("drop_before", operation="payment_intents.cancel", times=1)
    result = await resolve(sqlite_world, payment, "cancel")
    await sqlite_world.work(until=timedelta(seconds=5))

    assert (result.payment.state, result.settled) == ("created", False)
    assert (await last_row(sqlite_world, payment))["actor_kind"] == "operator"
    assert len(await actions(sqlite_world)) == 1


async def test_nothing_new_is_on_record_too(sqlite_world: World) -> None:
    """Asking about a payment that has ended moves nothing, and who asked is known."""
    payment = (await sqlite_world.confirm(await sqlite_world.create(), "pm_card_visa")).payment
    result = await resolve(sqlite_world, payment, "refresh")

    assert result.payment == payment
    assert [row["details"]["history"] for row in await actions(sqlite_world)] == [[3, 3]]


async def test_a_late_success_is_an_anomaly(sqlite_world: World) -> None:
    """Of a failed payment that Stripe calls paid nothing moves; evidence and anomaly are kept."""
    payment = (await resolve(sqlite_world, await sqlite_world.create(), "cancel")).payment
    driver = sqlite_world.payments.driver
    driver.gateway = Paid(driver.gateway)
    result = await resolve(sqlite_world, payment, "refresh")

    assert (result.payment.state, result.payment.version) == ("failed", payment.version)
    assert result.payment.evidence_count == payment.evidence_count + 1
    assert len(await actions(sqlite_world)) == 2


class Paid:
    """The gateway of a Stripe that calls every intent paid."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def read_intent(self, intent_id: str) -> Reply:
        """Read an intent, as if it had succeeded."""
        reply: Reply = await self._gateway.read_intent(intent_id)
        assert reply.intent is not None
        return replace(reply, intent=replace(reply.intent, status="succeeded"))


async def test_ended_payments_are_not_canceled(sqlite_world: World) -> None:
    """A payment that has ended keeps its end, and nothing is on record."""
    payment = (await sqlite_world.confirm(await sqlite_world.create(), "pm_card_visa")).payment
    with pytest.raises(PaymentHandled):
        await resolve(sqlite_world, payment, "cancel")

    assert await actions(sqlite_world) == []


async def test_without_an_answer_nothing_is_written(sqlite_world: World) -> None:
    """Where Stripe does not answer there is nothing to settle, and nothing on record."""
    payment = await sqlite_world.create()
    await sqlite_world.fault("bad_gateway_502", operation="payment_intents.retrieve", times=9)
    with pytest.raises(StripeUnavailable):
        await resolve(sqlite_world, payment, "refresh")

    assert await sqlite_world.load(payment) == payment
    assert await actions(sqlite_world) == []


async def test_unknown_payments_are_not_found(sqlite_world: World) -> None:
    """There is no such payment, whoever asks."""
    payment = replace(await sqlite_world.create(), id="pay_nobody")

    with pytest.raises(PaymentNotFound):
        await resolve(sqlite_world, payment, "refresh")


@pytest.mark.parametrize("resolution", Resolution)
async def test_the_same_request_is_done_once(sqlite_world: World, resolution: str) -> None:
    """Sent again under its key it shows the payment as it is; another request is refused."""
    payment = await sqlite_world.create()
    caller = sqlite_world.caller("once", owner="office", digest="d")
    first = await resolve(sqlite_world, payment, resolution, caller)
    again = await resolve(sqlite_world, payment, resolution, caller)
    with pytest.raises(IdempotencyKeyReused):
        await resolve(sqlite_world, payment, resolution, replace(caller, request_digest="e"))

    assert (first.replayed, again.replayed) == (False, True)
    assert again.payment == first.payment
    assert len(await actions(sqlite_world)) == 1


__all__ = ["world"]
