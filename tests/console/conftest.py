"""The console over a whole deployment, as somebody who signs in meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from tests.api.conftest import Api, open_api, sqlite_api
from tests.console.visitor import Visitor
from tests.world import open_world


@pytest.fixture
async def visitor(sqlite_api: Api) -> AsyncIterator[Visitor]:
    """Give the test a browser that is not signed in, over SQLite."""
    async with _browsing(sqlite_api) as visitor:
        yield visitor


@asynccontextmanager
async def visiting(database_url: str, stand_in_url: str) -> AsyncIterator[Visitor]:
    """Open a deployment, and a browser that is not signed in to it."""
    async with (
        open_world(database_url, stand_in_url) as world,
        open_api(world) as api,
        _browsing(api) as visitor,
    ):
        yield visitor


@asynccontextmanager
async def _browsing(api: Api) -> AsyncIterator[Visitor]:
    transport = httpx2.ASGITransport(api.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://console.test") as http:
        yield Visitor(api, http)


@pytest.fixture
async def auditor(visitor: Visitor) -> Visitor:
    """Give the test a browser that is signed in with an audit key."""
    await visitor.sign_in()
    return visitor


__all__ = ["auditor", "sqlite_api", "visiting", "visitor"]
