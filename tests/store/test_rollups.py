"""The counts are what counting the history again gives, whoever counted and whatever got lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from orchestrator.rollups import Counting
from orchestrator.store.connections import Database, open_database
from orchestrator.store.outbox import publish
from orchestrator.store.rollups import (
    EVER_BEGAN,
    Kind,
    Place,
    Span,
    count_on,
    read_counted,
    read_points,
    read_standing,
)
from orchestrator.store.schema import payment_transitions, payments, rollups
from tests.stored_payments import START, Storyteller, new_payment, store_one_of_each

FAR = START + timedelta(days=300)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a database with payments in every state, all of them told."""
    opened = open_database(database_url)
    await store_one_of_each(opened)
    await opened.write(publish, START, 1000)
    yield opened
    await opened.close()


def recount(connection: Connection) -> dict[Place, int]:
    """Count the whole history anew, by other means than the program."""
    found: Counter[Place] = Counter()
    for row in connection.execute(select(payment_transitions)).mappings():
        at = row["occurred_at"]
        named = [("entered", row["target"]), ("left", row["source"])]
        named.append(("decline", row["decline_code"] or row["code"]))
        if row["source"] == "confirming" and (row["attempt"] or 0) >= 2:
            named.append(("retry", row["target"]))
        hour = at - timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
        day = hour - timedelta(hours=at.hour)
        for kind, name in named:
            if name is not None:
                found[Place("hour", kind, hour, name)] += 1
                found[Place("day", kind, day, name)] += 1
                found[Place("ever", kind, EVER_BEGAN, name)] += 1
    return dict(found)


def counts(connection: Connection) -> dict[Place, int]:
    """Read every count."""
    names = (*Place._fields, "how_many")
    rows = connection.execute(select(*(rollups.c[name] for name in names)))
    return {Place(*row[:-1]): row[-1] for row in rows}


async def agree(database: Database) -> bool:
    """Tell whether the counts are what counting again gives."""
    return await database.read(counts) == await database.read(recount)


async def finish(database: Database, batch: int = 3) -> None:
    """Count until everything is counted."""
    while await database.write(count_on, batch):
        pass


@pytest.mark.parametrize("batch", [1, 3, 1000])
async def test_counts_are_those_of_the_history(database: Database, batch: int) -> None:
    """Whatever the size of a batch, each row is counted once."""
    await finish(database, batch)
    where = await database.read(read_counted)

    assert await agree(database)
    assert where.position == where.last


async def test_everything_is_counted(database: Database) -> None:
    """States, codes and what became of retries are counted, in each span."""
    await finish(database)
    found = {(place.span, place.kind, place.name) for place in await database.read(counts)}

    for span in Span:
        assert {
            (span, "entered", "succeeded"),
            (span, "left", "confirming"),
            (span, "decline", "insufficient_funds"),
            (span, "retry", "succeeded"),
        } <= found


async def test_standing_is_what_is_stored(database: Database) -> None:
    """How many payments stand in each state is told without counting them."""
    await finish(database)
    stored = await database.read(
        lambda connection: Counter(connection.execute(select(payments.c.state)).scalars())
    )

    assert await database.read(read_standing) == {"failed": 0, **stored, "requires_new_card": 0}


async def test_what_comes_late_is_counted_when_it_happened(database: Database) -> None:
    """A row of an earlier hour that is told later stands in the earlier hour."""
    await finish(database)
    tell = Storyteller(database)
    tell.now = START - timedelta(days=2)
    await tell.opened(await tell.created(new_payment("pay_late", created_at=tell.now)), "pm_late")
    await database.write(publish, START, 1000)
    await finish(database)
    days = await database.read(read_points, Span.day, Kind.entered, EVER_BEGAN)

    assert await agree(database)
    assert days[0].began_at.date() == (START - timedelta(days=2)).date()


async def test_what_is_far_between_is_counted(database: Database) -> None:
    """A batch whose rows are each of another hour is counted as any other."""
    tell = Storyteller(database)
    for number in range(120):
        tell.now = START + timedelta(hours=3 * number)
        payment = new_payment(f"pay_far_{number}", created_at=tell.now, expires_at=FAR, due_at=FAR)
        await tell.declined(await tell.opened(await tell.created(payment), "pm_x"), "lost_card")
    while (await database.write(publish, START, 200)).events:
        pass
    await finish(database, 1000)

    assert await agree(database)


def count_and_die(connection: Connection, how_many: int) -> int:
    """Count, and lose the database before the transaction ends."""
    count_on(connection, how_many)
    raise ConnectionResetError


async def test_a_worker_that_dies_has_counted_nothing(database: Database) -> None:
    """Counts and place are one transaction: what is lost is counted again, once."""
    await database.write(count_on, 3)
    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            await database.write(count_and_die, 3)
    await finish(database)

    assert await agree(database)


async def test_two_workers_count_once(database: Database, database_url: str) -> None:
    """However many count at once, each event is counted by one."""
    second = open_database(database_url)
    parts = [Counting(database), Counting(second)]
    counted = [
        sum(await asyncio.gather(*(part.run_once("worker") for part in parts * 4)))
        for _ in range(2)
    ]
    await finish(second)
    await second.close()
    where = await database.read(read_counted)

    assert await agree(database)
    assert sum(counted) == where.last
