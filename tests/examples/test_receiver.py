"""The example receiver takes what we send, each event once, and nothing that others send."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from examples.receiver.inbox import Inbox
from examples.receiver.receiver import LONGEST_BODY, create_app
from orchestrator.outgoing.endpoints import CreateEndpoint
from orchestrator.outgoing.signing import new_secret, signed_headers
from tests.world import World, open_world, stand_in_url

__all__ = ["stand_in_url"]

EVENT = {"id": "evt_a_1", "type": "payment.created", "data": {"payment": {"id": "pay_a"}}}
BODY = json.dumps(EVENT)
PATH = "/webhooks/payments"


class Shop:
    """A receiver with two secrets, one of them the newer one, and what it has acted upon."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new = new_secret(), new_secret()
        self.acted: list[str] = []
        self.inbox = Inbox(str(folder / "receiver.db"))
        app = create_app(
            [self.new, self.old], self.inbox, lambda each: self.acted.append(each["id"])
        )
        transport = httpx2.ASGITransport(app)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://shop")

    async def hears(self, body: str = BODY, *, secret: str | None = None, **headers: str) -> int:
        """Send an event as we do, but for what is given."""
        signed = signed_headers("evt_a_1", datetime.now(UTC), BODY, [secret or self.new])
        answer = await self.http.post(PATH, content=body, headers={**signed, **headers})
        return answer.status_code


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Give the test a receiver."""
    opened = Shop(tmp_path)
    yield opened
    opened.inbox.close()


async def test_an_event_is_taken_once(shop: Shop) -> None:
    """However often an event is delivered, it is answered, and acted upon once."""
    answers = [await shop.hears() for _ in range(3)]

    assert (answers, shop.acted) == ([204] * 3, ["evt_a_1"])


async def test_either_secret_is_good(shop: Shop) -> None:
    """While one secret replaces the other, what either has signed is taken."""
    assert await shop.hears(secret=shop.old) == 204


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": ""},
        {"webhook-id": "evt_b_1"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "now"},
    ],
)
async def test_what_is_not_signed_is_refused(shop: Shop, headers: dict[str, str]) -> None:
    """Another signature, id or time is refused, and nothing is done."""
    assert (await shop.hears(**headers), shop.acted) == (400, [])


async def test_a_changed_body_is_refused(shop: Shop) -> None:
    """What was changed on the way, or is longer than any event, is nobody's."""
    assert await shop.hears(BODY.replace("created", "succeeded")) == 400
    assert await shop.hears(BODY + " " * LONGEST_BODY) == 400


async def test_an_old_event_is_refused(shop: Shop) -> None:
    """Who has recorded a sending cannot make it again an hour later."""
    then = datetime.now(UTC) - timedelta(hours=1)
    signed = signed_headers("evt_a_1", then, BODY, [shop.new])

    assert await shop.hears(**signed) == 400


@pytest.fixture
async def world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:  # noqa: F811, RUF100  the fixture
    """Give the test a deployment that may send to this machine."""
    async with open_world(sqlite_url, stand_in_url, webhook_allow_private=True) as opened:
        yield opened


def start(secret: str, folder: Path) -> subprocess.Popen[str]:
    """Start the receiver as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "examples.receiver", "--port", "0", "--file", "receiver.db"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"WEBHOOK_SECRETS": secret, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


async def test_the_program_hears_of_a_payment(world: World, tmp_path: Path) -> None:
    """Started as the document says, it prints each step of a payment, and ends quietly."""
    made = await world.runtime.endpoints.create(
        CreateEndpoint("http://127.0.0.1:9/webhooks/payments"), world.caller()
    )
    program = start(made.secret or "", tmp_path)
    assert program.stdout is not None, "the program was given a pipe"
    url = program.stdout.readline().split()[-1]
    await _move(world, made.endpoint["id"], url)
    payment = await world.create()
    await world.confirm(payment, "pm_card_visa")
    await world.work()
    lines = [program.stdout.readline() for _ in range(3)]
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=20)

    assert sorted(line.split()[1] for line in lines) == [
        "payment.confirming:",
        "payment.created:",
        "payment.succeeded:",
    ]
    assert all(f"payment {payment.id} is succeeded now" in line for line in lines)
    assert (program.returncode, errors) == (0, "")


async def _move(world: World, endpoint_id: str, url: str) -> None:
    """Let an endpoint lead to the program, whose address is known only once it has its secret."""

    def move(connection: Any) -> None:
        connection.exec_driver_sql(
            f"UPDATE webhook_endpoints SET url = '{url}' WHERE id = '{endpoint_id}'"
        )

    await world.runtime.database.write(move)


def test_a_missing_secret_is_named() -> None:
    """Without a secret it does not start, and says what is missing."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.receiver"],
        env={name: value for name, value in os.environ.items() if name != "WEBHOOK_SECRETS"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "WEBHOOK_SECRETS" in done.stderr
