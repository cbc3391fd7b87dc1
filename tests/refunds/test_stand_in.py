"""Refunds, disputes and captures against the stand-in, over the socket that the service uses."""

from orchestrator.payment import Payment
from orchestrator.refunds import record_refunds_and_disputes
from orchestrator.requests import CreateRefund
from tests.world import World


async def record(world: World, payment: Payment) -> Payment:
    """Put on record what there is at Stripe, and read the payment."""
    driver = world.payments.driver
    await record_refunds_and_disputes(driver, world.runtime.gateway.refunds, payment)
    return await world.load(payment)


async def paid(world: World, card: str = "pm_card_visa") -> Payment:
    """Make a payment over 10.00 USD that has succeeded."""
    return (await world.confirm(await world.create(), card)).payment


async def test_refund_is_made_and_known(world: World) -> None:
    """Money goes back in parts, and Stripe's list holds nothing that we do not know."""
    payment = await paid(world)
    for amount in (300, None):
        request = CreateRefund(amount, reason="duplicate", metadata={"ticket": "7"})
        await world.runtime.refunds.create(payment.id, request, world.caller())
    shown = await record(world, payment)
    found = await world.runtime.refunds.of_payment(payment.id, "shop")

    assert [(each.amount, each.state, each.origin) for each in found] == [
        (700, "succeeded", "api"),
        (300, "succeeded", "api"),
    ]
    assert shown.amount_refunded == 1000


async def test_lost_answer_gives_back_once(world: World) -> None:
    """A refund whose answer was lost is found again under its key."""
    payment = await paid(world)
    await world.fault("drop_after", "refunds.create")
    asked = await world.runtime.refunds.create(payment.id, CreateRefund(400), world.caller())
    world.clock.advance(60)
    await world.work()
    refund = await world.runtime.refunds.get(asked.refund.id, "shop")
    listed = await world.runtime.gateway.refunds.list_refunds(payment.payment_intent)

    assert (asked.refund.answered, refund.state) == (False, "succeeded")
    assert [view.amount for view in listed.refunds] == [400]


async def test_refund_in_the_dashboard_is_recorded(world: World) -> None:
    """What somebody gave back at Stripe is not given back again."""
    payment = await paid(world)
    await world.control(
        "POST", f"/payment_intents/{payment.payment_intent}/refund", {"amount": 250}
    )
    shown = await record(world, payment)
    result = await world.runtime.refunds.create(payment.id, CreateRefund(), world.caller())

    assert (shown.amount_refunded, result.refund.amount) == (250, 750)


async def test_dispute_is_recorded(world: World) -> None:
    """The card whose payments are disputed leaves a dispute beside its payment."""
    payment = await paid(world, "pm_card_createDispute")
    shown = await record(world, payment)
    (dispute,) = await world.runtime.refunds.disputes_of(payment.id, "shop")

    assert (shown.amount_disputed, dispute.amount) == (1000, 1000)
    assert shown.state == "succeeded"


async def test_only_what_was_captured_is_given_back(world: World) -> None:
    """What was held and let go was never received."""
    payment = await world.create(capture_method="manual")
    await world.confirm(payment, "pm_card_visa")
    captured = await world.runtime.captures.capture(payment.id, 600, world.caller())
    before = await record(world, captured.payment)
    result = await world.runtime.refunds.create(payment.id, CreateRefund(), world.caller())

    assert (before.amount_refunded, result.refund.amount) == (0, 600)
    assert result.refund.state == "succeeded"
