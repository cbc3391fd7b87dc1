"""A whole deployment for a test: a fresh database, the real gateway, and an account of a stand-in.

Nothing is mocked: the use cases speak through the SDK over a socket, and the database is a real
one of either kind. The clock can be moved.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import Connection, select

from orchestrator.payment import Payment
from orchestrator.payments import ConfirmPayment, CreatePayment, Payments
from orchestrator.requests import Caller, Result, utc_now
from orchestrator.runtime import Runtime
from orchestrator.sandbox.app import create_app
from orchestrator.settings import Settings
from orchestrator.store.schema import payments

OnCall = Callable[[str], Awaitable[None]]
# How far time is moved on from one round of the worker to the next, in seconds.
LEAST_AT_ONCE = 5.0
MOST_AT_ONCE = 60.0


def _next_due(connection: Connection) -> datetime | None:
    due = payments.c.due_at
    moment: datetime | None = connection.scalar(select(due).where(due.is_not(None)).order_by(due))
    return moment


@dataclass
class Clock:
    """A clock that can be moved forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.ahead += timedelta(seconds=seconds)


@dataclass
class World:
    """One deployment over one account of the stand-in."""

    runtime: Runtime
    url: str
    stripe_key: str
    http: aiohttp.ClientSession
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def payments(self) -> Payments:
        """Return the use cases."""
        return self.runtime.payments

    def caller(self, key: str | None = None, *, digest: str = "", owner: str = "shop") -> Caller:
        """Return a caller with a request id of its own, and an Idempotency-Key."""
        number = next(self.numbers)
        return Caller(owner, "key1", f"req_{number}", key or f"key-{number}", digest)

    async def create(self, **fields: Any) -> Payment:
        """Create a payment over 10.00 USD."""
        request = CreatePayment(**{"amount": 1000, "currency": "usd", **fields})
        return (await self.payments.create(request, self.caller())).payment

    async def confirm(self, payment: Payment, card: str, **fields: Any) -> Result:
        """Confirm a payment with a card."""
        return await self.payments.confirm(
            payment.id, ConfirmPayment(card, **fields), self.caller()
        )

    async def refresh(self, payment: Payment) -> Payment:
        """Refresh a payment."""
        return (await self.payments.refresh(payment.id, self.caller())).payment

    async def work(self, *, until: timedelta = timedelta()) -> None:
        """Let the worker do what is due, and what becomes due within ``until``."""
        end = self.clock.ahead + until
        while True:
            while any((await self.runtime.worker.run_once()).values()):
                pass
            if self.clock.ahead >= end:
                return
            left = (end - self.clock.ahead).total_seconds()
            self.clock.advance(min(await self._until_due(), left))

    async def _until_due(self) -> float:
        """Return the seconds until a payment is due, within bounds that suit every other part."""
        due = await self.runtime.database.read(_next_due)
        wait = (due - self.clock()).total_seconds() if due is not None else MOST_AT_ONCE
        return min(max(wait, LEAST_AT_ONCE), MOST_AT_ONCE)

    async def load(self, payment: Payment) -> Payment:
        """Read a payment as it is stored."""
        return await self.payments.driver.load(payment.id)

    async def path(self, payment: Payment) -> list[str]:
        """Return the events of a payment's history, oldest first."""
        return [row["event"] for row in await self.payments.history(payment.id, None)]

    async def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a control call about this account."""
        async with self.http.request(method, f"{self.url}/_sandbox{path}", json=body) as answer:
            assert answer.status < 400, await answer.text()
            drawn: dict[str, Any] = await answer.json()
            return drawn

    async def fault(
        self, kind: str, operation: str = "payment_intents.confirm", **more: Any
    ) -> None:
        """Add one fault rule for this account."""
        rule = {"operation": operation, "kind": kind, **more}
        await self.control("POST", "/faults", {"rules": [rule]})

    async def charged(self, payment: Payment) -> list[int]:
        """Return the amounts that the stand-in really charged for a payment."""
        ledger = await self.control("GET", "/ledger")
        return [
            charge["amount"]
            for charge in ledger["charges"]
            if charge["payment_intent"] == payment.payment_intent
        ]

    async def authenticate(self, payment: Payment, outcome: str) -> None:
        """Let the customer pass or fail the open 3-D Secure challenge."""
        await self.control(
            "POST",
            f"/payment_intents/{payment.payment_intent}/authenticate",
            {"outcome": outcome},
        )


@contextmanager
def stand_in(on_call: OnCall | None = None) -> Iterator[str]:
    """Run a stand-in in a thread; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(create_app(on_call=on_call), log_level="critical", lifespan="off")
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@asynccontextmanager
async def open_world(database_url: str, stand_in_url: str, **settings: Any) -> AsyncIterator[World]:
    """Open a deployment on a migrated database, with an account of its own."""
    key = f"sk_test_{uuid.uuid4().hex}"
    given: dict[str, Any] = {"stripe_timeout": 20.0, **settings}
    runtime = await Runtime.open(
        Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it unannounced
            database_url=database_url,
            stripe_api_key=SecretStr(key),
            stripe_api_base=stand_in_url,
            **given,
        )
    )
    clock = Clock()
    runtime.payments.driver.clock = clock
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield World(runtime, stand_in_url, key, http, clock)
    await runtime.close()


@pytest.fixture(scope="session")
def stand_in_url() -> Iterator[str]:
    """Run one stand-in for all tests of this process."""
    with stand_in() as url:
        yield url


@pytest.fixture
async def world(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment on each kind of database."""
    async with open_world(database_url, stand_in_url) as opened:
        yield opened


__all__ = ["Clock", "World", "open_world", "stand_in", "stand_in_url", "world"]
