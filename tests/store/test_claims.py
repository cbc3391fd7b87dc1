"""Due payments are claimed by one worker at a time, and come up again when it is gone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.store.claims import claim_due, count_due, find_open_attempt
from orchestrator.store.connections import Database, open_database
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment

LEASE = timedelta(seconds=30)
LATER = START + timedelta(days=2)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a migrated database of this test's own."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def store(database: Database, how_many: int) -> list[str]:
    """Store payments a second apart, the last one due first; return them as they come due."""
    tell = Teller(database)
    for number in range(how_many):
        due = START + timedelta(seconds=how_many - 1 - number)
        await tell.created(new_payment(f"pay_{number:02}", due_at=due))
    return [f"pay_{number:02}" for number in reversed(range(how_many))]


async def claim(
    database: Database, worker: str, now: datetime = LATER, how_many: int = 20
) -> list[str]:
    """Claim for a worker, and return the ids, the last one first."""
    claimed = await database.write(
        claim_due, worker, now, now + LEASE, how_many, one_statement=True
    )
    return sorted(claimed, reverse=True)


async def test_due_payments_are_claimed_once(database: Database) -> None:
    """What one worker holds, no other gets."""
    stored = await store(database, 3)

    assert await claim(database, "one") == stored
    assert await claim(database, "two") == []


async def test_claims_stop_at_what_was_asked(database: Database) -> None:
    """A worker gets as many as it asked for, those first that have been due longest."""
    stored = await store(database, 5)

    assert await claim(database, "one", how_many=2) == stored[:2]
    assert await claim(database, "two", how_many=2) == stored[2:4]


async def test_claim_made_again_is_the_same_claim(database: Database) -> None:
    """A worker whose claim was committed, and the news of it lost, gets the same once more."""
    stored = await store(database, 3)
    first = await claim(database, "one", how_many=2)

    assert await claim(database, "one", how_many=2) == first == stored[:2]


async def test_workers_at_once_share_without_overlap(database: Database) -> None:
    """Workers that claim at the same moment get different payments, and leave none behind."""
    stored = await store(database, 24)
    claimed: list[str] = []
    for turn in range(4):
        now = LATER + timedelta(microseconds=turn)
        workers = (claim(database, f"worker {number}", now, how_many=4) for number in range(4))
        for found in await asyncio.gather(*workers):
            claimed += found

    assert sorted(claimed, reverse=True) == stored


async def test_claim_does_not_wait_for_another(postgresql_url: str) -> None:
    """While one worker's claim is not committed, another takes what is left and goes on."""
    database = open_database(postgresql_url)
    stored = await store(database, 3)
    engine = create_async_engine(postgresql_url, poolclass=NullPool)
    async with engine.begin() as connection:
        first = await connection.run_sync(claim_due, "one", LATER, LATER + LEASE, 2)
        second = await asyncio.wait_for(claim(database, "two"), 10)
    await database.close()

    assert sorted(first, reverse=True) == stored[:2]
    assert second == stored[2:]


async def test_payment_not_due_is_left(database: Database) -> None:
    """A payment is claimed from its due moment on, not before."""
    stored = await store(database, 2)

    assert await claim(database, "early", START - timedelta(microseconds=1)) == []
    assert await claim(database, "in time", START) == stored[:1]


async def test_handled_payment_is_left(database: Database) -> None:
    """Nothing more is due of a payment that is handled."""
    tell = Teller(database)
    payment = await tell.opened(await tell.created(new_payment()), "pm_one")
    await tell.paid(payment)

    assert await claim(database, "one") == []


async def test_lease_ends(database: Database) -> None:
    """What a worker did not finish comes up again when its lease has ended, and not before."""
    stored = await store(database, 1)
    await claim(database, "gone", LATER)

    assert await claim(database, "next", LATER + LEASE) == []
    assert await claim(database, "next", LATER + LEASE + timedelta(microseconds=1)) == stored


async def test_change_releases_the_lease(database: Database) -> None:
    """Who moves a payment on gives it back; it is due when the change says."""
    payment = await Teller(database).created(new_payment(due_at=START))
    await claim(database, "one")
    ending = await Teller(database).ending(payment)

    assert ending.due_at is not None
    assert await claim(database, "two", ending.due_at) == [payment.id]


async def test_claim_changes_no_revision(database: Database) -> None:
    """Whoever read a payment before it was claimed may still write."""
    payment = await Teller(database).created(new_payment(due_at=START))
    await claim(database, "one")

    ended = await Teller(database).ending(payment)

    assert ended.revision == payment.revision + 1


async def test_backlog_is_counted(database: Database) -> None:
    """What is due counts, claimed or not."""
    await store(database, 3)
    await claim(database, "one", how_many=1)

    assert await database.read(count_due, START + timedelta(seconds=1)) == 2


async def test_open_attempt_can_be_sent_again(database: Database) -> None:
    """Any worker finds the request of an open attempt as it was sent, until it is closed."""
    tell = Teller(database)
    payment = await tell.opened(await tell.created(new_payment()), "pm_one")
    attempt = await database.read(find_open_attempt, payment.id)
    await tell.declined(payment, "insufficient_funds")

    assert attempt is not None
    assert attempt.parameters == {"payment_method": "pm_one"}
    assert (attempt.stripe_key, attempt.number) == ("pay_a:confirm:1", 1)
    assert await database.read(find_open_attempt, payment.id) is None
