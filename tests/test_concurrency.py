"""Many callers at once: one of them moves the payment, and the others are told so."""

import asyncio
import sqlite3
from collections import Counter

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from orchestrator.errors import AttemptInProgress, OrchestratorError, PaymentHandled
from orchestrator.payments import ConfirmPayment, CreatePayment
from orchestrator.requests import Result
from orchestrator.states import PaymentState
from tests.rest import Rest
from tests.world import World, open_world, stand_in

CALLERS = 50
CONFIRM = ConfirmPayment("pm_card_visa")


def _tally(outcomes: list[Result | BaseException]) -> Counter[str]:
    return Counter(
        type(outcome).__name__ if isinstance(outcome, BaseException) else "Result"
        for outcome in outcomes
    )


async def test_fifty_confirms_with_one_key_charge_once(world: World) -> None:
    """The same request fifty times over is one attempt and one charge."""
    payment = await world.create()
    caller = world.caller("one-key")

    outcomes = await asyncio.gather(
        *(world.payments.confirm(payment.id, CONFIRM, caller) for _ in range(CALLERS)),
        return_exceptions=True,
    )

    assert _tally(outcomes) == {"Result": CALLERS}
    assert await world.charged(payment) == [1000]
    assert await world.path(payment) == ["create", "confirm", "succeed"]


async def test_fifty_confirms_with_many_keys_charge_once(world: World) -> None:
    """Fifty requests to confirm one payment are one attempt; the others are refused."""
    payment = await world.create()

    outcomes = await asyncio.gather(
        *(world.payments.confirm(payment.id, CONFIRM, world.caller()) for _ in range(CALLERS)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]

    assert len(refused) == CALLERS - 1
    assert all(isinstance(error, (AttemptInProgress, PaymentHandled)) for error in refused)
    assert await world.charged(payment) == [1000]
    assert await world.path(payment) == ["create", "confirm", "succeed"]


@pytest.mark.parametrize("keys", ["one", "many"])
async def test_fifty_confirms_over_rest_are_never_a_server_error(rest: Rest, keys: str) -> None:
    """Over HTTP fifty confirms are one charge, and nobody is told of an error of ours."""
    created = await rest.create()
    key = "one-key" if keys == "one" else None

    answers = await asyncio.gather(
        *(
            rest.post(
                f"/payments/{created['id']}/confirm", {"payment_method": "pm_card_visa"}, key=key
            )
            for _ in range(CALLERS)
        )
    )
    statuses = Counter(answer.status_code for answer in answers)
    charged = await rest.world.charged(await rest.world.payments.driver.load(created["id"]))

    assert charged == [1000]
    assert set(statuses) <= ({200, 202} if keys == "one" else {200, 409})
    assert statuses[200] >= 1


async def test_fifty_creates_with_one_key_make_one_payment(world: World) -> None:
    """The same create fifty times over makes one payment and one intent."""
    caller = world.caller("order-1")
    request = CreatePayment(1000, "usd")

    outcomes = await asyncio.gather(
        *(world.payments.create(request, caller) for _ in range(CALLERS)), return_exceptions=True
    )
    made = {outcome.payment.id for outcome in outcomes if isinstance(outcome, Result)}
    intents = (await world.control("GET", "/ledger"))["intents"]

    assert (len(made), len(intents)) == (1, 1)
    assert set(_tally(outcomes)) <= {"Result", "IdempotencyKeyInUse"}


async def test_confirms_race_cancels(world: World) -> None:
    """Confirms and cancels at once end in one handled state that agrees with the charges."""
    payments = [await world.create() for _ in range(20)]

    async def race(index: int) -> None:
        payment = payments[index]
        await asyncio.gather(
            world.payments.confirm(payment.id, CONFIRM, world.caller()),
            world.payments.cancel(payment.id, None, world.caller()),
            return_exceptions=True,
        )

    await asyncio.gather(*(race(index) for index in range(len(payments))))
    for _ in range(10):
        world.clock.advance(40)
        await world.work()
    ended = [await world.load(payment) for payment in payments]

    assert all(payment.handled for payment in ended)
    for payment in ended:
        charged = await world.charged(payment)
        assert charged == ([1000] if payment.state is PaymentState.succeeded else [])


async def test_racing_workers_settle_once(world: World) -> None:
    """Refreshes and workers that find the same outcome at once write it once."""
    payment = await world.create()
    await world.fault("drop_after", times=1)
    await world.confirm(payment, "pm_card_visa_chargeDeclined")
    world.clock.advance(10)
    stored = await world.load(payment)

    outcomes = await asyncio.gather(
        *(world.payments.driver.carry_on(stored, actor=world.caller().actor) for _ in range(10)),
        return_exceptions=True,
    )
    failures = [error for error in outcomes if isinstance(error, OrchestratorError)]

    assert failures == []
    assert await world.path(payment) == ["create", "confirm", "require_new_card"]
    assert (await world.load(payment)).attempts_used == 1


async def _free_to_write(url: str) -> bool:
    """Tell whether nobody holds a transaction open: the writer's lock on SQLite, any session's
    on PostgreSQL."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "", isolation_level=None, timeout=0)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True
    engine = create_async_engine(url)
    async with engine.connect() as session:
        idle = await session.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
        )
        found = idle.scalar_one()
    await engine.dispose()
    return bool(found == 0)


@pytest.mark.parametrize(
    "card", ["pm_card_visa", "pm_card_radarBlock", "pm_card_chargeDeclinedExpiredCard"]
)
async def test_no_transaction_is_open_while_stripe_is_called(database_url: str, card: str) -> None:
    """Whatever Stripe is asked, at that moment anybody else could write."""
    seen: dict[str, list[bool]] = {}

    async def look(operation: str) -> None:
        seen.setdefault(operation, []).append(await _free_to_write(database_url))

    with stand_in(look) as url:
        async with open_world(database_url, url) as world:
            payment = await world.create()
            await world.confirm(payment, card)
            await world.refresh(payment)
            if not (await world.load(payment)).handled:
                await world.payments.cancel(payment.id, None, world.caller())

    assert {"payment_intents.create", "payment_intents.confirm"} <= set(seen)
    assert all(all(free) for free in seen.values()), seen
