"""Money that is held first and taken later: the wish survives, the amount is the one wished for."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.audit import verify_one
from orchestrator.captures import Captures
from orchestrator.chain import instant, row_hash
from orchestrator.change import facts_hash
from orchestrator.errors import (
    AttemptInProgress,
    CaptureTooLarge,
    IdempotencyKeyReused,
    NotCapturable,
    PaymentEnding,
    PaymentHandled,
    StripeRefused,
)
from orchestrator.gateway.views import Reply, ReplyKind
from orchestrator.payment import Payment
from orchestrator.requests import Result
from orchestrator.settle.captures import CAPTURE_MARGIN, UNTOLD_HOLD
from orchestrator.store.schema import anomalies, evidence
from tests.stored_payments import START, new_payment
from tests.world import World

CAPTURE = "payment_intents.capture"


class Refusing:
    """A gateway through which Stripe refuses every capture."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def capture_intent(self, *_: Any, **__: Any) -> Reply:
        """Refuse."""
        return Reply(ReplyKind.refused, code="charge_expired_for_capture", http_status=400)


async def held(world: World, **fields: Any) -> Payment:
    """Make a payment whose money is held."""
    payment = await world.create(capture_method="manual", **fields)
    return (await world.confirm(payment, "pm_card_visa")).payment


async def capture(
    world: World, payment: Payment, amount: int | None = None, *, key: str | None = None
) -> Result:
    """Ask for the money of a payment."""
    captures: Captures = world.runtime.captures
    return await captures.capture(payment.id, amount, world.caller(key, digest=str(amount)))


async def anomalies_of(world: World, payment: Payment) -> list[str]:
    """Return the kinds of anomalies on record of a payment."""
    query = select(anomalies.c.kind).where(anomalies.c.payment_id == payment.id)
    return await world.runtime.database.read(lambda c: list(c.execute(query).scalars()))


async def wishes_of(world: World, payment: Payment) -> list[dict[str, Any]]:
    """Return what the evidence says was wished for."""
    query = select(evidence.c.payload).where(
        evidence.c.payment_id == payment.id, evidence.c.kind == "capture_wished"
    )
    return await world.runtime.database.read(lambda c: list(c.execute(query).scalars()))


async def captured_calls(world: World) -> list[dict[str, Any]]:
    """Return the calls for a capture that reached the stand-in."""
    journal = await world.control("GET", "/requests")
    return [each for each in journal["requests"] if each["operation"] == CAPTURE]


async def test_money_is_held_until_it_is_captured(world: World) -> None:
    """An approval of a payment that is captured by hand moves nothing and charges nothing."""
    payment = await held(world)

    assert (payment.state, payment.awaits_capture) == ("confirming", True)
    assert await world.charged(payment) == []


async def test_capture_takes_the_money(world: World) -> None:
    """A captured payment has succeeded like any other."""
    payment = await held(world)
    result = await capture(world, payment)

    assert (result.payment.state, result.settled) == ("succeeded", True)
    assert await world.path(payment) == ["create", "confirm", "succeed"]
    assert (await world.charged(payment), result.payment.amount_received) == ([1000], 1000)


async def test_part_of_it_is_no_anomaly_when_we_asked_for_it(world: World) -> None:
    """What was received is what was wished for, though the payment is over more."""
    payment = await held(world)
    result = await capture(world, payment, 600)

    assert (result.payment.state, result.payment.amount_received) == ("succeeded", 600)
    assert await anomalies_of(world, payment) == []
    assert await world.charged(payment) == [600]


async def test_part_of_it_is_an_anomaly_when_nobody_asked(world: World) -> None:
    """Somebody took less at Stripe itself: the money moved, and a person should look."""
    payment = await held(world)
    await world.runtime.gateway.capture_intent(
        payment.payment_intent, amount=600, idempotency_key="by-hand"
    )
    paid = await world.refresh(payment)

    assert (paid.state, paid.amount_received) == ("succeeded", 600)
    assert await anomalies_of(world, payment) == ["amount_differs"]


async def test_deadline_is_when_stripe_lets_go(world: World) -> None:
    """The payment waits as long as the money is held, less a margin, not as long as a confirm."""
    payment = await held(world)
    reply = await world.runtime.gateway.list_charges(payment.payment_intent)
    before = reply.charges[0].capture_before

    assert before is not None
    assert payment.deadline_at == datetime.fromtimestamp(before, UTC) - CAPTURE_MARGIN


async def test_payment_past_the_deadline_of_a_confirm_is_still_held(world: World) -> None:
    """Nobody gives money up that is held for days."""
    payment = await held(world)
    await world.work()
    world.clock.advance(2 * 3600)
    await world.work()

    assert (await world.load(payment)).awaits_capture


async def test_nobody_captures_and_the_payment_ends(world: World) -> None:
    """At the deadline the money is let go, and the payment has failed."""
    payment = await held(world)
    assert payment.deadline_at is not None
    world.clock.ahead += payment.deadline_at - world.clock() + timedelta(seconds=1)
    await world.work()
    ended = await world.load(payment)

    assert (ended.state, ended.failure_reason) == ("failed", "confirm_deadline_passed")
    assert await world.charged(payment) == []


async def test_charge_that_cannot_be_read_gives_a_day(world: World) -> None:
    """Where Stripe does not say until when it holds the money, a day is safe."""
    payment = await world.create(capture_method="manual")
    await world.fault("error_500_unstored", "charges.list")
    now = world.clock()
    payment = (await world.confirm(payment, "pm_card_visa")).payment

    assert payment.deadline_at is not None
    assert abs(payment.deadline_at - now - UNTOLD_HOLD) < timedelta(minutes=1)


async def test_held_money_is_let_go_by_a_cancel(world: World) -> None:
    """A payment that is not captured is canceled as any other."""
    payment = await held(world)
    result = await world.payments.cancel(payment.id, None, world.caller())

    assert result.payment.state == "failed"
    with pytest.raises(PaymentHandled):
        await capture(world, payment)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_lost_answer_is_asked_for_again_under_the_same_key(world: World, fault: str) -> None:
    """Whether the request or its answer was lost, the money is taken once."""
    payment = await held(world)
    await world.fault(fault, CAPTURE)
    unknown = await capture(world, payment, 600)
    await world.work(until=timedelta(seconds=60))

    assert (unknown.settled, unknown.payment.state) == (False, "confirming")
    assert (await world.load(payment)).state == "succeeded"
    assert await world.charged(payment) == [600]
    assert await anomalies_of(world, payment) == []


async def test_wish_survives_whoever_wrote_it(world: World) -> None:
    """The wish is on record before Stripe is asked, by whom and under which key."""
    payment = await held(world)
    await capture(world, payment, 600)
    (wish,) = await wishes_of(world, payment)

    assert wish["amount"] == 600
    assert wish["stripe_key"].startswith(f"{payment.id}:capture:")
    assert (wish["actor_kind"], wish["actor_id"]) == ("api_key", "key1")


async def test_stored_error_is_asked_about_under_another_key(world: World) -> None:
    """Stripe repeats a 5xx for its key for a day; an intent is captured once all the same."""
    payment = await held(world)
    await world.fault("error_500_stored", CAPTURE)
    await capture(world, payment)
    await world.work(until=timedelta(seconds=120))

    assert (await world.load(payment)).state == "succeeded"
    assert await world.charged(payment) == [1000]


async def test_same_key_captures_once(world: World) -> None:
    """The same request again answers with the payment as it is."""
    payment = await held(world)
    await capture(world, payment, 600, key="take")
    again = await capture(world, payment, 600, key="take")
    with pytest.raises(IdempotencyKeyReused):
        await capture(world, payment, 500, key="take")

    assert (again.replayed, again.payment.state) == (True, "succeeded")
    assert await world.charged(payment) == [600]


async def test_one_of_many_captures_at_once_is_carried_out(world: World) -> None:
    """The payment's row decides which wish stands; the others are refused."""
    payment = await held(world)
    results = await asyncio.gather(
        *(capture(world, payment, 100 + number) for number in range(5)), return_exceptions=True
    )
    done = [result for result in results if isinstance(result, Result)]
    refused = [r for r in results if isinstance(r, AttemptInProgress | PaymentHandled)]

    assert (len(done), len(refused)) == (1, 4)
    assert len(await world.charged(payment)) == 1
    assert await anomalies_of(world, payment) == []


async def test_payment_that_is_ending_is_not_captured(world: World) -> None:
    """Who wishes to end a payment does not have it paid by somebody else."""
    payment = await held(world)
    await world.fault("drop_before", "payment_intents.cancel")
    await world.payments.cancel(payment.id, None, world.caller())
    with pytest.raises(PaymentEnding):
        await capture(world, payment)


async def test_more_than_the_amount_is_not_taken(world: World) -> None:
    """Nothing is written, and Stripe is not asked."""
    payment = await held(world)
    with pytest.raises(CaptureTooLarge, match="over 1000"):
        await capture(world, payment, 1001)

    assert (await captured_calls(world), await wishes_of(world, payment)) == ([], [])


async def test_payment_that_takes_its_money_by_itself_is_not_captured(world: World) -> None:
    """Only what was made to be captured is."""
    payment = await world.create()
    with pytest.raises(NotCapturable):
        await capture(world, payment)


async def test_payment_whose_money_is_not_held_is_not_captured(world: World) -> None:
    """Before a card has been approved there is nothing to take."""
    payment = await world.create(capture_method="manual")
    with pytest.raises(NotCapturable) as refusal:
        await capture(world, payment)

    assert (refusal.value.code, refusal.value.state) == ("illegal_transition", "created")


async def test_capture_that_stripe_refuses_can_be_wished_again(world: World) -> None:
    """A refusal ends the wish, not the payment."""
    payment = await held(world)
    driver = world.payments.driver
    driver.gateway = Refusing(driver.gateway)
    with pytest.raises(StripeRefused, match="charge_expired_for_capture"):
        await capture(world, payment)
    driver.gateway = world.runtime.gateway
    still = await world.load(payment)
    await capture(world, payment)

    assert still.awaits_capture
    assert await world.charged(payment) == [1000]


async def test_money_approved_in_a_browser_is_captured(world: World) -> None:
    """Whoever passed 3-D Secure may not have been heard of: Stripe is asked first."""
    payment = await world.create(capture_method="manual")
    await world.confirm(payment, "pm_card_authenticationRequired")
    await world.authenticate(payment, "succeed")
    result = await capture(world, payment)

    assert result.payment.state == "succeeded"
    assert await world.charged(payment) == [1000]


def test_payments_made_before_verify_as_they_did() -> None:
    """How the money is taken is vouched for where it is by hand, and changes no older hash."""
    payment = new_payment()
    facts = {
        "id": "pay_a",
        "owner": "shop",
        "amount": 4200,
        "currency": "eur",
        "customer": "cus_1",
        "item_ids": ["sku_1", "sku_2"],
        "transaction_id": "order-1",
        "payment_intent": "pi_pay_a",
        "max_attempts": 3,
        "created_at": instant(START),
    }

    assert facts_hash(payment) == row_hash(facts)
    assert facts_hash(replace(payment, capture_method="manual")) == row_hash(
        facts | {"capture_method": "manual"}
    )


async def test_captured_payment_verifies(world: World) -> None:
    """The wish is a link of the chain of evidence."""
    payment = await held(world)
    await capture(world, payment, 600)

    report = await verify_one(world.runtime.database, payment.id)
    assert report is not None
    assert (report.payments, report.problems) == (1, [])
