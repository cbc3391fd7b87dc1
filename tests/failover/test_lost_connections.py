"""A connection lost at any write, before it or after its commit, is nobody's to notice.

And a database that stays away is a 503 where nothing was tried, and a 202 from then on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from api.authentication import KeyRing
from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.connections import open_database
from orchestrator.store.patience import PatientDatabase
from tests.api.conftest import Api, open_api
from tests.failover.unreliable import Unreliable
from tests.world import World

LOSSES = ["before", "after"]
# One payment's writes: its create, its confirm's beginning, the settlement.
CREATE, OPEN, SETTLE = 1, 2, 3
DECLINED = "pm_card_visa_chargeDeclined"


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Give the test the API over each kind of database."""
    async with open_api(world) as opened:
        yield opened


@asynccontextmanager
async def unreliable(world: World, database_url: str, **how: Any) -> AsyncIterator[Unreliable]:
    """Drive payments over connections that break, for as long as the block runs."""
    driver = world.payments.driver
    whole, broken = driver.database, Unreliable(open_database(database_url), **how)
    driver.database = PatientDatabase(broken, seconds=0.3)
    yield broken
    driver.database = whole
    await broken.close()


def told(answer: httpx2.Response) -> tuple[int, Any, str | None]:
    """Return what a refusal says: its status, its code, and when to come back."""
    return answer.status_code, answer.json().get("code"), answer.headers.get("Retry-After")


UNAVAILABLE = (503, "database_unavailable", "5")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("number", [CREATE, OPEN, SETTLE])
async def test_payment_goes_through(api: Api, database_url: str, number: int, loss: str) -> None:
    """A connection lost at a write of a payment changes neither its answers nor its history."""
    async with unreliable(api.world, database_url, **{loss: frozenset({number})}):
        payment = await api.create()
        answer = await api.confirm(payment)

    stored = await api.world.payments.driver.load(payment["id"])
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert "Idempotent-Replayed" not in answer.headers
    assert await api.world.path(stored) == ["create", "confirm", "succeed"]
    assert await api.world.charged(stored) == [1000]


@pytest.mark.parametrize("loss", LOSSES)
async def test_two_steps_in_one_transaction_go_through(
    world: World, database_url: str, loss: str
) -> None:
    """A settlement of several steps is written once, too."""
    payment = await world.create()
    path = f"/payment_intents/{payment.payment_intent}/confirm_in_browser"
    await world.control("POST", path, {"payment_method": "pm_card_visa"})

    async with unreliable(world, database_url, **{loss: frozenset({1})}):
        paid = await world.refresh(payment)

    assert paid.state is PaymentState.succeeded
    assert await world.path(payment) == ["create", "confirm", "succeed"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("number", [1, 2])
async def test_cancel_goes_through(api: Api, database_url: str, number: int, loss: str) -> None:
    """A connection lost at the wish or at the end of a cancel is not noticed."""
    payment = await api.create()
    async with unreliable(api.world, database_url, **{loss: frozenset({number})}):
        answer = await api.post(f"/v1/payments/{payment['id']}/cancel", {})

    assert (answer.status_code, answer.json()["state"]) == (200, "failed")


@pytest.mark.parametrize("loss", LOSSES)
async def test_claim_is_not_lost(world: World, database_url: str, loss: str) -> None:
    """Payments claimed by a commit nobody heard of are carried on at once, not a lease later."""
    payment = await world.create()
    await world.fault("drop_after")
    await world.confirm(payment, "pm_card_visa")
    world.clock.advance(60)

    async with unreliable(world, database_url, **{loss: frozenset({1})}):
        counts = await world.runtime.worker.run_once()

    assert (counts["claimed"], counts["settled"], counts["left"]) == (1, 1, 0)


@pytest.mark.parametrize("loss", LOSSES)
async def test_customer_goes_through(api: Api, database_url: str, loss: str) -> None:
    """A customer is made once, whichever news is lost."""
    async with unreliable(api.world, database_url, **{loss: frozenset({1})}):
        answer = await api.post("/v1/customers", {"name": "Ada"})

    assert answer.status_code == 201


# ── a database that stays away ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/payments/pay_1", "/v1/machine"])
async def test_read_without_a_database_is_503(api: Api, database_url: str, path: str) -> None:
    """Nobody's key can be looked up: the answer says when to come back, and no more."""
    async with unreliable(api.world, database_url, away_from=0) as away:
        api.app.state.key_ring = KeyRing(PatientDatabase(away, seconds=0))
        answer = await api.get(path)

    assert told(answer) == UNAVAILABLE


async def test_create_without_a_database_is_503(api: Api, database_url: str) -> None:
    """A create that could not be written is a 503; sent again under its key it is done once."""
    body = {"amount": 1000, "currency": "usd"}
    async with unreliable(api.world, database_url, away_from=CREATE):
        refused = await api.post("/v1/payments", body, idempotency_key="order-1")
    created = await api.post("/v1/payments", body, idempotency_key="order-1")

    ledger = await api.world.control("GET", "/ledger")
    assert told(refused) == UNAVAILABLE
    assert created.status_code == 201
    assert len(ledger["intents"]) == 1


async def test_confirm_without_a_database_is_503(api: Api, database_url: str) -> None:
    """A confirm that could not begin spends nothing and asks Stripe for nothing."""
    payment = await api.create()
    async with unreliable(api.world, database_url, away_from=1):
        refused = await api.confirm(payment)

    stored = await api.world.payments.driver.load(payment["id"])
    assert told(refused) == UNAVAILABLE
    assert (stored.state, stored.attempts_used) == (PaymentState.created, 0)
    assert await api.world.charged(stored) == []


async def test_confirm_that_has_begun_is_202(api: Api, database_url: str) -> None:
    """Once an attempt is open an outage is an unknown outcome, and a worker finds the charge."""
    payment = await api.create()
    async with unreliable(api.world, database_url, away_from=2):
        answer = await api.confirm(payment)
    api.world.clock.advance(60)
    await api.world.work()

    stored = await api.world.payments.driver.load(payment["id"])
    assert (answer.status_code, answer.json()["state"]) == (202, "confirming")
    assert (stored.state, await api.world.charged(stored)) == (PaymentState.succeeded, [1000])


async def test_cancel_that_was_wished_is_202(api: Api, database_url: str) -> None:
    """Once the wish is written an outage leaves it to the workers."""
    payment = await api.create()
    async with unreliable(api.world, database_url, away_from=2):
        answer = await api.post(f"/v1/payments/{payment['id']}/cancel", {})
    await api.world.work()

    stored: Payment = await api.world.payments.driver.load(payment["id"])
    assert answer.status_code == 202
    assert (stored.state, stored.handled) == (PaymentState.failed, True)


async def test_worker_outlives_an_outage(world: World, database_url: str) -> None:
    """A worker that cannot claim, or not write what it found, finds it again afterwards."""
    payment = await world.create()
    await world.fault("drop_after")
    await world.confirm(payment, DECLINED)
    world.clock.advance(60)
    async with unreliable(world, database_url, away_from=2):
        counts = await world.runtime.worker.run_once()
    world.clock.advance(60)
    await world.work()

    assert counts["left"] == 1
    assert (await world.load(payment)).state is PaymentState.requires_new_card
