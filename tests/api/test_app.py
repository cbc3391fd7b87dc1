"""The application opens what it was not given, closes what it opened, and stops its worker."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from api.app import create_app
from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings
from tests.api.conftest import Api


def settings(database_url: str, stripe_url: str) -> Settings:
    """Return settings for a database and a stand-in."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "stripe_api_key": "sk_test_app",
        "stripe_api_base": stripe_url,
        "_env_file": None,
    }
    return Settings(**given)


async def readiness(app: FastAPI) -> int:
    """Ask an application whether it is ready."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
        return (await client.get("/readyz")).status_code


async def test_it_opens_a_runtime_from_the_settings(sqlite_url: str, stand_in_url: str) -> None:
    """Given only settings, it serves from the database they name."""
    app = create_app(settings=settings(sqlite_url, stand_in_url))
    async with app.router.lifespan_context(app):
        status = await readiness(app)

    assert status == 200


async def test_it_refuses_to_start_unmigrated(empty_sqlite_url: str, stand_in_url: str) -> None:
    """A database without the schema stops the start, not the first request."""
    app = create_app(settings=settings(empty_sqlite_url, stand_in_url))

    with pytest.raises(Misconfigured, match="orchestrator migrate"):
        async with app.router.lifespan_context(app):
            pass


async def test_it_leaves_a_given_runtime_open(sqlite_api: Api) -> None:
    """Whoever opened the runtime closes it."""
    app = create_app(sqlite_api.world.runtime)
    async with app.router.lifespan_context(app):
        pass

    assert (await sqlite_api.create())["state"] == "created"


async def test_the_worker_runs_beside_it(sqlite_api: Api) -> None:
    """A payment whose outcome was lost is settled without anybody asking."""
    payment = await sqlite_api.create()
    await sqlite_api.world.fault("drop_after")
    unknown = await sqlite_api.confirm(payment)
    sqlite_api.world.clock.advance(60)
    app = create_app(sqlite_api.world.runtime, with_worker=True)

    async with app.router.lifespan_context(app):
        for _ in range(100):
            answer = await sqlite_api.get(f"/v1/payments/{payment['id']}")
            if answer.json()["handled"]:
                break
            await asyncio.sleep(0.05)

    assert unknown.status_code == 202
    assert answer.json()["state"] == "succeeded"
    assert app.state.worker_task.done()


async def test_a_worker_that_breaks_is_told(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that fails is an error in the log, and the process is no longer ready."""

    class Failing:
        async def run(self, _stop: asyncio.Event) -> None:
            raise RuntimeError("out of luck")

    monkeypatch.setattr(sqlite_api.world.runtime, "worker", Failing())
    app = create_app(sqlite_api.world.runtime, with_worker=True)
    with capture_logs() as lines:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0.01)
            status = await readiness(app)

    assert status == 503
    assert "worker_failed" in [line["event"] for line in lines]
