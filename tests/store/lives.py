"""The lives a payment can have had, told by the program's own rules, and what may come next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from orchestrator.change import Change
from orchestrator.gateway.views import CardView, ChargeView, Failure, Reply, ReplyKind
from orchestrator.payment import Payment
from orchestrator.requests import card_row
from orchestrator.settle import Source
from orchestrator.store.payments import apply_change
from orchestrator.store.schema import metadata
from tests.store.stories import Teller, key_row
from tests.stored_payments import START, new_payment

CARD = CardView("pm_card", fingerprint="finger", brand="visa", last4="4242", exp_month=1)
Story = Callable[[Teller, Payment], Awaitable[Payment]]
Rows = dict[str, Any]


def unborn(**columns: Any) -> Payment:
    """Build a payment of an owner of its own that no row knows yet."""
    name = uuid4().hex
    return new_payment(f"pay_{name}", **{"owner": f"owner_{name}", **columns})


def all_rows(connection: Connection) -> Rows:
    """Read every row of every table."""
    return {
        name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
        for name, table in metadata.tables.items()
    }


def charge(payment: Payment, name: str, **failure: Any) -> ChargeView:
    """Build a failed charge that a browser made."""
    id = f"ch_{payment.id}_{name}"
    card = CardView("pm_browser", fingerprint=f"finger_{payment.id}")
    reasons = Failure(code="card_declined", charge=id, card=card, **failure)
    return ChargeView(
        id=id,
        status="failed",
        amount=payment.amount,
        currency=payment.currency,
        created=1,
        payment_method="pm_browser",
        card=card,
        failure=reasons,
    )


async def created(tell: Teller, payment: Payment) -> Payment:
    """Store it, and no more."""
    return await tell.created(payment)


async def opened(tell: Teller, payment: Payment) -> Payment:
    """Spend an attempt with a card not seen before, under an Idempotency-Key."""
    stored = await tell.created(payment)
    key = key_row(payment, f"confirm-{payment.id}", START)
    return await tell.opened_with(
        stored, "pm_card", cards=(card_row(payment.owner, CARD, START),), idempotency=key
    )


async def challenged(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt wait for 3-D Secure."""
    return await tell.challenged(await opened(tell, payment))


async def abandoned(tell: Teller, payment: Payment) -> Payment:
    """Give the challenge up for another card: two rows, an attempt closed and one opened."""
    return await tell.opened(await challenged(tell, payment), "pm_other")


async def declined(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt declined."""
    return await tell.declined(await opened(tell, payment), "insufficient_funds")


async def disabled(tell: Teller, payment: Payment) -> Payment:
    """Have the card disabled with the attempt."""
    return await tell.declined(await opened(tell, payment), "lost_card")


async def exhausted(tell: Teller, payment: Payment) -> Payment:
    """Have the last attempt declined: an intention to fail, and no row yet."""
    while payment.attempts_left > 1 or payment.version == 0:
        payment = await (declined(tell, payment) if payment.version == 0 else again(tell, payment))
    return await again(tell, payment)


async def again(tell: Teller, payment: Payment) -> Payment:
    """Spend the next attempt and have it declined."""
    return await tell.declined(await tell.opened(payment, "pm_again"), "insufficient_funds")


async def failed(tell: Teller, payment: Payment) -> Payment:
    """Have Stripe cancel what was exhausted."""
    return await tell.canceled(await exhausted(tell, payment))


async def held(tell: Teller, payment: Payment) -> Payment:
    """Have a browser's decline wait beside an open challenge."""
    stored = await challenged(tell, payment)
    charges = (charge(payment, "held", decline_code="expired_card"),)
    return await tell.observed(stored, "requires_action", charges=charges)


async def browser_declined(tell: Teller, payment: Payment) -> Payment:
    """Have a browser's decline counted: confirm and outcome in one transaction."""
    stored = await tell.created(payment)
    charges = (charge(payment, "browser", decline_code="lost_card"),)
    return await tell.observed(stored, "requires_payment_method", charges=charges)


async def browser_paid(tell: Teller, payment: Payment) -> Payment:
    """Have a browser pay: confirm and succeed in one transaction."""
    stored = await tell.created(payment)
    return await tell.observed(
        stored, "succeeded", amount_received=payment.amount, latest_charge=f"ch_{payment.id}"
    )


async def paid(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt succeed."""
    return await tell.paid(await opened(tell, payment))


async def paid_oddly(tell: Teller, payment: Payment) -> Payment:
    """Have another amount paid: an anomaly beside the success."""
    return await tell.observed(await opened(tell, payment), "succeeded", amount_received=1)


async def ending(tell: Teller, payment: Payment) -> Payment:
    """Wish the payment to end."""
    return await tell.ending(await tell.created(payment))


async def canceled(tell: Teller, payment: Payment) -> Payment:
    """Have the wish carried out."""
    return await tell.canceled(await ending(tell, payment))


async def paid_late(tell: Teller, payment: Payment) -> Payment:
    """Have a payment succeed at Stripe after its end."""
    return await tell.paid_late(await canceled(tell, payment))


async def unanswered(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt's own request answered by nothing."""
    stored = await opened(tell, payment)
    change = tell.settlement(stored, Reply(ReplyKind.unknown), Source.answer)
    return await apply_change(tell.database, change)


STORIES: list[Story] = [
    created,
    opened,
    challenged,
    abandoned,
    declined,
    disabled,
    exhausted,
    failed,
    held,
    browser_declined,
    browser_paid,
    paid,
    paid_oddly,
    ending,
    canceled,
    paid_late,
    unanswered,
]


# ── what somebody may want to do next ────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Late:
    """A change made of a payment that somebody else then moved on."""

    begin: Story
    make: Callable[[Teller, Payment], Change]


def success(tell: Teller, payment: Payment) -> Change:
    """Have it paid."""
    fields = {"amount_received": payment.amount, "latest_charge": f"ch_{payment.id}"}
    return tell.settlement(payment, tell.status(payment, "succeeded", **fields), Source.read)


def decline(tell: Teller, payment: Payment) -> Change:
    """Have a browser's card declined and disabled."""
    charges = (charge(payment, "late", decline_code="lost_card"),)
    reply = tell.status(payment, "requires_payment_method", charges=charges)
    return tell.settlement(payment, reply, Source.read)


def opening(tell: Teller, payment: Payment) -> Change:
    """Spend an attempt."""
    key = key_row(payment, f"late-{payment.id}", START)
    return tell.opening(
        payment, "pm_late", cards=(card_row(payment.owner, CARD, START),), idempotency=key
    )


def evidence(tell: Teller, payment: Payment) -> Change:
    """Note that it is processing."""
    return tell.settlement(payment, tell.status(payment, "processing"), Source.read)


LATE = {
    "an attempt": Late(created, opening),
    "an attempt for another": Late(challenged, opening),
    "a success": Late(opened, success),
    "a browser's success": Late(created, success),
    "a browser's decline": Late(created, decline),
    "evidence": Late(opened, evidence),
}
