"""Endpoints as their use cases have them, on both databases: lists, repeats, and two at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.errors import (
    EndpointNotFound,
    IdempotencyKeyReused,
    TooManyEndpoints,
    WriteConflict,
)
from orchestrator.outgoing.endpoints import CreateEndpoint, Endpoints
from orchestrator.outgoing.feed import Dispatcher
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.webhook_endpoints import note_failure
from tests.world import World, stand_in_url, world

__all__ = ["stand_in_url", "world"]

URL = CreateEndpoint("https://shop.example.com/hooks")


@pytest.fixture
def endpoints(world: World) -> Endpoints:
    """Give the test the use cases."""
    return world.runtime.endpoints


async def register(world: World, how_many: int = 1) -> list[str]:
    """Register endpoints; return their ids."""
    made = [await world.runtime.endpoints.create(URL, world.caller()) for _ in range(how_many)]
    return [result.endpoint["id"] for result in made]


async def tell(world: World, how_many: int = 1) -> list[str]:
    """Create payments and give their events places; return the events' ids."""
    payments = [await world.create() for _ in range(how_many)]
    await Dispatcher(world.runtime.database).run_once("w")
    return [f"evt_{payment.id.removeprefix('pay_')}_1" for payment in payments]


async def give_up(world: World, id: str) -> None:
    """Let an endpoint be gone, as its 410 would say."""
    write = world.runtime.database.write
    await write(lambda connection: note_failure(connection, id, world.clock(), gone=True))


def ids(rows: list[dict[str, Any]]) -> list[str]:
    """List ids."""
    return [row["id"] for row in rows]


async def test_endpoints_page_by_page(world: World, endpoints: Endpoints) -> None:
    """Newest first, down and up again; what was deleted is in no page and no cursor."""
    first, second, third = await register(world, 3)
    top = await endpoints.page(2, None, None)
    below = await endpoints.page(2, second, None)
    above = await endpoints.page(2, None, first)
    await endpoints.delete(second, world.caller())

    assert (ids(top.endpoints), top.has_more) == ([third, second], True)
    assert (ids(below.endpoints), below.has_more) == ([first], False)
    assert ids(above.endpoints) == [third, second]
    assert ids((await endpoints.page(9, None, None)).endpoints) == [third, first]
    with pytest.raises(EndpointNotFound):
        await endpoints.page(2, second, None)


async def test_deliveries_page_by_page(world: World, endpoints: Endpoints) -> None:
    """Newest first, down and up again, and of this endpoint alone."""
    mine, other = await register(world, 2)
    await tell(world, 3)
    top = await endpoints.deliveries(mine, 2, None, None)
    assert top is not None
    below = await endpoints.deliveries(mine, 2, ids(top.deliveries)[-1], None)
    assert below is not None
    above = await endpoints.deliveries(mine, 2, None, ids(below.deliveries)[0])

    assert (top.has_more, below.has_more) == (True, False)
    assert len({*ids(top.deliveries), *ids(below.deliveries)}) == 3
    assert above == top._replace(has_more=False)
    assert await endpoints.deliveries(other, 2, ids(top.deliveries)[0], None) is None


async def test_a_disabled_endpoint_is_enabled_once(world: World, endpoints: Endpoints) -> None:
    """A repeat of the same request does not put back what was given up since."""
    (id,) = await register(world)
    await give_up(world, id)
    first = await endpoints.enable(id, world.caller("enable"))
    await give_up(world, id)
    second = await endpoints.enable(id, world.caller("enable"))

    assert (first.endpoint["state"], first.replayed) == ("enabled", False)
    assert (second.endpoint["state"], second.replayed) == ("disabled", True)


async def test_twins_register_one_endpoint(world: World, endpoints: Endpoints) -> None:
    """The same request sent twice at once makes one endpoint, and tells both its secret."""
    callers = [world.caller("twin"), world.caller("twin")]
    made = await asyncio.gather(*(endpoints.create(URL, caller) for caller in callers))

    assert len({result.endpoint["id"] for result in made}) == 1
    assert len({result.secret for result in made}) == 1
    assert len((await endpoints.page(9, None, None)).endpoints) == 1


async def test_twins_replay_once(world: World, endpoints: Endpoints) -> None:
    """The same replay sent twice at once is one delivery beside the event's own."""
    (id,) = await register(world)
    (event,) = await tell(world)
    callers = [world.caller("twin"), world.caller("twin")]
    await asyncio.gather(*(endpoints.replay(event, id, caller) for caller in callers))
    page = await endpoints.deliveries(id, 9, None, None)

    assert page is not None
    assert len(page.deliveries) == 2


async def test_two_rotations_at_once(world: World, endpoints: Endpoints) -> None:
    """Of two rotations at the same moment each secret that is told is one that signs."""
    (id,) = await register(world)
    results = await asyncio.gather(
        *(endpoints.rotate(id, 60, world.caller()) for _ in range(2)), return_exceptions=True
    )
    told = {result.secret for result in results if not isinstance(result, BaseException)}
    endpoint = await endpoints.get(id)

    assert told <= {endpoint["secret"], endpoint["previous_secret"]}
    assert all(
        isinstance(result, WriteConflict) for result in results if isinstance(result, BaseException)
    )


async def test_a_key_is_for_one_request(world: World, endpoints: Endpoints) -> None:
    """A key that registered an endpoint rotates none."""
    made = await endpoints.create(URL, world.caller("key"))

    with pytest.raises(IdempotencyKeyReused):
        await endpoints.rotate(made.endpoint["id"], 60, world.caller("key"))


async def test_what_is_done_to_endpoints_is_on_record(world: World, endpoints: Endpoints) -> None:
    """Who registered, rotated, enabled and deleted is in the chain; what changed nothing is not."""
    caller = world.caller()
    made = await endpoints.create(replace(URL, url=f"{URL.url}/token?secret=1"), caller)
    id = made.endpoint["id"]
    await endpoints.rotate(id, 60, world.caller())
    await endpoints.enable(id, world.caller())
    await give_up(world, id)
    await endpoints.enable(id, world.caller("enable"))
    await endpoints.enable(id, world.caller("enable"))
    await endpoints.delete(id, world.caller())
    rows = (await world.runtime.database.read(read_actions, ListActions(subject=id))).actions[::-1]

    assert [row["action"] for row in rows] == [
        "webhook_endpoint_created",
        "webhook_secret_rotated",
        "webhook_endpoint_enabled",
        "webhook_endpoint_deleted",
    ]
    assert (rows[0]["actor_id"], rows[0]["request_id"]) == (caller.key_id, caller.request_id)
    assert rows[0]["details"]["host"] == "shop.example.com"
    assert "whsec_" not in str(rows)
    assert "token" not in str(rows)


async def test_a_replay_is_on_record_once(world: World, endpoints: Endpoints) -> None:
    """Who had an event sent once more is known, and where to; a repeat is no other."""
    (id,) = await register(world)
    (event,) = await tell(world)
    for _ in range(2):
        await endpoints.replay(event, id, world.caller("replay"))
    wanted = ListActions(action="event_replayed")
    (row,) = (await world.runtime.database.read(read_actions, wanted)).actions

    assert (row["subject_id"], row["details"]) == (event, {"webhook_endpoints": [id]})


async def test_what_is_not_recorded_is_not_done(
    world: World, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act and its record are one transaction: without the one there is not the other."""
    (id,) = await register(world)
    (event,) = await tell(world)

    def fail(*_: object) -> None:
        raise RuntimeError("the record is away")

    monkeypatch.setattr("orchestrator.store.webhook_endpoints.record_action", fail)
    monkeypatch.setattr("orchestrator.store.deliveries.record_action", fail)
    acts = [
        endpoints.create(URL, world.caller()),
        endpoints.rotate(id, 60, world.caller()),
        endpoints.delete(id, world.caller()),
        endpoints.replay(event, id, world.caller()),
    ]
    failed = [await asyncio.gather(act, return_exceptions=True) for act in acts]
    (left,) = (await endpoints.page(9, None, None)).endpoints
    page = await endpoints.deliveries(id, 9, None, None)

    assert [type(result) for (result,) in failed] == [RuntimeError] * 4
    assert (left["id"], left["state"], left["secret_version"]) == (id, "enabled", 1)
    assert page is not None
    assert len(page.deliveries) == 1


async def test_there_are_so_many_endpoints_at_the_most(
    world: World, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several at the same moment only as many are made as there is room for."""
    monkeypatch.setattr("orchestrator.store.webhook_endpoints.MOST_ENDPOINTS", 3)
    (first,) = await register(world)
    made = await asyncio.gather(
        *(endpoints.create(URL, world.caller()) for _ in range(5)), return_exceptions=True
    )
    refused = [type(result) for result in made if isinstance(result, BaseException)]
    await endpoints.delete(first, world.caller())
    await register(world)

    assert refused == [TooManyEndpoints] * 3
    assert len((await endpoints.page(9, None, None)).endpoints) == 3
