"""Stripe's side of webhooks: real events of the stand-in, signed and sent as a test decides."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select

from orchestrator.store.inbox import count_events
from tests.api.conftest import Api, open_api
from tests.world import World, open_world

Document = dict[str, Any]
SECRET = "whsec_new"
OLD_SECRET = "whsec_old"
# One test card stands for many customers' here.
UNCAPPED: dict[str, Any] = {"declines_per_day": 0, "declines_per_30_days": 0}
PATH = "/v1/webhooks/stripe"


def signature(content: bytes, secret: str = SECRET, *, at: float) -> str:
    """Sign as Stripe's page says: HMAC-SHA256 over the time, a dot and the body."""
    mac = hmac.new(secret.encode(), f"{int(at)}.".encode() + content, hashlib.sha256)
    return f"t={int(at)},v1={mac.hexdigest()}"


@dataclass
class Hooks:
    """A deployment with webhook secrets, and Stripe's hand on its doorbell."""

    api: Api
    world: World

    async def events(self, *types: str) -> list[Document]:
        """Return the account's events, oldest first, of these types or all."""
        async with self.world.http.get(f"{self.world.url}/v1/events?limit=100") as answer:
            listed: list[Document] = (await answer.json())["data"]
        return [each for each in reversed(listed) if not types or each["type"] in types]

    async def send(self, event: Document, **more: Any) -> httpx2.Response:
        """Send an event, signed now."""
        return await self.post(json.dumps(event).encode(), **more)

    async def post(
        self, content: bytes, *, header: str | None = None, secret: str = SECRET
    ) -> httpx2.Response:
        """Send bytes, signed now unless another header is given."""
        now = self.world.clock().timestamp()
        signed = signature(content, secret, at=now) if header is None else header
        headers = {"Stripe-Signature": signed, "Content-Type": "application/json; charset=utf-8"}
        return await self.api.client.post(PATH, content=content, headers=headers)

    async def deliver(self, *events: Document) -> None:
        """Send events and let the worker settle them."""
        for event in events:
            answer = await self.send(event)
            assert answer.status_code == 200, answer.text
        await self.world.work()

    async def waiting(self) -> dict[str, int]:
        """Count what waits in the inbox."""
        return await self.world.runtime.database.read(count_events)


def _rows(connection: Connection, table: Any) -> list[Document]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


async def rows(hooks: Hooks, table: Any) -> list[Document]:
    """Read a whole table."""
    return await hooks.world.runtime.database.read(_rows, table)


async def history(hooks: Hooks, payment: Any) -> list[Document]:
    """Read a payment's history over REST."""
    answer = await hooks.api.get(f"/v1/payments/{payment.id}/history")
    transitions: list[Document] = answer.json()["data"]
    return transitions


@pytest.fixture
async def hooks(database_url: str, stand_in_url: str) -> AsyncIterator[Hooks]:
    """Give the test a deployment on each kind of database."""
    secrets = SecretStr(f"{SECRET}, {OLD_SECRET}")
    async with (
        open_world(
            database_url, stand_in_url, stripe_webhook_secrets=secrets, payment_ttl=3600, **UNCAPPED
        ) as world,
        open_api(world) as api,
    ):
        yield Hooks(api, world)


@pytest.fixture
async def api_without_secrets(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Hooks]:
    """Give the test a deployment that no webhook can reach."""
    async with open_world(sqlite_url, stand_in_url) as world, open_api(world) as api:
        yield Hooks(api, world)
