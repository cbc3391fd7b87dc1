"""Cases that a strict reading of the code once broke, each kept as a test of the whole."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from orchestrator.driver import Driver
from orchestrator.errors import StripeUnavailable
from orchestrator.gateway.views import Failure, IntentView, Reply, ReplyKind
from orchestrator.handlers import HandlerResult
from orchestrator.payment import Actor, Payment
from orchestrator.payments import ConfirmPayment, CreatePayment
from orchestrator.recovery import Worker
from orchestrator.settle import Observation, Source, open_attempt, settle
from orchestrator.states import PaymentState
from tests.rest import open_rest
from tests.world import World

LOST = "pm_sim_lost_card"


async def _pay_in_browser(world: World, payment: Payment, card: str) -> None:
    """Let the customer's browser confirm the intent, whatever comes of it."""
    path = f"/_sandbox/payment_intents/{payment.payment_intent}/confirm_in_browser"
    async with world.http.post(world.url + path, json={"payment_method": card}) as answer:
        await answer.read()


async def test_two_declines_of_one_card_disable_it_once(world: World) -> None:
    """Two unseen declines of one card are settled together, and the payment still ends."""
    payment = await world.create(max_attempts=1)
    await _pay_in_browser(world, payment, LOST)
    await _pay_in_browser(world, payment, LOST)

    ended = await world.refresh(payment)

    assert (ended.state, ended.failure_reason) == (PaymentState.failed, "attempts_exhausted")
    assert await world.path(payment) == ["create", "confirm", "fail"]


async def test_cancel_with_unseen_declines_ends(world: World) -> None:
    """Declines first seen in the cancel's wake do not keep the payment from ending."""
    payment = await world.create()
    await _pay_in_browser(world, payment, LOST)
    await _pay_in_browser(world, payment, LOST)

    result = await world.payments.cancel(payment.id, None, world.caller())
    again = await world.create()
    refused = await _refusal(world, again, LOST)

    assert (result.settled, result.payment.state) == (True, PaymentState.failed)
    assert await world.path(payment) == ["create", "cancel"]
    assert refused == "CardDisabled"


async def test_stale_error_takes_no_counted_charge(world: World) -> None:
    """A decline without a charge of its own is not given the charge of the attempt before."""
    payment = await world.create()
    await world.confirm(payment, "pm_sim_generic_decline__a")
    declined = await world.load(payment)
    counted = declined.settling.counted[0]
    opened = await _phase_a(world, declined, "pm_sim_generic_decline__b")
    stale = Failure(code="card_declined", decline_code="generic_decline", charge=counted)
    intent = IntentView(
        payment.payment_intent,
        "requires_payment_method",
        1000,
        "usd",
        latest_charge=counted,
        last_payment_error=stale,
    )
    reply = Reply(ReplyKind.answered, intent=intent, failure=replace(stale, charge=None))

    settled = await world.payments.driver.settle(
        opened, Observation(Source.answer, reply, opened.settling.open, Actor("stripe"))
    )

    assert (settled.state, settled.attempts_used) == (PaymentState.requires_new_card, 2)


async def test_deadline_comes_although_the_outcome_cannot_be_found(world: World) -> None:
    """Past its deadline a payment ends even where looking for its outcome fails."""
    payment = await world.create()
    await world.fault("drop_before", times=1)
    await world.confirm(payment, "pm_card_visa")
    world.clock.advance(3601)
    broken: Any = _UnreadableStripe(world.runtime.gateway)
    world.payments.driver.gateway = broken

    await world.work(until=timedelta(seconds=30))

    assert (await world.load(payment)).state is PaymentState.failed


async def test_one_payment_does_not_stop_the_worker(world: World) -> None:
    """A payment that cannot be carried on is left for later, and the others go on."""
    stuck, fine = await world.create(), await world.create()
    for payment in (stuck, fine):
        await world.fault("drop_after", match={"payment_intent": payment.payment_intent})
        await world.confirm(payment, "pm_card_visa")
    whole = world.payments.driver
    driver = _StumblingDriver(
        whole.database, whole.gateway, whole.rules, whole.timing, world.clock, stuck.id
    )
    worker = Worker(driver)
    world.clock.advance(60)

    counts = await worker.run_once()

    assert counts == {"claimed": 2, "settled": 1, "left": 1}
    assert (await world.load(fine)).state is PaymentState.succeeded


async def test_twin_create_gets_the_secret_of_the_stored_intent(world: World) -> None:
    """Twins of one create that met different errors are given one and the same intent."""
    await world.fault("error_500_stored", operation="payment_intents.create", effect=True)
    caller = world.caller("order-1")

    results = await asyncio.gather(
        *(world.payments.create(CreatePayment(1000, "usd"), caller) for _ in range(5)),
        return_exceptions=True,
    )
    made = [result for result in results if not isinstance(result, BaseException)]

    assert made
    assert all(
        (result.client_secret or "").startswith(result.payment.payment_intent) for result in made
    )
    assert len({result.payment.payment_intent for result in made}) == 1


async def test_concurrent_refreshes_with_one_key(world: World) -> None:
    """The same refresh four times at once is answered four times."""
    async with open_rest(world) as rest:
        created = await rest.create()
        answers = await asyncio.gather(
            *(rest.post(f"/payments/{created['id']}/refresh", key="again") for _ in range(4))
        )

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]


@pytest.mark.parametrize("due", [False, True])
async def test_refused_refresh_may_be_sent_again(world: World, due: bool) -> None:
    """A refresh that Stripe did not answer wrote nothing, and its key asks Stripe again."""
    payment = await world.create()
    await world.fault("drop_after")
    await world.confirm(payment, "pm_card_visa")
    if due:
        world.clock.advance(60)
    await world.fault("drop_before", operation="payment_intents.retrieve", times=2)
    caller = world.caller("refresh-1")

    with pytest.raises(StripeUnavailable):
        await world.payments.refresh(payment.id, caller)
    result = await world.payments.refresh(payment.id, caller)

    assert (result.replayed, result.payment.state) == (False, PaymentState.succeeded)


async def test_database_trouble_after_phase_a_is_an_unknown_outcome(world: World) -> None:
    """Once the attempt is open a database error is a 202, and recovery finds the charge."""
    payment = await world.create()
    driver = world.payments.driver
    whole = driver.database
    failing: Any = _FailingOnce(whole)
    driver.database = failing

    result = await world.confirm(payment, "pm_card_visa")
    driver.database = whole
    world.clock.advance(60)
    await world.work()

    assert (result.settled, result.payment.state) == (False, PaymentState.confirming)
    assert (await world.load(payment)).state is PaymentState.succeeded
    assert await world.charged(payment) == [1000]


async def test_open_status_is_put_on_record_once(world: World) -> None:
    """Looking again and again at a status that stays the same adds no evidence."""
    payment = await world.create()
    await world.confirm(payment, "pm_card_threeDSecure2Required")
    first = await world.load(payment)

    for _ in range(5):
        await world.refresh(payment)

    assert (await world.load(payment)).evidence_count == first.evidence_count


async def test_browser_decline_beside_an_intention_spends_nothing(world: World) -> None:
    """A decline seen while a cancel is wished for is evidence; it opens no attempt."""
    payment = await world.create()
    await world.fault("drop_before", operation="payment_intents.cancel", times=1)
    await world.payments.cancel(payment.id, None, world.caller())
    await _pay_in_browser(world, payment, "pm_card_visa_chargeDeclined")
    wished = await world.load(payment)
    reply = await world.runtime.gateway.read_intent(payment.payment_intent)

    change = settle(
        wished,
        Observation(Source.read, reply, None, Actor("stripe")),
        rules=world.runtime.rules,
        now=world.clock(),
    )

    assert change is not None
    assert [row["kind"] for row in change.evidence] == ["uncounted_outcome"]
    assert change.transitions == ()


def test_handler_text_that_cannot_be_stored_is_refused() -> None:
    """A handler's words that no database takes are refused while it is being asked."""

    with pytest.raises(ValueError, match="stored"):
        HandlerResult(completed=True, requires_retry=True, message="bad \ud800")


async def _refusal(world: World, payment: Payment, card: str) -> str:
    try:
        await world.confirm(payment, card)
    except Exception as exc:  # noqa: BLE001  whichever refusal it is, its name is wanted
        return type(exc).__name__
    return "accepted"


async def _phase_a(world: World, payment: Payment, card: str) -> Payment:
    driver = world.payments.driver
    return await driver.write(
        open_attempt(
            payment,
            parameters=ConfirmPayment(card).parameters,
            now=world.clock(),
            timing=driver.timing,
            actor=Actor("api_key", "key1"),
            request_id=None,
            rules_version=driver.rules.rules_version,
        )
    )


class _UnreadableStripe:
    """Stripe whose answers to everything but a cancel break something of ours."""

    def __init__(self, real: Any) -> None:
        self.cancel_intent = real.cancel_intent

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"{name} is broken")


@dataclass(slots=True)
class _StumblingDriver(Driver):
    """A driver that meets something nobody thought of at one payment."""

    stumbles_over: str = ""

    async def load(self, payment_id: str) -> Payment:
        """Read a payment, unless it is the one."""
        if payment_id == self.stumbles_over:
            raise TypeError("nobody thought of this")
        return await Driver.load(self, payment_id)


class _FailingOnce:
    """A database that loses its second write: the settlement of a confirm."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._writes = 0
        self.dialect = real.dialect
        self.read = real.read

    async def write(self, *arguments: Any, **options: Any) -> Any:
        """Write, but for the second time."""
        self._writes += 1
        if self._writes == 2:
            raise OperationalError("UPDATE payments", None, Exception("the server went away"))
        return await self._real.write(*arguments, **options)


async def test_huge_head_is_refused(world: World) -> None:
    """Headers beyond any use are refused before they are looked through."""
    async with open_rest(world) as rest:
        answer = await rest.http.get("/healthz", headers={"X-Filler": "4" * 40_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
