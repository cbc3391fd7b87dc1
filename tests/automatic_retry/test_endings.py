"""What ends a retry that was planned: whatever a confirm would meet, and every other wish."""

from __future__ import annotations

from datetime import timedelta

from orchestrator.live_rules import LiveRules
from tests.automatic_retry.declined import DAY, FAULTY, declined, shown
from tests.changed_mind import change_mind
from tests.protocol.steps import intend_to_cancel
from tests.world import World, open_world


async def test_a_card_disabled_meanwhile_is_left_alone(eager: World) -> None:
    """The retry passes the refusals that a confirm passes."""
    payment = await declined(eager, FAULTY)
    caller = eager.caller(owner="admin")
    await eager.runtime.cards_by_hand.disable(FAULTY, "stolen", caller)
    await eager.work(until=timedelta(seconds=10))
    stored = await eager.load(payment)

    assert await shown(eager, payment) == ("requires_new_card", 1, False)
    assert stored.due_at == stored.expires_at


async def test_a_card_declined_too_often_is_left_alone(
    database_url: str, stand_in_url: str
) -> None:
    """The network's caps hold for retries, too."""
    async with open_world(database_url, stand_in_url, auto_retry=2, declines_per_day=1) as strict:
        payment = await declined(strict)
        await strict.work(until=timedelta(seconds=10))

        assert await shown(strict, payment) == ("requires_new_card", 1, False)


async def test_switching_it_off_ends_what_is_planned(eager: World, stand_in_url: str) -> None:
    """A deployment that no longer wants retries makes none that were planned before."""
    payment = await declined(eager)
    driver = eager.payments.driver
    without = type(driver.rules)(driver.rules.errors, driver.rules.successes)
    driver.live_rules = LiveRules(eager.runtime.database, without)
    await eager.work(until=timedelta(seconds=10))

    assert await shown(eager, payment) == ("requires_new_card", 1, False)


async def test_another_card_ends_it(eager: World) -> None:
    """The customer's own wish comes first, and is not followed by a retry."""
    payment = await declined(eager)
    await eager.confirm(payment, "pm_sim_generic_decline")
    await eager.work(until=timedelta(minutes=20))

    assert await shown(eager, payment) == ("requires_new_card", 2, False)


async def test_a_cancel_ends_it(eager: World) -> None:
    """A payment that is being canceled has no card tried any more."""
    payment = await declined(eager)
    await intend_to_cancel(eager, payment)
    change_mind(eager)
    await eager.work(until=timedelta(seconds=10))

    assert await shown(eager, payment) == ("failed", 1, False)
    assert await eager.charged(payment) == []


async def test_a_payment_that_is_ending_tells_of_no_retry(eager: World) -> None:
    """From the wish to cancel on nobody is told that a card will be tried."""
    payment = await declined(eager)
    await intend_to_cancel(eager, payment)

    assert await shown(eager, payment) == ("requires_new_card", 1, False)


async def test_expiry_ends_it(eager: World) -> None:
    """When all workers were away past the payment's time, it expires and no card is tried."""
    payment = await declined(eager)
    change_mind(eager)
    eager.clock.advance(10 * DAY)
    await eager.work()

    assert await shown(eager, payment) == ("failed", 1, False)
    assert await eager.charged(payment) == []
