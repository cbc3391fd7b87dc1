"""Publishing: places without gaps, each payment in order, a delivery for each endpoint."""

import asyncio
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, insert, select

from orchestrator.outgoing.event import EventKey
from orchestrator.store.connections import Database, open_database
from orchestrator.store.feed import ListEvents, last_position, read_events
from orchestrator.store.outbox import Published, count_waiting, publish
from orchestrator.store.schema import events, webhook_deliveries
from orchestrator.store.webhook_endpoints import insert_endpoint
from tests.store.seeds import registered, webhook_endpoint
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment


def feed(connection: Connection) -> list[Any]:
    """Read the whole feed."""
    return list(connection.execute(select(events).order_by(events.c.position)))


async def publish_all(database: Database, how_many: int = 1000) -> int:
    """Empty the outbox; return how many events got a place."""
    total = 0
    while (published := await database.write(publish, START, how_many)).events:
        total += published.events
    return total


async def pay(tell: Teller, name: str, owner: str = "shop") -> None:
    """Store a payment that succeeded at once: three history rows."""
    payment = await tell.created(new_payment(name, owner=owner, payment_intent=f"pi_{name}"))
    await tell.paid(await tell.opened(payment, "pm_one"))


async def test_places_have_no_gaps(database_url: str) -> None:
    """Every history row gets one place, counted from one, in the order in which it happened."""
    database = open_database(database_url)
    tell = Teller(database)
    for name in ("pay_b", "pay_a"):
        await pay(tell, name)
    await publish_all(database)
    rows = await database.read(feed)
    waiting = await database.read(count_waiting)
    await database.close()

    assert [row.position for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.type for row in rows if row.payment_id == "pay_b"] == [
        "payment.created",
        "payment.confirming",
        "payment.succeeded",
    ]
    assert waiting == (0, None)


async def test_small_batches_keep_each_payment_in_order(database_url: str) -> None:
    """However little is taken at once, a payment's events stand in the order of its history."""
    database = open_database(database_url)
    tell = Teller(database)
    for number in range(5):
        await pay(tell, f"pay_{number}")
    published = await publish_all(database, how_many=1)
    rows = await database.read(feed)
    await database.close()
    orders: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        orders[row.payment_id].append(row.sequence)

    assert published == 15
    assert set(map(tuple, orders.values())) == {(1, 2, 3)}


async def test_a_slow_clock_does_not_turn_a_payment_round(database_url: str) -> None:
    """A row whose writer's clock was behind still comes after the one before it."""
    database = open_database(database_url)
    tell = Teller(database)
    payment = await tell.created(new_payment("pay_a", created_at=START, updated_at=START))
    tell.now = START.replace(year=2020)
    await tell.opened(payment, "pm_one")
    await publish_all(database, how_many=1)
    rows = await database.read(feed)
    await database.close()

    assert [row.sequence for row in rows] == [1, 2]


async def test_two_at_once_give_each_place_once(postgresql_url: str) -> None:
    """Of many that publish at the same moment one has the turn, and no event is told twice."""
    database = open_database(postgresql_url)
    tell = Teller(database)
    for number in range(10):
        await pay(tell, f"pay_{number}")
    published = [
        result.events
        for _ in range(6)
        for result in await asyncio.gather(*(database.write(publish, START, 7) for _ in range(4)))
    ]
    rows = await database.read(feed)
    await database.close()

    assert sum(published) == 30
    assert [row.position for row in rows] == list(range(1, 31))


async def test_who_reads_on_misses_nothing_while_others_write(postgresql_url: str) -> None:
    """Beside writers and publishers of several processes, a cursor sees each event once."""
    processes = [open_database(postgresql_url) for _ in range(4)]
    writing = True

    async def write(number: int) -> None:
        tell = Teller(processes[number])
        for each in range(8):
            await pay(tell, f"pay_{number}x{each}")

    async def publish_on(database: Database) -> None:
        while writing or (await database.read(count_waiting)).rows:
            await database.write(publish, START, 3)

    async def read_on(database: Database) -> list[EventKey]:
        seen: list[EventKey] = []
        while publishing or len(seen) < (await database.read(last_position)):
            wanted = ListEvents(limit=5, starting_after=seen[-1] if seen else None)
            page = await database.read(read_events, wanted)
            assert page is not None
            rows = [event.transition for event in page.events]
            seen += [EventKey(row["payment_id"], row["sequence"]) for row in rows]
        return seen

    publishing = True
    readers = [asyncio.create_task(read_on(database)) for database in processes[:2]]
    publishers = [asyncio.create_task(publish_on(database)) for database in processes[1:]]
    await asyncio.gather(*(write(number) for number in range(len(processes))))
    writing = False
    await asyncio.gather(*publishers)
    publishing = False
    seen = await asyncio.gather(*readers)
    rows = await processes[0].read(feed)
    await asyncio.gather(*(database.close() for database in processes))
    placed = [EventKey(row.payment_id, row.sequence) for row in rows]

    assert len(placed) == len(set(placed)) == 4 * 8 * 3
    assert seen == [placed, placed]


async def test_each_endpoint_gets_what_it_asked_for(database_url: str) -> None:
    """An event is delivered to the enabled endpoints of its owner or of everybody, by type."""
    database = open_database(database_url)
    endpoints: dict[str, dict[str, Any]] = {
        "we_all": {},
        "we_shop": {"owner": "shop"},
        "we_paid": {"event_types": ["payment.succeeded"]},
        "we_off": {"state": "disabled", "disabled_reason": "gone"},
    }
    for name, columns in endpoints.items():
        row = webhook_endpoint(name) | columns
        await database.write(insert_endpoint, row, None, registered(name))
    tell = Teller(database)
    await pay(tell, "pay_a")
    await pay(tell, "pay_b", owner="other")
    published = await database.write(publish, START, 1000)
    deliveries = await database.read(
        lambda connection: connection.execute(
            select(webhook_deliveries.c.endpoint_id, webhook_deliveries.c.payment_id)
        ).all()
    )
    await database.close()

    assert published == Published(6, 11)
    assert (
        sorted(row.payment_id for row in deliveries if row.endpoint_id == "we_shop")
        == ["pay_a"] * 3
    )
    assert sum(row.endpoint_id == "we_paid" for row in deliveries) == 2
    assert not any(row.endpoint_id == "we_off" for row in deliveries)


async def test_a_failed_publish_leaves_the_outbox_full(database_url: str) -> None:
    """Places, deliveries and the emptied outbox are one transaction."""
    database = open_database(database_url)
    tell = Teller(database)
    await pay(tell, "pay_a")

    def break_off(connection: Connection) -> None:
        publish(connection, START, 1000)
        connection.execute(insert(events), {"position": 99, "payment_id": "x", "sequence": 1})

    failed = await asyncio.gather(database.write(break_off), return_exceptions=True)
    waiting = await database.read(count_waiting)
    rows = await database.read(feed)
    await database.close()

    assert isinstance(failed[0], Exception)
    assert waiting.rows == 3
    assert rows == []
