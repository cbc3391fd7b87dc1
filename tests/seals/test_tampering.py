"""On a sealed store of a thousand payments every class of tampering is found, and where it is."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.audit import AuditReport, verify_all, verify_one
from orchestrator.audit.kept import verify_against_file
from orchestrator.seals.files import SealFileBroken, seal_lines
from orchestrator.seals.seal import SignedSeal, key_id_of, public_key_of
from orchestrator.seals.sealing import make_seal
from orchestrator.store.connections import open_database
from tests.databases import fresh_database
from tests.many_payments import lives, store_many
from tests.postgres_server import PostgresServer
from tests.seals.attacks import ATTACKS, Attack, Loot, Place, rewrite
from tests.seals.test_seal import KEY, OTHER_KEY, TRUSTED
from tests.tampering import tamper

FIRST, SECOND = 700, 300
STORE = "a_thousand_sealed_payments"


@dataclass(frozen=True, slots=True)
class Store:
    """A database to be tampered with, what an attacker knows of it, and the kept seals."""

    url: str
    loot: Loot
    kept: list[Path]

    async def verify(self, *kept: Path) -> AuditReport:
        """Check everything, and hold it against seals kept elsewhere."""
        database = open_database(self.url)
        try:
            report = await verify_all(database, trusted=TRUSTED)
            for file in kept:
                await verify_against_file(database, file, TRUSTED, report)
            return report
        finally:
            await database.close()

    async def suffer(self, attack: Attack) -> None:
        """Have an attack carried out."""
        await tamper(self.url, *attack.statements)


async def _seal(url: str, folder: Path) -> list[SignedSeal]:
    """Store a thousand payments with a seal after the first part and one after the second."""
    seals = []
    for count, first in ((FIRST, 0), (SECOND, FIRST)):
        await store_many(url, count, first)
        database = open_database(url)
        seals.append(await make_seal(database, KEY, "one"))
        with (folder / f"{seals[-1].seal.number}.jsonl").open("wb") as file:
            async for line in seal_lines(database, seals[-1]):
                file.write(line)
        await database.close()
    return seals


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder elsewhere, for seals to be kept in."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def sealed_file(sqlite_template: Path, kept: Path) -> tuple[Path, Loot]:
    """Store and seal a thousand payments in SQLite, once for all tests."""
    folder = kept / "sqlite"
    folder.mkdir()
    file = shutil.copyfile(sqlite_template, folder / "sealed.db")
    seals = asyncio.run(_seal(f"sqlite:///{file}", folder))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file, Loot(asyncio.run(lives(FIRST + SECOND)), seals)


@pytest.fixture
def sqlite_store(sealed_file: tuple[Path, Loot], tmp_path: Path) -> Store:
    """Give a test a copy of the SQLite store."""
    file, loot = sealed_file
    copy = shutil.copyfile(file, tmp_path / "sealed.db")
    return Store(f"sqlite:///{copy}", loot, sorted(file.parent.glob("*.jsonl")))


@pytest.fixture(scope="module")
def sealed_template(
    postgres_server: PostgresServer, postgres_template: str, kept: Path
) -> Iterator[tuple[Path, Loot]]:
    """Store and seal a thousand payments in PostgreSQL, once for all tests."""
    folder = kept / "postgresql"
    folder.mkdir()
    postgres_server.create_database(STORE, postgres_template)
    seals = asyncio.run(_seal(postgres_server.url(STORE), folder))
    yield folder, Loot(asyncio.run(lives(FIRST + SECOND)), seals)
    postgres_server.drop_database(STORE)


@pytest.fixture
def postgresql_store(
    postgres_server: PostgresServer, sealed_template: tuple[Path, Loot]
) -> Iterator[Store]:
    """Give a test a copy of the PostgreSQL store."""
    folder, loot = sealed_template
    with fresh_database(postgres_server, STORE) as url:
        yield Store(url, loot, sorted(folder.glob("*.jsonl")))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def store(request: pytest.FixtureRequest) -> Store:
    """Give a test a copy of the store, on each kind of database."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


def places_of(report: AuditReport) -> set[Place]:
    """Return where problems were found."""
    return {Place(each.payment, each.table, each.sequence) for each in report.problems}


async def test_a_clean_store_gives_no_alarm(store: Store) -> None:
    """A thousand untouched payments hold, against both seals and against both kept files."""
    report = await store.verify(*store.kept)

    assert [str(problem) for problem in report.problems] == []
    assert (report.payments, report.seals, report.leaves) == (1000, 2, 2000)


@pytest.mark.parametrize("name", ATTACKS)
async def test_tampering_is_found_where_it_is(store: Store, name: str) -> None:
    """Each class of tampering is found at its payment and row, and nobody else is accused."""
    chance = random.Random(f"{name} 2026")  # noqa: S311, RUF100  the same victims each time
    attack = ATTACKS[name](store.loot, chance)
    await store.suffer(attack)
    found = places_of(await store.verify())
    accused = {place.payment for place in found}
    victims = {place.payment for place in attack.expected}

    assert attack.expected - found == set()
    assert accused <= victims | touched_by(attack, store.loot)


def touched_by(attack: Attack, loot: Loot) -> set[str]:
    """Return the payments that an attack's statements name."""
    told = " ".join(attack.statements)
    return {payment for payment in loot.payments if f"'{payment}'" in told}


async def test_a_rewritten_chain_is_found_by_its_seal_alone(store: Store) -> None:
    """With all hashes computed anew only the seals' leaves contradict, each at its last row."""
    attack = rewrite(store.loot, random.Random(7))  # noqa: S311, RUF100  no secret
    await store.suffer(attack)
    report = await store.verify()

    assert places_of(report) == attack.expected
    assert {problem.rule for problem in report.problems} == {"sealed"}


async def test_a_payment_that_is_gone_is_named_by_a_kept_seal(sqlite_store: Store) -> None:
    """With the leaves removed as well, a seal kept elsewhere names the payment that is gone."""
    attack = ATTACKS["removal with the leaves"](sqlite_store.loot, random.Random(8))  # noqa: S311, RUF100  no secret
    await sqlite_store.suffer(attack)
    (victim,) = touched_by(attack, sqlite_store.loot)
    found = places_of(await sqlite_store.verify(*sqlite_store.kept))

    assert found == attack.expected | {Place(victim, "payments", None)}


async def test_removed_seals_are_found_by_a_kept_one(sqlite_store: Store) -> None:
    """Where the newest seal was removed with its leaves, the one kept elsewhere says so."""
    await tamper(
        sqlite_store.url,
        "DELETE FROM seals WHERE number = 2",
        "DELETE FROM seal_leaves WHERE seal = 2",
    )

    assert (await sqlite_store.verify()).holds
    report = await sqlite_store.verify(*sqlite_store.kept)
    assert [(str(p.table), p.sequence, p.rule) for p in report.problems] == [
        ("seals", 2, "kept_seal")
    ]


async def test_a_first_seal_that_was_removed_is_found(sqlite_store: Store) -> None:
    """A seal that was removed from before others leaves a gap."""
    await tamper(sqlite_store.url, "DELETE FROM seals WHERE number = 1")
    report = await sqlite_store.verify()

    assert [(p.table, p.sequence, p.rule) for p in report.problems] == [
        ("seals", 2, "number_without_gaps")
    ]


async def test_all_sealed_anew_is_found_by_a_kept_seal(sqlite_store: Store) -> None:
    """Seals that were made anew with another key are found by the key, and by a kept one."""
    await tamper(sqlite_store.url, "DELETE FROM seals", "DELETE FROM seal_leaves")
    database = open_database(sqlite_store.url)
    await make_seal(database, OTHER_KEY, "attacker")
    await database.close()
    report = await sqlite_store.verify(sqlite_store.kept[0])

    assert [(p.sequence, p.rule) for p in report.problems] == [
        (1, "key_trusted"),
        (1, "kept_seal"),
    ]


async def test_a_kept_file_has_to_be_whole(sqlite_store: Store, tmp_path: Path) -> None:
    """A kept file that was changed, or that another key signed, is no evidence at all."""
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(sqlite_store.kept[0].read_bytes()[:-1])
    with pytest.raises(SealFileBroken, match="as it was written"):
        await sqlite_store.verify(cut)
    database = open_database(sqlite_store.url)
    others = {key_id_of(public_key_of(OTHER_KEY)): public_key_of(OTHER_KEY)}
    with pytest.raises(SealFileBroken, match="proves nothing"):
        await verify_against_file(database, sqlite_store.kept[0], others, AuditReport())
    await database.close()


async def test_one_payment_is_checked_with_its_seals(sqlite_store: Store) -> None:
    """Asked about one payment, the audit holds it against its leaf and that leaf's root."""
    victim = sqlite_store.loot.victim(random.Random(9), 5)  # noqa: S311, RUF100  no secret
    database = open_database(sqlite_store.url)
    before = await verify_one(database, victim, trusted=TRUSTED)
    await tamper(
        sqlite_store.url,
        f"UPDATE seal_leaves SET last_hash = '{'f' * 64}' WHERE payment_id = '{victim}'",
    )
    after = await verify_one(database, victim, trusted=TRUSTED)
    await database.close()

    assert before is not None
    assert before.holds
    assert after is not None
    assert {problem.rule for problem in after.problems} == {"sealed", "root"}


async def test_columns_nobody_wrote_are_named(sqlite_store: Store) -> None:
    """A seal or a leaf that cannot be read is a problem like any other, not the end."""
    await tamper(
        sqlite_store.url,
        "UPDATE seals SET other_chains = '[1]'",
        "UPDATE seal_leaves SET attempts = '7' WHERE position = 3 AND seal = 1",
    )
    rules = {problem.rule for problem in (await sqlite_store.verify()).problems}

    assert rules == {"readable"}


def test_the_victims_are_a_thousand(sealed_file: tuple[Path, Loot]) -> None:
    """The store is of the size that is claimed, and its rows are those that are told."""
    with closing(sqlite3.connect(sealed_file[0])) as connection:
        (count,) = connection.execute("SELECT count(*) FROM payments").fetchone()

    assert count == len(sealed_file[1].payments) == 1000
