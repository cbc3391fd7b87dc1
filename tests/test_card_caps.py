"""Cards that are declined too often are left alone: how declines are counted, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from orchestrator.card_caps import Caps
from orchestrator.errors import CardAttemptsExhausted
from orchestrator.payment import Payment
from orchestrator.payments import ConfirmPayment, CreatePayment
from orchestrator.states import PaymentState
from orchestrator.store.schema import card_outcomes
from tests.changed_mind import change_mind
from tests.protocol.steps import browser_confirms
from tests.world import World, open_world

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DECLINED = "pm_sim_generic_decline"
HOUR = 3600


def ago(*hours: float) -> list[datetime]:
    """Return moments so many hours before now."""
    return [NOW - timedelta(hours=each) for each in hours]


@pytest.fixture
async def strict(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment that lets a card be declined twice a day, three times a month."""
    async with open_world(
        database_url, stand_in_url, declines_per_day=2, declines_per_30_days=3
    ) as opened:
        yield opened


async def declined(world: World, card: str = DECLINED, **fields: object) -> Payment:
    """Create a payment and have the card declined for it."""
    payment = await world.create(**fields)
    return (await world.confirm(payment, card)).payment


async def refused(world: World, card: str, payment: Payment | None = None) -> CardAttemptsExhausted:
    """Return the refusal of the card for a payment."""
    payment = payment or await world.create()
    with pytest.raises(CardAttemptsExhausted) as refusal:
        await world.confirm(payment, card)
    return refusal.value


def _stored(connection: Connection) -> list[bool]:
    return list(connection.execute(select(card_outcomes.c.approved)).scalars())


# ── the caps by themselves ───────────────────────────────────────────────────────────────────


def test_fewer_declines_than_the_caps_are_no_matter() -> None:
    """A card may be declined up to the caps."""
    assert Caps(3, 5).free_from(ago(1, 2), NOW) is None


def test_the_day_ends_when_the_oldest_that_counts_leaves_it() -> None:
    """With three a day, the third newest decline has to be a day old."""
    assert Caps(3, 9).free_from(ago(1, 2, 5, 6), NOW) == NOW + timedelta(hours=19)


def test_a_decline_exactly_a_day_old_has_left_the_day() -> None:
    """The window's end is not in it."""
    assert Caps(1, 9).free_from(ago(24), NOW) is None


def test_the_longer_wait_counts() -> None:
    """Where both caps are reached the card rests until both allow it."""
    declines = ago(1, 2, 100)

    assert Caps(2, 3).free_from(declines, NOW) == declines[2] + timedelta(days=30)


def test_zero_switches_a_cap_off() -> None:
    """A cap of zero refuses nothing."""
    assert Caps(0, 0).free_from(ago(*range(50)), NOW) is None
    assert Caps(0, 0).smallest is None


# ── in a deployment ──────────────────────────────────────────────────────────────────────────


async def test_a_card_is_refused_across_payments_and_owners(strict: World) -> None:
    """Networks count by merchant: whose payments were declined makes no difference."""
    await declined(strict)
    other = await strict.payments.create(
        CreatePayment(1000, "usd"), strict.caller(owner="other shop")
    )
    await strict.payments.confirm(
        other.payment.id, ConfirmPayment(DECLINED), strict.caller(owner="other shop")
    )
    refusal = await refused(strict, DECLINED)

    assert 24 * HOUR - 60 < refusal.retry_after_seconds <= 24 * HOUR
    assert "may be tried again from" in str(refusal)


async def test_a_refusal_moves_nothing(strict: World) -> None:
    """No attempt is spent and Stripe is not asked to confirm."""
    payment = await declined(strict, max_attempts=5)
    payment = (await strict.confirm(payment, DECLINED)).payment
    await refused(strict, DECLINED, payment)

    assert await strict.load(payment) == payment
    assert (payment.state, payment.attempts_used) == (PaymentState.requires_new_card, 2)


async def test_a_refused_card_leaves_the_payment_to_others(strict: World) -> None:
    """Another card can pay at once."""
    payment = await declined(strict)
    payment = (await strict.confirm(payment, DECLINED)).payment
    await refused(strict, DECLINED, payment)
    paid = (await strict.confirm(payment, "pm_card_visa")).payment

    assert paid.state is PaymentState.succeeded


async def test_an_unseen_id_of_a_worn_out_card_is_refused(strict: World) -> None:
    """A card is known by its fingerprint, so a new id of it is looked up and refused."""
    await declined(strict)
    await declined(strict)
    other = strict.caller(owner="newcomer")
    payment = (await strict.payments.create(CreatePayment(1000, "usd"), other)).payment

    with pytest.raises(CardAttemptsExhausted):
        await strict.payments.confirm(
            payment.id, ConfirmPayment(DECLINED), strict.caller(owner="newcomer")
        )


async def test_a_card_may_be_tried_again_after_a_day(strict: World) -> None:
    """The day's cap ends with the day, the month's holds on."""
    await declined(strict)
    await declined(strict)
    strict.clock.advance(24 * HOUR)
    await declined(strict)
    refusal = await refused(strict, DECLINED)

    assert 29 * 24 * HOUR - 60 < refusal.retry_after_seconds <= 29 * 24 * HOUR


async def test_an_approval_ends_the_count(strict: World) -> None:
    """Declines are counted since the card's last approval."""
    await declined(strict)
    gateway = strict.payments.driver.gateway
    change_mind(strict)
    paid = (await strict.confirm(await strict.create(), DECLINED)).payment
    strict.payments.driver.gateway = gateway
    await declined(strict)
    again = await declined(strict)
    await refused(strict, DECLINED)

    assert (paid.state, again.attempts_used) == (PaymentState.succeeded, 1)


async def test_an_approval_is_noted_only_where_there_is_something_to_end(strict: World) -> None:
    """A card that is never declined leaves no row behind."""
    await strict.confirm(await strict.create(), "pm_card_visa")

    assert await strict.runtime.database.read(_stored) == []


async def test_a_browsers_charges_count(strict: World) -> None:
    """A decline on a page is counted against the charge's card, and so is an approval."""
    payment = await strict.create()
    await browser_confirms(strict, payment, DECLINED)
    await browser_confirms(strict, payment, DECLINED)
    payment = await strict.refresh(payment)
    await refused(strict, DECLINED, payment)
    await browser_confirms(strict, payment, "pm_card_visa")
    await strict.refresh(payment)

    assert sorted(await strict.runtime.database.read(_stored)) == [False, False, True]


async def test_what_stripe_blocked_is_not_counted(strict: World) -> None:
    """No network was asked, so none counts it."""
    for _ in range(4):
        payment = await declined(strict, "pm_card_radarBlock")

    assert payment.state is PaymentState.failed


async def test_confirms_in_flight_are_not_counted(strict: World) -> None:
    """Several confirms at one moment may be too many by as many as are in flight, never stuck."""
    payments = [await strict.create() for _ in range(4)]
    await asyncio.gather(*(strict.confirm(payment, DECLINED) for payment in payments))

    await refused(strict, DECLINED)
