"""From a payment to a receiver: signed, tried again, given up, and never to a private address."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from orchestrator.outgoing.deliveries import Deliveries
from orchestrator.outgoing.endpoints import CreateEndpoint, EndpointResult, Endpoints
from orchestrator.outgoing.feed import Dispatcher
from orchestrator.outgoing.sending import CheckedResolver, NotPublic, Sender
from orchestrator.store.schema import webhook_deliveries
from tests.world import World, open_world, stand_in_url

__all__ = ["stand_in_url"]

FORBIDDEN = ("_secret_", "client_secret", "redirect_to_url")


@dataclass
class Receiver:
    """Somebody who is sent events, and answers as told."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Keep what came, and answer."""
        self.taken.append((dict(request.headers), await request.text()))
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hooks"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Give the test a receiver."""
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def world(database_url: str, stand_in_url: str) -> AsyncIterator[World]:  # noqa: F811, RUF100  the fixture
    """Give the test a deployment that may send to this machine."""
    async with open_world(database_url, stand_in_url, webhook_allow_private=True) as opened:
        opened.runtime.deliveries.clock = opened.clock
        yield opened


async def register(world: World, url: str, **fields: Any) -> EndpointResult:
    """Register an endpoint."""
    return await world.runtime.endpoints.create(CreateEndpoint(url, **fields), world.caller())


async def deliveries(world: World) -> list[Any]:
    """Read every delivery."""
    return await world.runtime.database.read(
        lambda connection: list(connection.execute(select(webhook_deliveries)))
    )


async def test_each_transition_reaches_the_receiver_signed(
    world: World, receiver: Receiver
) -> None:
    """Every history row arrives once, as its own signed event, with nothing secret in it."""
    made = await register(world, receiver.url)
    payment = await world.create()
    await world.confirm(payment, "pm_card_visa")
    await world.work()
    events = [Webhook(made.secret or "").verify(body, headers) for headers, body in receiver.taken]

    assert sorted(event["type"] for event in events) == [
        "payment.confirming",
        "payment.created",
        "payment.succeeded",
    ]
    assert {headers["webhook-id"] for headers, _ in receiver.taken} == {e["id"] for e in events}
    assert not any(word in body for _, body in receiver.taken for word in FORBIDDEN)


async def test_a_failed_delivery_is_tried_again(world: World, receiver: Receiver) -> None:
    """A receiver that is down gets the event later, under the same id."""
    await register(world, receiver.url, event_types=("payment.created",))
    receiver.status = 503
    await world.create()
    await world.work()
    first = len(receiver.taken)
    receiver.status = 200
    world.clock.advance(6)
    await world.work()
    (row,) = await deliveries(world)

    assert (first, len(receiver.taken)) == (1, 2)
    assert len({json.loads(body)["id"] for _, body in receiver.taken}) == 1
    assert (row.state, row.tries) == ("delivered", 2)


async def test_gone_disables_the_endpoint(world: World, receiver: Receiver) -> None:
    """A 410 ends the deliveries to an endpoint, and it is sent nothing more until enabled."""
    made = await register(world, receiver.url)
    receiver.status = 410
    await world.create()
    await world.work()
    endpoint = await world.runtime.endpoints.get(made.endpoint["id"])
    await world.create()
    await world.work()

    assert (endpoint["state"], endpoint["disabled_reason"]) == ("disabled", "gone")
    assert len(receiver.taken) == 1
    assert {row.state for row in await deliveries(world)} == {"failed"}


async def test_days_of_failures_disable_the_endpoint(world: World, receiver: Receiver) -> None:
    """The schedule ends; who took nothing for three days is given up."""
    made = await register(world, receiver.url, event_types=("payment.created",))
    receiver.status = 500
    await world.create()
    await world.work()
    for _ in range(12):
        world.clock.advance(27 * 3600)
        await world.runtime.deliveries.run_once("w")
    endpoint = await world.runtime.endpoints.get(made.endpoint["id"])

    assert (endpoint["state"], endpoint["disabled_reason"]) == ("disabled", "failing")
    assert len(receiver.taken) <= 10


async def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    """A redirect could lead anywhere: it is a failure, and nobody is asked there."""
    async with receiving() as elsewhere:
        await register(world, receiver.url, event_types=("payment.created",))
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        await world.create()
        await world.work()
        (row,) = await deliveries(world)

        assert elsewhere.taken == []
        assert (row.state, row.last_error, row.last_status) == ("pending", "redirect", 307)


async def test_two_secrets_sign_while_one_replaces_the_other(
    world: World, receiver: Receiver
) -> None:
    """After a rotation both secrets verify, until the old one's time is over."""
    made = await register(world, receiver.url, event_types=("payment.created",))
    rotated = await world.runtime.endpoints.rotate(made.endpoint["id"], 60, world.caller())
    await world.create()
    await world.work()
    world.clock.advance(61)
    await world.create()
    await world.work()
    signatures = [headers["webhook-signature"].count("v1,") for headers, _ in receiver.taken]
    headers, body = receiver.taken[0]

    assert signatures == [2, 1]
    assert Webhook(made.secret or "").verify(body, headers)
    assert Webhook(rotated.secret or "").verify(body, headers)


async def test_a_replay_is_sent_once_more(world: World, receiver: Receiver) -> None:
    """A replay sends the same event again; sent twice under one key it is one replay."""
    await register(world, receiver.url, event_types=("payment.created",))
    payment = await world.create()
    await world.work()
    id = f"evt_{payment.id.removeprefix('pay_')}_1"
    endpoints: Endpoints = world.runtime.endpoints
    first = await endpoints.replay(id, None, world.caller("again"))
    second = await endpoints.replay(id, None, world.caller("again"))
    await world.work()

    assert [row["id"] for row in first.deliveries] == [row["id"] for row in second.deliveries]
    assert second.replayed
    assert [json.loads(body)["id"] for _, body in receiver.taken] == [id, id]


async def test_a_deleted_endpoint_keeps_no_secret(world: World, receiver: Receiver) -> None:
    """What was on the way ends, and nothing is sent there."""
    made = await register(world, receiver.url)
    await world.create()
    await world.runtime.endpoints.delete(made.endpoint["id"], world.caller())
    await world.work()

    assert receiver.taken == []


async def test_private_addresses_are_not_sent_to(world: World, receiver: Receiver) -> None:
    """Without the setting, what was registered before is refused at the sending."""
    await register(world, receiver.url, event_types=("payment.created",))
    strict = Deliveries(world.runtime.database, Sender(), world.clock)
    await world.create()
    await Dispatcher(world.runtime.database).run_once("w")
    await strict.run_once("w")
    await strict.close()
    (row,) = await deliveries(world)

    assert receiver.taken == []
    assert (row.state, row.last_error) == ("pending", "address_refused")


async def test_a_name_that_leads_inside_is_refused() -> None:
    """A name is resolved when something is sent; where it leads inside, nothing is connected."""
    resolver = CheckedResolver(allow_private=False)

    with pytest.raises(NotPublic):
        await resolver.resolve("localhost", 443)


async def test_the_connection_goes_where_the_resolver_said(receiver: Receiver) -> None:
    """What was resolved and looked at is what is connected to, under the name's own Host."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    sender = Sender(allow_private=True)
    answer = await sender.send(f"http://localhost:{port}/hooks", b"{}", {})
    await sender.close()

    assert answer.taken
    assert receiver.taken[0][0]["Host"] == f"localhost:{port}"


async def test_who_does_not_answer_in_time_has_failed() -> None:
    """A receiver that does not answer in time is a failed try, told as such."""

    over, closed = asyncio.Event(), asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(allow_private=True, timeout_seconds=0.2)
    answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    await sender.close()
    over.set()
    await closed.wait()
    server.close()

    assert answer.error == "timeout"
