"""Reading the feed as its use cases do: pages, single events, places, and what came after one."""

from __future__ import annotations

import pytest

from orchestrator.errors import EventNotFound
from orchestrator.outgoing.event import EventKey, event_id
from orchestrator.payment import Payment
from orchestrator.requests import CreatePayment
from orchestrator.store.feed import ListEvents
from tests.world import World, stand_in_url, world

__all__ = ["stand_in_url", "world"]


async def told(world: World, owner: str = "shop", how_many: int = 1) -> list[Payment]:
    """Create payments of an owner, and let a worker tell of them."""
    order = CreatePayment(amount=1000, currency="usd")
    made = [
        (await world.payments.create(order, world.caller(owner=owner))).payment
        for _ in range(how_many)
    ]
    await world.work()
    return made


async def test_a_page_of_each_owner(world: World) -> None:
    """An owner's page has the owner's events; nobody's owner reads them all."""
    (mine,) = await told(world)
    (theirs,) = await told(world, "other")
    feed = world.runtime.feed
    pages = [await feed.page(ListEvents(owner=owner)) for owner in ("shop", "other", None)]

    assert [[event.payment.id for event in page.events] for page in pages] == [
        [mine.id],
        [theirs.id],
        [mine.id, theirs.id],
    ]


async def test_a_page_that_adjoins_anothers_event(world: World) -> None:
    """Another owner's event is no cursor, whichever way the page should go."""
    (theirs,) = await told(world, "other")
    key = EventKey(theirs.id, 1)

    for wanted in (
        ListEvents(owner="shop", starting_after=key),
        ListEvents(owner="shop", ending_before=key),
    ):
        with pytest.raises(EventNotFound):
            await world.runtime.feed.page(wanted)


async def test_one_event(world: World) -> None:
    """An event is got by its id, by its owner and by who reads everybody's."""
    (mine,) = await told(world)
    id = event_id(mine.id, 1)
    found = [await world.runtime.feed.get(id, owner) for owner in ("shop", None)]

    assert [event.transition["payment_id"] for event in found] == [mine.id, mine.id]


@pytest.mark.parametrize("id", ["evt_nobodys_1", "evt_", "17", ""])
async def test_no_such_event(world: World, id: str) -> None:
    """What is no event's id, or nobody's, is not found."""
    with pytest.raises(EventNotFound):
        await world.runtime.feed.get(id, None)


async def test_another_owners_event(world: World) -> None:
    """Another owner's event is not found, and has no place to go on from."""
    (theirs,) = await told(world, "other")

    with pytest.raises(EventNotFound):
        await world.runtime.feed.get(event_id(theirs.id, 1), "shop")
    with pytest.raises(EventNotFound):
        await world.runtime.feed.place(EventKey(theirs.id, 1), "shop")


async def test_a_place_is_where_an_event_stands(world: World) -> None:
    """Places are counted from one; without an event it is the last one."""
    _, second, _ = await told(world, how_many=3)
    feed = world.runtime.feed

    assert await feed.place(EventKey(second.id, 1), "shop") == 2
    assert (await feed.place(None, "shop"), await feed.last()) == (3, 3)


async def test_an_empty_feed_has_no_place(world: World) -> None:
    """Before anything happened the last place is nought."""
    assert await world.runtime.feed.place(None, None) == 0


async def test_what_came_after_a_place(world: World) -> None:
    """After a place stands what came later, as much as is wanted, filtered as a page is."""
    made = await told(world, how_many=3)
    await told(world, "other")
    feed = world.runtime.feed

    async def after(place: int, **wanted: object) -> list[str]:
        events = await feed.after(ListEvents(**wanted), place)  # type: ignore[arg-type]  # its fields
        return [event.payment.id for event in events]

    assert await after(1, owner="shop") == [made[1].id, made[2].id]
    assert await after(0, owner="shop", limit=1) == [made[0].id]
    assert await after(0, payment=made[2].id) == [made[2].id]
    assert await after(4) == []
