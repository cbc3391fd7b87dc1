"""One receiver's trouble is its own: it takes neither others' places nor the process's threads."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from orchestrator.outgoing.addresses import check_url
from orchestrator.outgoing.deliveries import AT_ONCE_TO_ONE, Deliveries
from orchestrator.outgoing.endpoints import CreateEndpoint
from orchestrator.outgoing.feed import Dispatcher
from orchestrator.outgoing.sending import MOST_INTERIM, Answer, CheckedResolver, Sender
from orchestrator.store.outbox import delivery_row
from orchestrator.store.schema import webhook_deliveries
from tests.world import World, open_world

TAKEN = Answer(204, None)
BROKEN = Answer(500, "status")


@dataclass(slots=True)
class Switchboard(Sender):
    """Sends nowhere: a host that is named here answers so, any other only at the end."""

    answers: dict[str, Answer] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Answer as told."""
        del body, headers
        host = check_url(url).host
        self.sent[host] += 1
        if host not in self.answers:
            self.waiting[host] += 1
            await self.over.wait()
        return self.answers.get(host, TAKEN)


@pytest.fixture
async def world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        yield opened


async def work(deliveries: Deliveries) -> None:
    """Go on until nothing more can be begun."""
    while await deliveries.run_once("w"):
        pass


@asynccontextmanager
async def sending(world: World, **answers: Answer) -> AsyncIterator[tuple[Deliveries, Switchboard]]:
    """Give the part of a worker that sends, over a switchboard; hosts are named before the dot."""
    board = Switchboard(answers={f"{name}.example.com": each for name, each in answers.items()})
    deliveries = Deliveries(world.runtime.database, board, world.clock)
    yield deliveries, board
    board.over.set()
    await deliveries.close()


async def register(world: World, name: str) -> str:
    """Register an endpoint at a host of its own; return its id."""
    request = CreateEndpoint(f"https://{name}.example.com/")
    made = await world.runtime.endpoints.create(request, world.caller())
    id: str = made.endpoint["id"]
    return id


async def owe(world: World, payment_id: str, endpoint_id: str, many: int = 1) -> None:
    """Let an endpoint have so many deliveries that are due."""
    rows = [
        delivery_row(endpoint_id, payment_id, 1, world.clock(), "req_owed") for _ in range(many)
    ]

    def write(connection: Connection) -> None:
        connection.execute(insert(webhook_deliveries), rows)

    await world.runtime.database.write(write)


async def told(world: World) -> str:
    """Create a payment whose first event has its place; return its id."""
    payment = await world.create()
    await Dispatcher(world.runtime.database).run_once("w")
    return payment.id


async def test_a_long_backlog_leaves_room_for_others(world: World) -> None:
    """An endpoint that hangs with a hundred events before it has a part of the places, not all."""
    payment = await told(world)
    await owe(world, payment, await register(world, "hangs"), 100)
    await owe(world, payment, await register(world, "takes"))
    async with sending(world, takes=TAKEN) as (deliveries, board):
        await work(deliveries)

        assert board.sent == {"hangs.example.com": AT_ONCE_TO_ONE, "takes.example.com": 1}


async def test_who_failed_last_has_one_place(world: World) -> None:
    """Many endpoints that hang again and again leave room, each until it takes something."""
    payment = await told(world)
    endpoints = {name: await register(world, name) for name in ("down", "takes")}
    async with sending(world, down=BROKEN, takes=TAKEN) as (deliveries, board):
        await owe(world, payment, endpoints["down"])
        await work(deliveries)
        del board.answers["down.example.com"]
        await owe(world, payment, endpoints["down"], 20)
        await owe(world, payment, endpoints["takes"], 20)
        await work(deliveries)
        hanging, taken = board.waiting["down.example.com"], board.sent["takes.example.com"]
        board.answers["down.example.com"] = TAKEN
        board.over.set()
        await work(deliveries)

        assert (hanging, taken) == (1, 20)
        assert board.sent["down.example.com"] == 1 + 20


async def test_what_is_being_sent_is_not_sent_beside(world: World) -> None:
    """A sending that outlives its lease comes up again, and is left to end first."""
    payment = await told(world)
    await owe(world, payment, await register(world, "hangs"))
    async with sending(world) as (deliveries, board):
        await work(deliveries)
        world.clock.advance(3600)
        await work(deliveries)

        assert board.sent == {"hangs.example.com": 1}


@pytest.mark.parametrize("how", ["endpoint_deleted", "endpoint_disabled"])
async def test_what_came_too_late_ends(world: World, how: str) -> None:
    """A delivery written at the moment in which its endpoint was given up is sent to nobody."""
    payment = await told(world)
    endpoint = await register(world, "takes")
    if how == "endpoint_deleted":
        await world.runtime.endpoints.delete(endpoint, world.caller())
    else:
        await world.runtime.database.write(_disable, endpoint)
    await owe(world, payment, endpoint)
    async with sending(world, takes=TAKEN) as (deliveries, board):
        await work(deliveries)
    (row,) = await world.runtime.database.read(_deliveries)

    assert (row.state, row.last_error) == ("failed", how)
    assert board.sent == {}


async def test_silent_names_hold_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """While names are looked up that nobody answers for, the process has its threads for others."""
    over = threading.Event()

    def silent(*_: object, **__: object) -> list[Any]:
        over.wait()
        return []

    resolver = CheckedResolver(allow_private=True)
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    look_ups = [asyncio.create_task(resolver.resolve("silent.example.com")) for _ in range(36)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):
            moment = await asyncio.to_thread(datetime.now)
    finally:
        over.set()
        await asyncio.gather(*look_ups)
        await resolver.close()

    assert moment is not None


async def test_a_status_counts_however_the_rest_ends() -> None:
    """A receiver that says 200 and hangs up in the middle of its answer has the event."""

    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    sender = Sender(allow_private=True)
    port = server.sockets[0].getsockname()[1]
    answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    await sender.close()
    server.close()
    await server.wait_closed()

    assert answer.taken


@pytest.mark.parametrize(
    ("interim", "word"), [(1, None), (MOST_INTERIM, None), (5_000, "connection_failed")]
)
async def test_a_few_interim_answers_are_passed_over(interim: int, word: str | None) -> None:
    """A 100 or two may come before the answer; who sends nothing else is left, not listened to."""

    async def go_on(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * interim)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(go_on, "127.0.0.1", 0)
    sender = Sender(allow_private=True)
    port = server.sockets[0].getsockname()[1]
    answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    await sender.close()
    server.close()
    await server.wait_closed()

    assert answer.error == word


def _disable(connection: Connection, endpoint_id: str) -> None:
    connection.exec_driver_sql(
        "UPDATE webhook_endpoints SET state = 'disabled', disabled_reason = 'gone' "
        f"WHERE id = '{endpoint_id}'"  # noqa: S608, RUF100  an id of ours
    )


def _deliveries(connection: Connection) -> list[Any]:
    return list(connection.execute(select(webhook_deliveries)))
