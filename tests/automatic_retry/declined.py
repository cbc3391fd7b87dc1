"""Declined payments, and what they show of the retry that is to come."""

from __future__ import annotations

from orchestrator.automatic_retry import retry_is_due
from orchestrator.payment import Actor, Payment
from orchestrator.states import PaymentState
from tests.world import World

FAULTY = "pm_sim_processing_error"
POOR = "pm_sim_insufficient_funds"
GOOD = "pm_card_visa"
CHALLENGED = "pm_card_threeDSecure2Required"
DAY = 86400
WORKER = Actor("worker", "w")


async def declined(world: World, card: str = FAULTY, **fields: object) -> Payment:
    """Create a payment and have the card declined for it."""
    payment = (await world.confirm(await world.create(**fields), card)).payment
    assert payment.state is PaymentState.requires_new_card
    return payment


async def shown(world: World, payment: Payment) -> tuple[str, int, bool]:
    """Return state, attempts used, and whether another retry is to come."""
    payment = await world.load(payment)
    outcome = payment.last_outcome or {}
    planned = payment.settling.retry is not None
    assert planned == bool(outcome.get("automatic_retry")), "shown as it is planned"
    return payment.state.value, payment.attempts_used, planned


async def due(world: World) -> Payment:
    """Return a payment whose card is to be tried again right now."""
    payment = await declined(world)
    world.clock.advance(10)
    assert retry_is_due(payment, world.clock())
    return payment
