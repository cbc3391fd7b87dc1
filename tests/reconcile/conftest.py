"""A deployment over the stand-in, on SQLite, and the reconciliation of everything in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.payment import Payment
from orchestrator.reconcile import ReconcileReport, Reconciliation, StripeSide
from orchestrator.requests import utc_now
from orchestrator.store.reconcile import Period
from tests.world import World, open_world

Json = dict[str, Any]


@dataclass
class Books:
    """One deployment, and whoever compares it with Stripe."""

    world: World

    @property
    def stripe(self) -> StripeSide:
        """Return the real gateway's lists."""
        gateway = self.world.runtime.gateway
        return StripeSide(gateway.listings, gateway.refunds)

    async def reconcile(self, **options: Any) -> ReconcileReport:
        """Compare the last hour."""
        since = utc_now() - timedelta(hours=1)
        period = options.pop("period", Period(since, since + timedelta(hours=2)))
        stripe = options.pop("stripe", self.stripe)
        return await Reconciliation(self.world.runtime.database, stripe, **options).run(period)

    async def kinds(self, **options: Any) -> list[str]:
        """Name the differences of the last hour."""
        report = await self.reconcile(**options)
        return sorted(difference.kind for difference in report.differences)

    async def paid(self, card: str = "pm_card_visa", **fields: Any) -> Payment:
        """Make a payment over 10.00 USD that has succeeded."""
        return (await self.world.confirm(await self.world.create(**fields), card)).payment

    async def at_stripe(self, path: str, **form: Any) -> Json:
        """Do something at Stripe, as somebody would who does not ask us."""
        url = f"{self.world.url}/v1/{path}"
        async with self.world.http.post(url, data=form) as answer:
            assert answer.status == 200, await answer.text()
            drawn: Json = await answer.json()
            return drawn


@pytest.fixture
async def books(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Books]:
    """Give the test a deployment that has no payments yet."""
    async with open_world(sqlite_url, stand_in_url) as world:
        yield Books(world)
