"""The API over a whole deployment, called as a client would, without a socket."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from orchestrator.keys import create_key
from orchestrator.store.keys import insert_key
from tests.world import World, open_world

UNSET: Any = object()


@dataclass
class Api:
    """A client with a key of scope ``payments``, and everything behind the API."""

    world: World
    app: FastAPI
    client: httpx2.AsyncClient
    secret: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def key(
        self, name: str = "shop", scope: str = "payments", expires_days: int | None = None
    ) -> tuple[str, str]:
        """Make and store a key; gives its id and its secret."""
        row, secret = create_key(name, scope, expires_days, datetime.now(UTC))
        await self.world.runtime.database.write(insert_key, row)
        return row["id"], secret

    async def post(
        self,
        path: str,
        body: Any = UNSET,
        *,
        secret: str | None = None,
        idempotency_key: str | None = UNSET,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Post JSON with the key and an Idempotency-Key nobody has used."""
        sent = {"Authorization": f"Bearer {self.secret if secret is None else secret}"}
        if idempotency_key is UNSET:
            idempotency_key = f"key-{next(self.numbers)}"
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        sent |= headers or {}
        if content is not None or body is UNSET:
            return await self.client.post(path, content=content, headers=sent)
        return await self.client.post(path, json=body, headers=sent)

    async def get(self, path: str, *, secret: str | None = None) -> httpx2.Response:
        """Get a page with the key."""
        chosen = self.secret if secret is None else secret
        return await self.client.get(path, headers={"Authorization": f"Bearer {chosen}"})

    async def create(self, **fields: Any) -> dict[str, Any]:
        """Create a payment over 10.00 USD."""
        answer = await self.post("/v1/payments", {"amount": 1000, "currency": "usd", **fields})
        assert answer.status_code == 201, answer.text
        payment: dict[str, Any] = answer.json()
        return payment

    async def confirm(
        self, payment: dict[str, Any], card: str = "pm_card_visa", **more: Any
    ) -> httpx2.Response:
        """Confirm a payment with a card."""
        path = f"/v1/payments/{payment['id']}/confirm"
        return await self.post(path, {"payment_method": card}, **more)


@asynccontextmanager
async def open_api(world: World) -> AsyncIterator[Api]:
    """Build the API over a deployment."""
    app = create_app(world.runtime)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
        opened = Api(world, app, client)
        _, opened.secret = await opened.key()
        yield opened


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Give the test the API over each kind of database."""
    async with open_api(world) as opened:
        yield opened


@pytest.fixture
async def sqlite_api(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Api]:
    """Give the test the API over SQLite, where the kind of database makes no difference."""
    async with open_world(sqlite_url, stand_in_url) as world, open_api(world) as opened:
        yield opened
