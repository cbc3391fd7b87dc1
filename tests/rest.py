"""The REST API of a whole deployment, as a client sees it, without a socket in between."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from api.app import create_app
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.store.keys import insert_key
from tests.world import World


@dataclass
class Rest:
    """A client with an API key of its own."""

    world: World
    http: httpx2.AsyncClient

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        """Send a POST under a fresh Idempotency-Key, or the one given."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return await self.http.post(f"/v1{path}", json=body, headers=headers)

    async def get(self, path: str) -> httpx2.Response:
        """Send a GET."""
        return await self.http.get(f"/v1{path}")

    async def create(self, **fields: Any) -> dict[str, Any]:
        """Create a payment over 10.00 USD."""
        answer = await self.post("/payments", {"amount": 1000, "currency": "usd", **fields})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def confirm(self, payment: dict[str, Any], card: str, **fields: Any) -> httpx2.Response:
        """Confirm a payment with a card."""
        return await self.post(
            f"/payments/{payment['id']}/confirm", {"payment_method": card, **fields}
        )


@asynccontextmanager
async def open_rest(world: World, *, scope: str = "payments") -> AsyncIterator[Rest]:
    """Open a client with a key of its own over a deployment."""
    row, secret = create_key("shop", scope, None, utc_now())
    await world.runtime.database.write(insert_key, row)
    transport = httpx2.ASGITransport(app=create_app(world.runtime))
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://orchestrator.test", headers=headers
    ) as http:
        yield Rest(world, http)


@pytest.fixture
async def rest(world: World) -> AsyncIterator[Rest]:
    """Give the test a client, once on each kind of database."""
    async with open_rest(world) as opened:
        yield opened
