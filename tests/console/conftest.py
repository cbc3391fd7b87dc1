"""The console over a whole deployment, as somebody who signs in meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.api.conftest import Api, sqlite_api
from tests.console.visitor import Visitor


@pytest.fixture
async def visitor(sqlite_api: Api) -> AsyncIterator[Visitor]:
    """Give the test a browser that is not signed in, over SQLite."""
    transport = httpx2.ASGITransport(sqlite_api.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://console.test") as http:
        yield Visitor(sqlite_api, http)


@pytest.fixture
async def auditor(visitor: Visitor) -> Visitor:
    """Give the test a browser that is signed in with an audit key."""
    await visitor.sign_in()
    return visitor


__all__ = ["auditor", "sqlite_api", "visitor"]
