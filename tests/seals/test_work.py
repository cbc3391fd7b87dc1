"""A worker seals when it is time to, a little at a time, and one worker of all."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.seals import sealing, work
from orchestrator.seals.work import SealWork
from orchestrator.store.connections import Database, open_database
from orchestrator.store.seals import read_seals
from tests.seals.test_seal import KEY
from tests.stored_payments import START, store_one_of_each

INTERVAL = timedelta(hours=1)


class Hands:
    """A driver's database and clock, and nothing of Stripe."""

    def __init__(self, database: Database) -> None:
        """Begin when all tests begin."""
        self.database = database
        self.now = START

    def clock(self) -> datetime:
        """Tell the time."""
        return self.now


@pytest.fixture
async def hands(sqlite_url: str) -> AsyncIterator[Hands]:
    """Open a database with payments of every kind."""
    database = open_database(sqlite_url)
    await store_one_of_each(database)
    yield Hands(database)
    await database.close()


def part_of(hands: Any) -> SealWork:
    """Make the worker's part."""
    return SealWork(hands, KEY, INTERVAL)


async def sealed(hands: Hands) -> list[int]:
    """Return how many payments each seal is over."""
    return [signed.seal.payments for signed, _ in await hands.database.read(read_seals)]


async def test_a_seal_is_made_when_it_is_time(hands: Hands) -> None:
    """The first seal is made at once, the next after the interval and not before."""
    part = part_of(hands)
    done = [await part.run_once("one"), await part.run_once("one")]
    hands.now += INTERVAL
    done.append(await part.run_once("one"))

    assert done == [1, 0, 1]
    assert await sealed(hands) == [5, 0]


async def test_one_worker_seals(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one worker is at it, another one leaves it alone."""
    monkeypatch.setattr(sealing, "PAGE", 2)
    monkeypatch.setattr(work, "ROUND_SECONDS", 0)
    one, other = part_of(hands), part_of(hands)
    begun = await one.run_once("one")
    left = await other.run_once("other")
    rounds = [await one.run_once("one"), await one.run_once("one")]

    assert (begun > 0, left) == (True, 0)
    assert rounds[-1] == 1
    assert await sealed(hands) == [5]


async def test_who_lost_the_turn_begins_anew(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was too slow for its lease leaves the seal to the one that has the turn."""
    monkeypatch.setattr(sealing, "PAGE", 2)
    monkeypatch.setattr(work, "ROUND_SECONDS", 0)
    slow, quick = part_of(hands), part_of(hands)
    await slow.run_once("slow")
    hands.now += sealing.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(work, "ROUND_SECONDS", 60)
    done = [await quick.run_once("quick"), await slow.run_once("slow")]

    assert done == [1, 0]
    assert await sealed(hands) == [5]


async def test_a_failure_lets_the_next_round_begin(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that fails keeps no turn: nobody waits for its lease to end."""

    async def fail(_: sealing.Sealing) -> bool:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(sealing.Sealing, "step", fail)
        with pytest.raises(ConnectionError):
            await part_of(hands).run_once("one")

    assert await part_of(hands).run_once("other") == 1
