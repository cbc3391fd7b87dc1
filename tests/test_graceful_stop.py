"""A process that is told to stop finishes what it holds, takes nothing more, and ends well."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.stopping import Stop
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key

ROOT = Path(__file__).parents[1]
# How long the stand-in takes to confirm: long enough to be told to stop meanwhile.
SLOW_SECONDS = 2.0


class Process:
    """A command of ours that runs by itself, and what it has said so far."""

    def __init__(self, module: str, *arguments: str, ready: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if ready in line:
                break
        self._reader = threading.Thread(target=self._read_on, daemon=True)
        self._reader.start()

    def _read_on(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    @property
    def url(self) -> str:
        """Return the address that it announced."""
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        assert found is not None, self.said
        return found[0]

    def tell(self) -> float:
        """Tell it to stop; return when."""
        self.process.send_signal(signal.SIGTERM)
        return time.monotonic()

    async def ended(self, *, within: float = 30) -> int:
        """Wait for its end and return its status."""
        return await asyncio.to_thread(self.process.wait, within)

    def close(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes, and end them with the test."""
    started: list[Process] = []

    def run(*arguments: str, ready: str, **environment: str) -> Process:
        started.append(Process(*arguments, ready=ready, **environment))
        return started[-1]

    yield run
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Process]:
    """Run a stand-in beside the tests of this file."""
    process = Process("orchestrator.sandbox", "--port", "0", ready="http://")
    yield process
    process.close()


@pytest.fixture
def settings(sqlite_url: str, stand_in: Process) -> dict[str, str]:
    """Return the settings of a deployment over an account of its own."""
    return {
        "ORCHESTRATOR_DATABASE_URL": sqlite_url,
        "ORCHESTRATOR_STRIPE_API_KEY": f"sk_test_{uuid.uuid4().hex}",
        "ORCHESTRATOR_STRIPE_API_BASE": stand_in.url,
        "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS": "whsec_test",
    }


@pytest.fixture
async def http(settings: dict[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    """Give the test a client with an API key."""
    row, secret = create_key("shop", "payments", None, utc_now())
    database = open_database(settings["ORCHESTRATOR_DATABASE_URL"])
    await database.write(insert_key, row)
    await database.close()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {secret}"}) as client:
        yield client


async def post(http: aiohttp.ClientSession, url: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Send a request under a fresh key."""
    async with http.post(url, json=body, headers={"Idempotency-Key": uuid.uuid4().hex}) as answer:
        return answer.status, await answer.json()


async def fault(http: aiohttp.ClientSession, settings: dict[str, str], **rule: Any) -> None:
    """Let the next confirm at the stand-in go wrong, or take its time."""
    rule = {"operation": "payment_intents.confirm", **rule}
    async with http.post(
        f"{settings['ORCHESTRATOR_STRIPE_API_BASE']}/_sandbox/faults",
        json={"rules": [rule]},
        headers={"Authorization": f"Bearer {settings['ORCHESTRATOR_STRIPE_API_KEY']}"},
    ) as answer:
        assert answer.status == 200, await answer.text()


async def begin_confirm(
    http: aiohttp.ClientSession, url: str
) -> asyncio.Task[tuple[int, dict[str, Any]]]:
    """Create a payment and begin to confirm it; return once Stripe is being asked."""
    _, payment = await post(http, f"{url}/v1/payments", {"amount": 1000, "currency": "usd"})
    path = f"{url}/v1/payments/{payment['id']}"
    task = asyncio.create_task(post(http, f"{path}/confirm", {"payment_method": "pm_card_visa"}))
    async with asyncio.timeout(60):
        while True:
            async with http.get(path) as answer:
                if (await answer.json())["state"] == "confirming":
                    return task
            await asyncio.sleep(0.02)


async def test_what_is_under_way_is_answered(
    start: Start, settings: dict[str, str], http: aiohttp.ClientSession
) -> None:
    """A confirm that waits for Stripe as SIGTERM comes is answered; nobody new is let in."""
    server = start("orchestrator", "serve", "--port", "0", ready="Serving on", **settings)
    await fault(http, settings, kind="latency", seconds=SLOW_SECONDS)
    confirm = await begin_confirm(http, server.url)
    server.tell()
    await asyncio.sleep(0.5)
    async with aiohttp.ClientSession() as stranger:
        with pytest.raises(aiohttp.ClientConnectorError):
            await stranger.get(f"{server.url}/readyz")
    assert not confirm.done()
    status, payment = await confirm

    assert (status, payment["state"]) == (200, "succeeded")
    assert await server.ended() == 0, server.said


async def test_readiness_ends_first(
    start: Start, settings: dict[str, str], http: aiohttp.ClientSession
) -> None:
    """During the delay requests are still taken while readiness says that the end is near."""
    settings |= {"ORCHESTRATOR_SHUTDOWN_DELAY": "2"}
    # Without a worker: one that has stopped would make it not ready as well.
    server = start(
        "orchestrator", "serve", "--no-worker", "--port", "0", ready="Serving on", **settings
    )
    told = server.tell()
    await asyncio.sleep(0.5)
    async with http.get(f"{server.url}/readyz") as answer:
        ready = answer.status, (await answer.json())["code"]
    async with http.get(f"{server.url}/v1/machine") as answer:
        machine = answer.status
    ended = await server.ended()

    assert (ready, machine, ended) == ((503, "not_ready"), 200, 0)
    assert 2 <= time.monotonic() - told < 10


@pytest.mark.thorough
async def test_a_second_signal_ends_it_at_once(
    start: Start, settings: dict[str, str], http: aiohttp.ClientSession
) -> None:
    """Whoever is in a hurry tells it again; the status says that it did not finish."""
    server = start("orchestrator", "serve", "--port", "0", ready="Serving on", **settings)
    await fault(http, settings, kind="latency", seconds=20)
    confirm = await begin_confirm(http, server.url)
    server.tell()
    await asyncio.sleep(0.3)
    told = server.tell()
    status = await server.ended()
    took = time.monotonic() - told
    with contextlib.suppress(aiohttp.ClientError):
        await confirm

    assert (status, took < 3) == (128 + signal.SIGTERM, True)


@pytest.mark.thorough
async def test_nobody_is_waited_for_longer(
    start: Start, settings: dict[str, str], http: aiohttp.ClientSession
) -> None:
    """What is not answered within the timeout is broken off; the process ends well all the same."""
    settings |= {"ORCHESTRATOR_SHUTDOWN_TIMEOUT": "1"}
    server = start("orchestrator", "serve", "--port", "0", ready="Serving on", **settings)
    await fault(http, settings, kind="latency", seconds=20)
    confirm = await begin_confirm(http, server.url)
    told = server.tell()
    status = await server.ended()
    with contextlib.suppress(aiohttp.ClientError):
        await confirm

    assert (status, time.monotonic() - told < 8) == (0, True), server.said


async def test_a_worker_finishes_what_it_claimed(
    start: Start, settings: dict[str, str], http: aiohttp.ClientSession
) -> None:
    """A worker told to stop while Stripe is asked brings the answer home, and ends well."""
    server = start(
        "orchestrator", "serve", "--no-worker", "--port", "0", ready="Serving on", **settings
    )
    _, payment = await post(http, f"{server.url}/v1/payments", {"amount": 1000, "currency": "usd"})
    path = f"{server.url}/v1/payments/{payment['id']}"
    await fault(http, settings, kind="drop_after")
    lost, _ = await post(http, f"{path}/confirm", {"payment_method": "pm_card_visa"})
    await fault(http, settings, kind="latency", seconds=2 * SLOW_SECONDS)
    worker = start("orchestrator", "worker", ready="at work", **settings)
    await asyncio.to_thread(wait_until_claimed, settings)
    worker.tell()
    status = await worker.ended()
    async with http.get(path) as answer:
        state = (await answer.json())["state"]

    assert (lost, status, state) == (202, 0, "succeeded"), worker.said


def wait_until_claimed(settings: dict[str, str]) -> None:
    """Wait until a worker holds a payment."""
    file = settings["ORCHESTRATOR_DATABASE_URL"].removeprefix("sqlite:///")
    query = "SELECT 1 FROM payments WHERE lease_owner IS NOT NULL"
    end = time.monotonic() + 60
    with closing(sqlite3.connect(file)) as connection:
        while connection.execute(query).fetchone() is None:
            assert time.monotonic() < end, "nobody was seen to hold a payment"
            time.sleep(0.02)


# ── the part that waits ──────────────────────────────────────────────────────────────────────


async def test_what_hangs_is_left() -> None:
    """A task that does not finish in time is canceled, and nobody waits for it."""
    stop = Stop(0.05)
    task = asyncio.create_task(asyncio.sleep(60))
    stop.begin()
    async with asyncio.timeout(5):
        await stop.wait_for(task)

    assert task.cancelled()


async def test_what_finishes_is_not_disturbed() -> None:
    """A task that ends in time ends by itself."""
    stop = Stop(30)
    stop.begin()
    task = asyncio.create_task(asyncio.sleep(0.01))
    await stop.wait_for(task)

    assert not task.cancelled()


def test_the_first_time_counts() -> None:
    """Told again, it gets no more time."""
    stop = Stop(10)
    stop.begin()
    stop.begin(1000)

    assert stop.begun
    assert stop.seconds_left <= 10
