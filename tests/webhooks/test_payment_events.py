"""What events of payments make happen, whatever came before or between."""

from __future__ import annotations

from orchestrator.store.schema import (
    card_disablements,
)
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    browser_confirms,
    confirm_unheard,
    intend_to_cancel,
    own_card,
    phase_a,
)
from tests.webhooks.conftest import Hooks, history, rows

DECLINED = ("payment_intent.payment_failed", "charge.failed")


# ── what a browser did ───────────────────────────────────────────────────────────────────────


async def test_a_success_in_a_browser_is_settled(hooks: Hooks) -> None:
    """A page confirmed with the client secret: two rows, by Stripe, citing the event."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    await hooks.deliver(event)
    told = await history(hooks, payment)

    assert [row["event"] for row in told] == ["create", "confirm", "succeed"]
    assert {row["actor"]["kind"] for row in told[1:]} == {"stripe"}
    assert {row["stripe_event_id"] for row in told[1:]} == {event["id"]}
    assert await hooks.world.charged(payment) == [1000]


async def test_a_decline_in_a_browser_is_counted_once(hooks: Hooks) -> None:
    """Two events tell of one decline, in either order and twice: one attempt is spent."""
    payment = await hooks.world.create(max_attempts=3)
    await browser_confirms(hooks.world, payment, BAD)
    failed, charge = await hooks.events(*DECLINED)
    for event in (failed, charge, charge, failed):
        await hooks.deliver(event)
    after = await hooks.world.load(payment)

    assert (after.state, after.attempts_used) == ("requires_new_card", 1)


async def test_a_challenge_in_a_browser_is_shown(hooks: Hooks) -> None:
    """What the page waits for is evidence, and no row; approved, it succeeds."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, CHALLENGED)
    await hooks.deliver(*await hooks.events("payment_intent.requires_action"))
    waiting = await hooks.world.load(payment)
    await hooks.world.authenticate(payment, "succeed")
    await hooks.deliver(*await hooks.events("payment_intent.succeeded"))
    after = await hooks.world.load(payment)

    assert (waiting.state, waiting.settling.seen_status) == ("created", "requires_action")
    assert after.state == "succeeded"


# ── beside the API ───────────────────────────────────────────────────────────────────────────


async def test_an_event_before_the_answer_waits_for_it(hooks: Hooks) -> None:
    """The event of a request in flight settles nothing that the answer could gainsay."""
    payment = await hooks.world.create()
    await confirm_unheard(hooks.world, payment, BAD)
    failed, charge = await hooks.events(*DECLINED)
    await hooks.deliver(charge, failed)
    after = await hooks.world.load(payment)

    assert (after.state, after.attempts_used) == ("requires_new_card", 1)
    assert (after.last_outcome or {})["decline_code"] == "generic_decline"


async def test_a_lost_answer_is_asked_for_as_soon_as_an_event_tells_of_it(hooks: Hooks) -> None:
    """The event carries the attempt's own key: nobody waits for the request's time to run out."""
    payment = await hooks.world.create()
    await confirm_unheard(hooks.world, payment, BAD)
    before = hooks.world.clock.ahead
    await hooks.deliver(*await hooks.events("payment_intent.payment_failed"))
    after = await hooks.world.load(payment)
    (settled,) = [row for row in await history(hooks, payment) if row["target"] == after.state]

    assert hooks.world.clock.ahead == before
    assert after.state == "requires_new_card"
    assert settled["attempt"] == 1


async def test_an_event_during_the_request_leaves_the_attempt_open(hooks: Hooks) -> None:
    """An older browser's decline, told while a request is on its way, is not that request's."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, BAD)
    await phase_a(hooks.world, payment, GOOD)
    await hooks.deliver(*await hooks.events(*DECLINED))
    during = await hooks.world.load(payment)

    assert (during.state, during.attempts_used) == ("confirming", 1)


async def test_a_cancellation_from_outside_ends_the_payment(hooks: Hooks) -> None:
    """Canceled in the Dashboard, the payment fails by the event."""
    payment = await hooks.world.create()
    url = f"{hooks.world.url}/v1/payment_intents/{payment.payment_intent}/cancel"
    async with hooks.world.http.post(url) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_intent.canceled"))

    assert (await hooks.world.load(payment)).state == "failed"
    assert await hooks.world.path(payment) == ["create", "cancel"]


async def test_a_success_beats_a_cancellation_under_way(hooks: Hooks) -> None:
    """The wish to cancel stands and the customer has paid: the event's look finds the success."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    await intend_to_cancel(hooks.world, payment)
    await hooks.deliver(*await hooks.events("payment_intent.succeeded"))

    assert (await hooks.world.load(payment)).state == "succeeded"
    assert await hooks.world.charged(payment) == [1000]


async def test_a_decline_first_told_after_the_end_still_takes_its_card_away(hooks: Hooks) -> None:
    """A stolen card was tried in a browser and another paid: the late event puts it out of use."""
    payment = await hooks.world.create(max_attempts=3)
    stolen = await own_card(hooks.world, "pm_card_visa_chargeDeclinedStolenCard")
    await browser_confirms(hooks.world, payment, stolen)
    await hooks.world.confirm(payment, GOOD)
    await hooks.deliver(*await hooks.events("charge.failed"))
    disabled = await rows(hooks, card_disablements)
    after = await hooks.world.load(payment)

    assert after.state == "succeeded"
    assert [row["reason"] for row in disabled] == ["stolen_card"]
