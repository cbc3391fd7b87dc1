"""A server killed with SIGKILL while twenty confirms are in flight loses nothing."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from orchestrator.audit import verify_all
from orchestrator.keys import create_key
from orchestrator.requests import utc_now
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key

PAYMENTS = 20
CARDS = ("pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedExpiredCard")
STATES = {
    "pm_card_visa": "succeeded",
    "pm_card_visa_chargeDeclined": "requires_new_card",
    "pm_card_chargeDeclinedExpiredCard": "card_disabled",
}
ROOT = Path(__file__).parents[1]


@contextmanager
def _process(module: str, *arguments: str, **environment: str) -> Iterator[tuple[str, int]]:
    """Run a module until the block ends; gives the address it announced, and its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                # Somebody has to read on, or the process would wait for room in the pipe.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield found[0], process.pid
                break
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def stand_in_process() -> Iterator[str]:
    """Run the stand-in in a process of its own, which outlives the server."""
    with _process("orchestrator.sandbox", "--port", "0") as (url, _):
        yield url


@contextmanager
def _server(database_url: str, stand_in: str, key: str) -> Iterator[tuple[str, int]]:
    with _process(
        "orchestrator",
        "serve",
        "--port",
        "0",
        ORCHESTRATOR_DATABASE_URL=database_url,
        ORCHESTRATOR_STRIPE_API_KEY=key,
        ORCHESTRATOR_STRIPE_API_BASE=stand_in,
        ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS="whsec_test",
        ORCHESTRATOR_STRIPE_TIMEOUT="2",
    ) as started:
        yield started


@asynccontextmanager
async def _client(url: str, secret: str) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        yield http


async def _post(http: aiohttp.ClientSession, path: str, body: Any) -> dict[str, Any]:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with http.post(path, json=body, headers=headers) as answer:
        drawn: dict[str, Any] = await answer.json()
        return drawn


async def _confirm_and_die(http: aiohttp.ClientSession, ids: list[str], process_id: int) -> None:
    """Send every confirm, and kill the server while they wait for Stripe."""
    confirms = [
        asyncio.create_task(
            _post(
                http,
                f"/v1/payments/{payment}/confirm",
                {"payment_method": CARDS[index % len(CARDS)]},
            )
        )
        for index, payment in enumerate(ids)
    ]
    await asyncio.sleep(0.5)
    os.kill(process_id, signal.SIGKILL)
    await asyncio.gather(*confirms, return_exceptions=True)


async def _until_known(http: aiohttp.ClientSession, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Read the payments until none is created or confirming any more."""
    end = time.monotonic() + 90
    while True:
        found = {}
        for payment in ids:
            async with http.get(f"/v1/payments/{payment}") as answer:
                found[payment] = await answer.json()
        left = [p for p in found.values() if p["state"] == "confirming"]
        if not left or time.monotonic() > end:
            return found
        await asyncio.sleep(0.5)


async def test_killed_server_loses_nothing(database_url: str, stand_in_process: str) -> None:
    """After a restart every payment whose confirm had begun is where Stripe says it is."""
    key = f"sk_test_{uuid.uuid4().hex}"
    row, secret = create_key("shop", "payments", None, utc_now())
    database = open_database(database_url)
    await database.write(insert_key, row)
    control = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(stand_in_process, headers=control) as stand_in:
        with _server(database_url, stand_in_process, key) as (url, process_id):
            async with _client(url, secret) as http:
                created = await asyncio.gather(
                    *(
                        _post(http, "/v1/payments", {"amount": 500 + number, "currency": "usd"})
                        for number in range(PAYMENTS)
                    )
                )
                ids = [payment["id"] for payment in created]
                faults = {
                    "rules": [
                        {
                            "operation": "payment_intents.confirm",
                            "kind": "latency",
                            "seconds": 1.0,
                            "when": when,
                            "times": 10,
                        }
                        for when in ("before", "after")
                    ]
                }
                await stand_in.post("/_sandbox/faults", json=faults)
                await _confirm_and_die(http, ids, process_id)
        with _server(database_url, stand_in_process, key) as (url, _):
            async with _client(url, secret) as http:
                found = await _until_known(http, ids)
        async with stand_in.get("/_sandbox/ledger") as answer:
            ledger = await answer.json()
    report = await verify_all(database)
    await database.close()

    begun = {payment: found[payment] for payment in ids if found[payment]["state"] != "created"}
    expected = {
        payment: STATES[CARDS[index % len(CARDS)]]
        for index, payment in enumerate(ids)
        if payment in begun
    }
    charged = {charge["payment_intent"]: charge["amount"] for charge in ledger["charges"]}
    succeeded = {
        payment["payment_intent"]: payment["amount"]
        for payment in found.values()
        if payment["state"] == "succeeded"
    }
    assert len(begun) >= PAYMENTS // 2
    assert {payment: begun[payment]["state"] for payment in begun} == expected
    assert charged == succeeded
    assert len(ledger["charges"]) == len(succeeded)
    assert report.problems == []
