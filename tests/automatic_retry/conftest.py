"""A deployment that tries declined cards again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.automatic_retry.declined import DAY
from tests.world import World, open_world


@pytest.fixture
async def eager(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment that tries cards again twice, and keeps payments for ten days."""
    async with open_world(database_url, stand_in_url, auto_retry=2, payment_ttl=10 * DAY) as opened:
        yield opened
