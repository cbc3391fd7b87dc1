"""A seal is over every payment that no leaf shows as it is, and one process at a time makes one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from orchestrator.seals import sealing
from orchestrator.seals.seal import ChainHead, flaws, key_id_of, public_key_of
from orchestrator.seals.sealing import (
    LEASE,
    Sealing,
    SealingElsewhere,
    SealingRefused,
    make_seal,
)
from orchestrator.seals.tree import root_of
from orchestrator.store.connections import Database, open_database
from orchestrator.store.seals import add_seal, read_leaves, read_seals
from tests.seals.test_seal import KEY, TRUSTED
from tests.store.migrated import execute, on
from tests.stored_payments import START, Storyteller, store_one_of_each


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a migrated database of this test's own."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def one_kind(sqlite_url: str) -> AsyncIterator[Database]:
    """Open a SQLite database, where the kind makes no difference."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Begin when all tests begin."""
        self.now = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


async def sealed_in(database: Database, number: int) -> list[str]:
    """Return the payments that a seal is over, in the order of its tree."""
    return [placed.leaf.payment for placed in await database.read(read_leaves, number, -1, 100)]


async def test_a_seal_is_over_what_changed(database: Database) -> None:
    """The first seal is over every payment, the next over those that have moved since."""
    payments = await store_one_of_each(database)
    first = await make_seal(database, KEY, "one")
    empty = await make_seal(database, KEY, "one")
    await Storyteller(database).opened(payments["pay_e"], "pm_six")
    third = await make_seal(database, KEY, "one")

    assert [seal.seal.payments for seal in (first, empty, third)] == [5, 0, 1]
    assert await sealed_in(database, 1) == ["pay_a", "pay_b", "pay_c", "pay_d", "pay_e"]
    assert await sealed_in(database, 3) == ["pay_e"]


async def test_seals_are_stored_as_signed(database: Database) -> None:
    """What is read again is what was signed, over the leaves that are stored, and without flaw."""
    await store_one_of_each(database)
    made = [await make_seal(database, KEY, "one") for _ in range(2)]
    leaves = await database.read(read_leaves, 1, -1, 100)

    assert await database.read(read_seals) == [(seal, seal.seal.hash) for seal in made]
    assert made[0].seal.root == root_of(placed.leaf.entry() for placed in leaves).hex()
    assert [*flaws(made[0], None, TRUSTED), *flaws(made[1], made[0], TRUSTED)] == []


async def test_a_leaf_says_how_far_a_payment_had_come(one_kind: Database) -> None:
    """A leaf carries the heads of both chains and a hash for each attempt that is closed."""
    payments = await store_one_of_each(one_kind)
    await make_seal(one_kind, KEY, "one")
    leaves = {p.leaf.payment: p.leaf for p in await one_kind.read(read_leaves, 1, -1, 100)}

    for name, payment in payments.items():
        leaf = leaves[name]
        assert (leaf.version, leaf.last_hash) == (payment.version, payment.last_hash)
        assert (leaf.evidence_count, leaf.evidence_hash) == (
            payment.evidence_count,
            payment.evidence_hash,
        )
    assert {name: len(leaf.attempts) for name, leaf in leaves.items()} == {
        "pay_a": 2,
        "pay_b": 0,
        "pay_c": 1,
        "pay_d": 1,
        "pay_e": 0,
    }


async def test_pages_are_walked_to_the_end(
    one_kind: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages smaller than the table still meet every payment, and progress is told."""
    monkeypatch.setattr(sealing, "PAGE", 2)
    await store_one_of_each(one_kind)
    told: list[int] = []
    made = await make_seal(one_kind, KEY, "one", progress=told.append)

    assert (made.seal.payments, told) == (5, [2, 4])


async def test_one_process_at_a_time(database: Database) -> None:
    """While one process seals, another one is told so, and the seal has no hole."""
    await store_one_of_each(database)
    first = Sealing(database, KEY, "one")
    await first.begin()
    with pytest.raises(SealingElsewhere):
        await make_seal(database, KEY, "other")
    while await first.step():
        pass

    assert (await first.finish()).seal.payments == 5


async def test_two_of_one_name_do_not_share_a_turn(one_kind: Database) -> None:
    """Two containers of one host may have one name and process id; the second is told to wait."""
    first, second = (Sealing(one_kind, KEY, "host:1") for _ in range(2))

    assert [await first.begin(), await second.begin()] == [True, False]


async def test_who_died_is_followed(database: Database) -> None:
    """Once the lease is over another process begins anew, and who comes back late is refused."""
    await store_one_of_each(database)
    clock = Clock()
    late = Sealing(database, KEY, "late", clock=clock)
    await late.begin()
    await late.step()
    clock.now += LEASE + timedelta(seconds=1)
    other = Sealing(database, KEY, "other", clock=clock)
    assert await other.begin()
    await other.step()
    made = await other.finish()
    clock.now += timedelta(seconds=1)

    assert (made.seal.number, made.seal.payments) == (1, 5)
    with pytest.raises(SealingElsewhere):
        await late.finish()


async def test_a_seal_written_twice_is_one(one_kind: Database) -> None:
    """A process that lost the news of its commit finds its own seal."""
    made = await make_seal(one_kind, KEY, "one")
    await one_kind.write(add_seal, "one", made, None)

    assert len(await one_kind.read(read_seals)) == 1


async def test_a_failure_lets_others_seal(
    one_kind: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who fails in the middle gives the turn back at once."""
    await store_one_of_each(one_kind)

    def fail(*_: Any) -> Any:
        raise RuntimeError("no key any more")

    monkeypatch.setattr(sealing, "sign", fail)
    with pytest.raises(RuntimeError):
        await make_seal(one_kind, KEY, "one")
    monkeypatch.undo()

    assert (await make_seal(one_kind, KEY, "other")).seal.payments == 5


async def test_other_chains_are_sealed(one_kind: Database) -> None:
    """The heads of other chains stand in the seal; a chain without a row is left out."""

    def people(connection: Connection, count: int | None) -> ChainHead | None:
        del connection, count
        return ChainHead(3, "b" * 64)

    def nothing(connection: Connection, count: int | None) -> ChainHead | None:
        del connection, count
        return None

    chains = {"people": people, "nothing": nothing}
    made = await make_seal(one_kind, KEY, "one", chains=chains)
    read = (await one_kind.read(read_seals))[0][0]

    assert read.seal.other_chains == made.seal.other_chains == {"people": ChainHead(3, "b" * 64)}
    assert key_id_of(public_key_of(KEY)) == read.seal.key_id


async def test_a_clock_that_was_put_back_backdates_no_seal(one_kind: Database) -> None:
    """A host whose clock is behind seals with the time of the last seal, not before it."""
    clock, sealings = Clock(), []
    for back in (timedelta(), timedelta(hours=1)):
        clock.now -= back
        one = Sealing(one_kind, KEY, "one", clock=clock)
        await one.begin()
        sealings.append(await one.finish())

    assert sealings[1].seal.sealed_at == sealings[0].seal.sealed_at == START


def disarmed(url: str) -> list[str]:
    """Write the statements that disarm the rules of payments, and no others."""
    if url.startswith("postgresql"):
        return [
            "ALTER TABLE payments DISABLE TRIGGER USER",
            "ALTER TABLE payments DROP CONSTRAINT fk_payments_head",
        ]
    query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payments'")
    return [f"DROP TRIGGER {name}" for name in on(url, lambda c: c.execute(query).scalars().all())]


async def test_what_cannot_be_sealed_is_told(database: Database, database_url: str) -> None:
    """One payment whose heads are not its rows' stops the seal, in a sentence that says so."""
    await store_one_of_each(database)
    forge = "UPDATE payments SET last_hash = 'x' WHERE id = 'pay_a'"
    await asyncio.to_thread(execute, database_url, *disarmed(database_url), forge)

    with pytest.raises(SealingRefused, match="audit verify"):
        await make_seal(database, KEY, "one")
