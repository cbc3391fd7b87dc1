"""Alive is not ready: one touches nothing, the other asks the database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.app import create_app
from api.routes import health
from orchestrator.store.connections import open_database
from tests.api.conftest import Api


class Unreachable:
    """A database that is away."""

    async def read(self, *_: Any) -> Any:
        """Fail as a driver does."""
        raise OSError("connection refused by 10.0.0.7")


class Stuck:
    """A database that never answers."""

    async def read(self, *_: Any) -> Any:
        """Hang."""
        await asyncio.Event().wait()


async def test_healthy_without_a_database(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that lives says so, whatever its database does, and to anybody."""
    monkeypatch.setattr(sqlite_api.world.runtime, "database", Unreachable())

    answer = await sqlite_api.client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready(api: Api) -> None:
    """A migrated database that answers is all it takes."""
    answer = await api.client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_not_ready_without_a_database(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away is 503, and its address stays with us."""
    monkeypatch.setattr(sqlite_api.world.runtime, "database", Unreachable())

    answer = await sqlite_api.client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "10.0.0.7" not in answer.text


async def test_not_ready_while_the_database_hangs(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that does not answer in time is as good as away."""
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.01)
    monkeypatch.setattr(sqlite_api.world.runtime, "database", Stuck())

    answer = await sqlite_api.client.get("/readyz")

    assert answer.status_code == 503


async def test_not_ready_on_another_schema(
    sqlite_api: Api, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database without this program's schema is not served from."""
    empty = open_database(empty_database_url)
    monkeypatch.setattr(sqlite_api.world.runtime, "database", empty)

    answer = await sqlite_api.client.get("/readyz")
    await empty.close()

    assert answer.status_code == 503
    assert "orchestrator migrate" in answer.json()["detail"]


async def test_not_ready_once_the_worker_broke(sqlite_api: Api) -> None:
    """A process that was to recover payments and no longer does says so."""
    sqlite_api.app.state.worker_task = asyncio.create_task(asyncio.sleep(0))
    await sqlite_api.app.state.worker_task

    assert (await sqlite_api.client.get("/readyz")).status_code == 503


def test_a_new_application_has_no_worker() -> None:
    """Nothing runs before the application does."""
    assert create_app().state.worker_task is None
