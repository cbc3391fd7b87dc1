"""What becomes of a payment whose answer was lost, whose process died, or whose time is over."""

from datetime import timedelta

import pytest

from orchestrator.gateway.views import ReplyKind
from orchestrator.payment import Actor
from orchestrator.payments import ConfirmPayment, CreatePayment
from orchestrator.settle import open_attempt
from orchestrator.states import PaymentState
from tests.world import World

ACTOR = Actor("api_key", "key1")

# Each fault, and whether the charge went through although no answer came.
LOST_ANSWERS = ["drop_before", "drop_after", "bad_gateway_502", "error_500_unstored"]
BUSY_ANSWERS = ["conflict_409", "rate_limit_429", "lock_timeout_429"]


@pytest.mark.parametrize("kind", LOST_ANSWERS + BUSY_ANSWERS)
async def test_lost_answer_is_found_out(world: World, kind: str) -> None:
    """A confirm whose answer never came is 202, charges nothing twice, and ends by itself."""
    payment = await world.create()
    await world.fault(kind, times=1)

    result = await world.confirm(payment, "pm_card_visa")
    await world.work(until=timedelta(seconds=30))
    ended = await world.load(payment)

    assert (result.settled, result.payment.state) == (False, PaymentState.confirming)
    assert ended.state is PaymentState.succeeded
    assert await world.charged(payment) == [1000]
    assert await world.path(payment) == ["create", "confirm", "succeed"]


@pytest.mark.parametrize("effect", [True, False])
async def test_stored_server_error_is_read(world: World, effect: bool) -> None:
    """A 5xx that Stripe replays tells nothing, so the intent is read; it may have been charged."""
    payment = await world.create()
    await world.fault("error_500_stored", effect=effect)

    await world.confirm(payment, "pm_card_visa")
    await world.work(until=timedelta(minutes=2))
    state = (await world.load(payment)).state

    expected = PaymentState.succeeded if effect else PaymentState.confirming
    assert state is expected
    assert await world.charged(payment) == ([1000] if effect else [])


async def test_stored_server_error_without_effect_ends_by_deadline(world: World) -> None:
    """A confirm that Stripe answers with 500 for good, and never ran, ends at the deadline."""
    payment = await world.create()
    await world.fault("error_500_stored", effect=False)

    await world.confirm(payment, "pm_card_visa")
    world.clock.advance(3601)
    await world.work(until=timedelta(minutes=6))
    ended = await world.load(payment)

    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "confirm_deadline_passed")
    assert await world.path(payment) == ["create", "confirm", "expire"]


async def test_dead_process_is_followed(world: World) -> None:
    """A process that dies after phase A leaves all that another needs to send the request."""
    payment = await world.create()
    driver = world.payments.driver
    await driver.write(
        open_attempt(
            payment,
            parameters=ConfirmPayment("pm_card_visa").parameters,
            now=world.clock(),
            timing=driver.timing,
            actor=ACTOR,
            request_id="req_dead",
            rules_version=driver.rules.rules_version,
        )
    )

    await world.work()
    before = await world.load(payment)
    world.clock.advance(driver.timing.stripe_timeout_seconds + 3)
    await world.work()

    assert before.state is PaymentState.confirming
    assert (await world.load(payment)).state is PaymentState.succeeded
    assert await world.charged(payment) == [1000]


async def test_unused_payment_expires(world: World) -> None:
    """A payment nobody confirms is canceled at Stripe and failed when its time is over."""
    payment = await world.create()

    world.clock.advance(86401)
    await world.work()
    ended = await world.load(payment)
    read = await world.runtime.gateway.retrieve_intent(payment.payment_intent)

    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "payment_expired")
    assert read.intent is not None
    assert read.intent.status == "canceled"


async def test_challenge_nobody_answers_ends_by_deadline(world: World) -> None:
    """A 3-D Secure challenge that nobody comes back to is canceled at the deadline."""
    payment = await world.create()

    await world.confirm(payment, "pm_card_threeDSecure2Required")
    world.clock.advance(3601)
    await world.work(until=timedelta(minutes=6))

    assert (await world.load(payment)).state is PaymentState.failed
    assert await world.path(payment) == ["create", "confirm", "expire"]
    assert await world.charged(payment) == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_500_stored", "conflict_409"])
async def test_cancel_survives_lost_answers(world: World, kind: str) -> None:
    """A wish to cancel is kept until Stripe has canceled, whoever has to ask again."""
    payment = await world.create()
    await world.fault(kind, operation="payment_intents.cancel", times=1)

    result = await world.payments.cancel(payment.id, None, world.caller())
    await world.work(until=timedelta(seconds=10))
    ended = await world.load(payment)

    assert (result.settled, result.payment.handled) == (False, False)
    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "requested_by_customer")
    assert await world.path(payment) == ["create", "cancel"]


async def test_exhausting_decline_survives_a_crash_before_the_cancel(world: World) -> None:
    """The last decline is committed as an intention, so a crash before the cancel loses nothing."""
    payment = await world.create(max_attempts=1)
    await world.fault("drop_before", operation="payment_intents.cancel", times=1)

    result = await world.confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")
    await world.work(until=timedelta(seconds=10))
    ended = await world.load(payment)
    history = await world.payments.history(payment.id, None)

    assert (result.settled, result.payment.state) == (False, PaymentState.confirming)
    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "attempts_exhausted")
    assert (history[-1]["decline_code"], history[-1]["attempt"]) == ("insufficient_funds", 1)


async def test_unauthorized_key_moves_nothing(world: World) -> None:
    """A 401 is ours to mend: the payment stays confirming, and goes on once the key works."""
    payment = await world.create()
    await world.fault("unauthorized_401", times=2)

    result = await world.confirm(payment, "pm_card_visa")
    await world.work(until=timedelta(seconds=30))

    assert (result.settled, result.payment.state) == (False, PaymentState.confirming)
    assert (await world.load(payment)).state is PaymentState.succeeded


async def test_create_goes_on_past_a_stored_server_error(world: World) -> None:
    """A 500 that Stripe keeps for the create's key does not block the request for a day."""
    await world.fault("error_500_stored", operation="payment_intents.create", effect=False)
    caller = world.caller("order-1")

    result = await world.payments.create(CreatePayment(1000, "usd"), caller)
    again = await world.payments.create(CreatePayment(1000, "usd"), caller)

    assert result.payment.state is PaymentState.created
    assert (again.payment.id, again.replayed) == (result.payment.id, True)


async def test_no_request_is_sent_again_after_twenty_hours(world: World) -> None:
    """Stripe may forget a key after a day, so an old request is never sent again, only read."""
    payment = await world.create()
    await world.fault("drop_before", times=1)
    await world.confirm(payment, "pm_card_visa")

    world.clock.advance(20 * 3600 + 60)
    await world.work(until=timedelta(minutes=6))
    reply = await world.runtime.gateway.list_charges(payment.payment_intent)

    assert (await world.load(payment)).state is PaymentState.failed
    assert (reply.kind, reply.charges) == (ReplyKind.answered, ())
