"""What one payment with a known card asks of PostgreSQL and of Stripe, as they count it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy.engine import make_url

from api.app import create_app
from benchmarks.stripe_answers import AMOUNT, CARD, CURRENCY
from benchmarks.stub import Stub, listen
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.runtime import Runtime
from orchestrator.settings import Settings
from orchestrator.store.keys import insert_key
from tests.postgres_server import PostgresServer

PAYMENTS = 3

# PostgreSQL's log has one such line for each statement it is sent, BEGIN and COMMIT included.
_STATEMENT = re.compile(r" LOG: +(?:execute [^:]*|statement): (.*)")


@dataclass
class Asked:
    """What a payment cost: statements sent, transactions that wrote, calls to Stripe."""

    statements: list[str]
    commits: int
    stripe_calls: dict[str, int]


class Shop:
    """A client with a key, over the whole API and the stub."""

    def __init__(self, http: httpx2.AsyncClient, stub: Stub) -> None:
        self.http = http
        self.stub = stub
        self._number = 0

    async def pay(self) -> None:
        """Create a payment and confirm it with the one card there is."""
        payment = await self._post("/v1/payments", {"amount": AMOUNT, "currency": CURRENCY})
        paid = await self._post(f"/v1/payments/{payment['id']}/confirm", {"payment_method": CARD})
        assert paid["state"] == "succeeded", paid

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        headers = {"Idempotency-Key": f"key-{self._number}"}
        answer = await self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        document: dict[str, Any] = answer.json()
        return document


@asynccontextmanager
async def open_shop(url: str) -> AsyncIterator[Shop]:
    """Run the API over the database and the stub, with a card that was used before."""
    stub = Stub()
    async with await listen(stub, 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = Settings(
            database_url=url,
            stripe_api_key="sk_test_hot_path",  # type: ignore[arg-type]  # pydantic wraps it
            stripe_api_base=f"http://127.0.0.1:{port}",
        )
        runtime = await Runtime.open(settings)
        try:
            async with open_client(runtime) as http:
                shop = Shop(http, stub)
                await shop.pay()
                yield shop
        finally:
            await runtime.close()


@asynccontextmanager
async def open_client(runtime: Runtime) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client of the API with a key that is looked up once."""
    row, secret = create_key("shop", "payments", None, utc_now())
    await runtime.database.write(insert_key, row)
    app = create_app(runtime)
    # The key is looked up every other second whatever the load, so it belongs to no payment.
    app.state.key_ring.ticks = lambda: 0.0
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://orchestrator.test",
        headers={"Authorization": f"Bearer {secret}"},
    ) as http:
        yield http


@pytest.fixture
async def asked(postgres_url: str, postgres_server: PostgresServer) -> Asked:
    """Make a few payments and return what PostgreSQL and Stripe were asked."""
    database = make_url(postgres_url).database
    postgres_server.execute(f"alter database \"{database}\" set log_statement = 'all'")
    log = postgres_server.directory / "log"
    async with open_shop(postgres_url) as shop:
        shop.stub.calls.clear()
        logged, written = log.stat().st_size, _transactions_that_wrote(postgres_server)
        for _ in range(PAYMENTS):
            await shop.pay()
        return Asked(
            _statements(log, logged),
            _transactions_that_wrote(postgres_server) - written,
            dict(shop.stub.calls),
        )


def test_payment_takes_five_statements(asked: Asked) -> None:
    """Two reads and three writes: each step is one round trip to the database."""
    assert len(asked.statements) == 5 * PAYMENTS


def test_payment_takes_three_commits(asked: Asked) -> None:
    """Created, confirming and settled are each committed before anything else is done."""
    assert asked.commits == 3 * PAYMENTS


def test_every_commit_is_one_statement(asked: Asked) -> None:
    """No transaction is opened or closed by a statement of its own."""
    assert [text for text in asked.statements if text.startswith(("BEGIN", "COMMIT"))] == []


def test_payment_takes_two_calls_to_stripe(asked: Asked) -> None:
    """A card that is known is not looked up again."""
    assert asked.stripe_calls == {"create": PAYMENTS, "confirm": PAYMENTS}


def _statements(log: Path, beginning: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(beginning)
        return _STATEMENT.findall(file.read().decode())


def _transactions_that_wrote(server: PostgresServer) -> int:
    """Return how far transactions are numbered: only those that write get a number."""
    return int(server.execute("select pg_snapshot_xmax(pg_current_snapshot())"))
