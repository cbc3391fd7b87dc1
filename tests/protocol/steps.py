"""The single steps of a confirm, and everybody else's, so that a test can put them in any order."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from orchestrator.gateway.views import Reply
from orchestrator.payment import Actor, OpenAttempt, Payment
from orchestrator.payments import ConfirmPayment
from orchestrator.settle import Source, intend, open_attempt
from orchestrator.store.schema import anomalies, attempts, evidence
from tests.world import World

CALLER = Actor("api_key", "key1")
WORKER = Actor("worker", "another")

GOOD = "pm_card_visa"
BAD = "pm_card_visa_chargeDeclined"
CHALLENGED = "pm_card_threeDSecure2Required"
CHALLENGED_THEN_BAD = "pm_card_threeDSecureRequiredChargeDeclined"


class News(NamedTuple):
    """A read that was made and is settled later: the reply, and what was open before it."""

    reply: Reply
    before: OpenAttempt | None


async def own_card(world: World, shared: str) -> str:
    """Return a payment method of its own for a test card; a shared id is another at each use."""
    url = f"{world.url}/v1/payment_methods/{shared}"
    async with world.http.get(url) as answer:
        drawn: dict[str, Any] = await answer.json()
    id: str = drawn["id"]
    return id


async def phase_a(world: World, payment: Payment, card: str) -> Payment:
    """Open an attempt and go no further, as a process would that dies right after."""
    driver = world.payments.driver
    return await driver.write(
        open_attempt(
            await world.load(payment),
            parameters=ConfirmPayment(card).parameters,
            now=world.clock(),
            timing=driver.timing,
            actor=CALLER,
            request_id="req_a",
            rules_version=driver.rules.rules_version,
        )
    )


async def phase_b(world: World, opened: Payment, card: str) -> Payment:
    """Send the request of an attempt that was opened, and settle its answer."""
    return await world.payments.driver.send(
        opened,
        f"{opened.id}:confirm:{opened.attempts_used}",
        ConfirmPayment(card).parameters,
        source=Source.answer,
        actor=CALLER,
        request_id="req_a",
    )


async def phase_b_unheard(world: World, opened: Payment, card: str) -> None:
    """Have Stripe carry out the request of an attempt whose process then dies."""
    await world.payments.driver.gateway.confirm_intent(
        opened.payment_intent,
        ConfirmPayment(card).parameters,
        f"{opened.id}:confirm:{opened.attempts_used}",
    )


async def confirm_unheard(world: World, payment: Payment, card: str) -> None:
    """Confirm with a card and die before the answer comes."""
    await phase_b_unheard(world, await phase_a(world, payment, card), card)


async def intend_to_cancel(world: World, payment: Payment) -> Payment:
    """Write the intention to cancel and go no further."""
    driver = world.payments.driver
    return await driver.write(
        intend(
            await world.load(payment),
            "cancel",
            reason="abandoned",
            cancellation_reason="abandoned",
            actor=CALLER,
            request_id="req_cancel",
            now=world.clock(),
            rules_version=driver.rules.rules_version,
        )
    )


async def read(world: World, payment: Payment) -> Payment:
    """Read the intent and settle it: what a webhook, a refresh or a worker does."""
    return await world.payments.driver.read(await world.load(payment), actor=WORKER)


async def read_ahead(world: World, payment: Payment) -> News:
    """Read the intent; what it says is settled later."""
    before = (await world.load(payment)).settling.open
    reply = await world.payments.driver.gateway.read_intent(payment.payment_intent)
    return News(reply, before)


async def settle_late(world: World, payment: Payment, news: News) -> Payment:
    """Settle what was read earlier."""
    return await world.payments.driver.settle_read(
        await world.load(payment), news.reply, news.before, WORKER, None
    )


async def browser_confirms(world: World, payment: Payment, card: str) -> None:
    """Confirm as a page does that holds the client secret; a decline is an answer, too."""
    url = f"{world.url}/_sandbox/payment_intents/{payment.payment_intent}/confirm_in_browser"
    async with world.http.post(url, json={"payment_method": card}) as answer:
        assert answer.status in {200, 402}, await answer.text()


async def dashboard_cancels(world: World, payment: Payment) -> None:
    """Cancel the intent as a person at Stripe would."""
    await world.payments.driver.gateway.cancel_intent(
        payment.payment_intent, reason=None, idempotency_key=f"dashboard-{payment.id}"
    )


async def rows(world: World, payment: Payment) -> list[tuple[str, int | None, str | None]]:
    """Return event, attempt and reason of each history row after the first."""
    history = await world.payments.history(payment.id, None)
    return [(row["event"], row["attempt"], row["reason"]) for row in history[1:]]


async def moves(world: World, payment: Payment) -> list[tuple[str, int | None]]:
    """Return event and attempt of each history row after the first."""
    return [(event, attempt) for event, attempt, _ in await rows(world, payment)]


async def tries(world: World, payment: Payment) -> list[tuple[int, str, str | None, str | None]]:
    """Return number, origin, how it was closed and the charge of each attempt."""
    return await world.payments.driver.database.read(_attempts_of, payment.id)


async def outcomes(world: World, payment: Payment) -> list[tuple[str, int | None, str]]:
    """Return kind, attempt and charge of each piece of evidence that counts a charge."""
    return await world.payments.driver.database.read(_outcomes_of, payment.id)


async def anomalies_of(world: World, payment: Payment) -> list[str]:
    """Return the kinds of a payment's anomalies."""
    return await world.payments.driver.database.read(_anomalies_of, payment.id)


async def failed_charges(world: World, payment: Payment) -> list[str]:
    """Return the ids of the charges that failed, oldest first."""
    ledger = await world.control("GET", "/ledger")
    return [
        charge["charge"]
        for charge in ledger["failed"]
        if charge["payment_intent"] == payment.payment_intent
    ]


async def sent(world: World, operation: str) -> list[str | None]:
    """Return the idempotency keys of the calls Stripe was sent, oldest first."""
    journal = await world.control("GET", "/requests")
    return [
        entry["idempotency_key"] for entry in journal["requests"] if entry["operation"] == operation
    ]


def _attempts_of(
    connection: Connection, payment_id: str
) -> list[tuple[int, str, str | None, str | None]]:
    columns = (attempts.c.number, attempts.c.origin, attempts.c.closed_by, attempts.c.charge)
    found = connection.execute(
        select(*columns).where(attempts.c.payment_id == payment_id).order_by(attempts.c.number)
    )
    return [(row[0], row[1], row[2], row[3]) for row in found]


def _outcomes_of(connection: Connection, payment_id: str) -> list[tuple[str, int | None, str]]:
    columns = (evidence.c.kind, evidence.c.attempt, evidence.c.outcome_charge)
    found = connection.execute(
        select(*columns)
        .where(evidence.c.payment_id == payment_id, evidence.c.outcome_charge.is_not(None))
        .order_by(evidence.c.sequence)
    )
    return [(row[0], row[1], row[2]) for row in found]


def _anomalies_of(connection: Connection, payment_id: str) -> list[str]:
    found = connection.execute(select(anomalies.c.kind).where(anomalies.c.payment_id == payment_id))
    return [row[0] for row in found]
