"""What recovery makes of answers that nobody heard, and of keys: H6, H7, H8, H13 e."""

from datetime import timedelta

import pytest

from orchestrator.errors import CardUnknown
from orchestrator.payments import ConfirmPayment, CreatePayment
from orchestrator.requests import Caller
from orchestrator.states import PaymentState
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    confirm_unheard,
    failed_charges,
    moves,
    own_card,
    phase_a,
    rows,
    sent,
    tries,
)
from tests.world import World

SHORT = timedelta(minutes=1)


async def test_challenge_failed_unheard_is_read(world: World) -> None:
    """H6: a re-send only tells that a challenge was opened; the read after it tells the end."""
    payment = await world.create(max_attempts=2)
    await confirm_unheard(world, payment, CHALLENGED)
    await world.authenticate(payment, "fail")

    world.clock.advance(40)
    await world.work(until=SHORT)
    settled = await world.load(payment)

    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await moves(world, payment) == [("confirm", 1), ("require_new_card", 1)]


async def test_another_process_sends_the_same_request(world: World) -> None:
    """H6: the attempt keeps its parameters, so whoever follows sends exactly the same again."""
    payment = await world.create()
    await confirm_unheard(world, payment, BAD)

    world.clock.advance(40)
    await world.work(until=SHORT)
    (charge,) = await failed_charges(world, payment)

    assert await sent(world, "payment_intents.confirm") == [f"{payment.id}:confirm:1"] * 2
    assert await tries(world, payment) == [(1, "server", "outcome", charge)]


async def test_stored_error_with_decline_is_told_by_its_charge(world: World) -> None:
    """H6: behind a 5xx that Stripe keeps, the failed charge of the card is the attempt's."""
    payment = await world.create()
    await world.fault("error_500_stored", effect=True)

    await world.confirm(payment, await own_card(world, BAD))
    await world.work(until=SHORT)
    settled = await world.load(payment)
    (charge,) = await failed_charges(world, payment)

    assert (settled.state, settled.attempts_used) == (PaymentState.requires_new_card, 1)
    assert await tries(world, payment) == [(1, "server", "outcome", charge)]


async def test_create_under_a_rotated_key_is_the_same(world: World) -> None:
    """H7: the retry of a create under the owner's next API key finds the same payment."""
    request = CreatePayment(1000, "usd")
    first = await world.payments.create(request, Caller("shop", "old", "req_1", "order-1", "d"))
    again = await world.payments.create(request, Caller("shop", "new", "req_2", "order-1", "d"))

    assert (again.payment.id, again.replayed) == (first.payment.id, True)
    assert again.client_secret == first.client_secret
    assert len((await world.control("GET", "/ledger"))["intents"]) == 1


async def test_create_goes_on_after_a_stored_error(world: World) -> None:
    """H8: a 5xx that Stripe keeps for a create does not make its Idempotency-Key useless."""
    await world.fault("error_500_stored", "payment_intents.create", effect=True)

    payment = await world.create()
    keys = await sent(world, "payment_intents.create")

    assert payment.state is PaymentState.created
    assert [key.removeprefix(payment.id) for key in keys if key][-1] == ":create:2"


async def test_mistyped_card_moves_nothing(world: World) -> None:
    """H11: a card that Stripe does not know is refused before an attempt is spent."""
    payment = await world.create()

    with pytest.raises(CardUnknown):
        await world.confirm(payment, "pm_mistyped")

    assert (await world.load(payment)).attempts_used == 0
    assert await rows(world, payment) == []


async def test_refused_request_spends_the_attempt(world: World) -> None:
    """H11: a request that Stripe refuses after phase A is one answer, and a new card is asked."""
    card = await own_card(world, GOOD)
    await world.confirm(await world.create(), card)
    payment = await world.create(max_attempts=2)

    settled = (await world.confirm(payment, card)).payment

    assert (settled.state, settled.attempts_left) == (PaymentState.requires_new_card, 1)
    assert await tries(world, payment) == [(1, "server", "outcome", None)]
    assert await world.charged(payment) == []


async def test_dead_process_locks_no_key(world: World) -> None:
    """H13 e: the retry of a confirm whose process died is a replay, and is not told to wait."""
    payment = await world.create()
    caller = world.caller("the-key")
    await world.fault("drop_before")
    first = await world.payments.confirm(payment.id, ConfirmPayment(GOOD), caller)

    again = await world.payments.confirm(payment.id, ConfirmPayment(GOOD), caller)
    world.clock.advance(40)
    await world.work(until=SHORT)
    last = await world.payments.confirm(payment.id, ConfirmPayment(GOOD), caller)

    assert (first.settled, again.replayed, again.settled) == (False, True, False)
    assert (last.replayed, last.payment.state) == (True, PaymentState.succeeded)
    assert await world.charged(payment) == [1000]


async def test_dead_process_before_sending_is_followed(world: World) -> None:
    """H6: an attempt that was opened and never sent is sent by a worker, once."""
    payment = await world.create()
    await phase_a(world, payment, GOOD)

    world.clock.advance(40)
    await world.work(until=SHORT)

    assert (await world.load(payment)).state is PaymentState.succeeded
    assert await sent(world, "payment_intents.confirm") == [f"{payment.id}:confirm:1"]
    assert await world.charged(payment) == [1000]
