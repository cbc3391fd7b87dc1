"""Changes are read back as they were written, by whichever way they were written."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select

from orchestrator.payment import Payment
from orchestrator.requests import card_row
from orchestrator.store.connections import Database, open_database
from orchestrator.store.payments import apply_change, load_payment
from orchestrator.store.schema import card_disablements, cards, metadata
from tests.store.lives import CARD, LATE, STORIES, Late, Rows, Story, all_rows, opened, unborn
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment, store_one_of_each


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_payment_is_read_as_it_was_written(
    database: Database, tell: Teller, story: Story
) -> None:
    """Whatever a change makes of a payment, the next reader finds exactly that."""
    written = await story(tell, unborn())

    assert await database.read(load_payment, written.id) == written


@pytest.mark.parametrize(
    "columns",
    [
        {"customer": None, "transaction_id": None, "item_ids": ()},
        {"description": "Été ☕ 'quoted' \"twice\" \\", "metadata": {"k é": "v\n\t☕"}},
        {"setup_future_usage": "off_session", "amount": 99_999_999, "currency": "jpy"},
        {"created_at": START.replace(microsecond=1), "max_attempts": 10},
    ],
    ids=["nothing optional", "any text", "large", "microseconds"],
)
async def test_facts_are_read_as_they_were_written(
    database: Database, tell: Teller, columns: dict[str, Any]
) -> None:
    """Every column holds every value that it may have."""
    written = await tell.created(unborn(**columns))

    assert await database.read(load_payment, written.id) == written


async def test_unknown_payment_is_null(database: Database) -> None:
    """An id that nothing is stored under reads as nothing."""
    assert await database.read(load_payment, "pay_nobody") is None


# ── what is there already ────────────────────────────────────────────────────────────────────


async def test_disabling_a_disabled_card_is_no_news(database: Database, tell: Teller) -> None:
    """The second decline that disables a card is settled, and the first disablement stands."""
    owner = uuid4().hex
    for _ in range(2):
        payment = await tell.declined(
            await tell.opened(await tell.created(unborn(owner=owner)), "pm_card"), "lost_card"
        )
        assert payment.state == "card_disabled"

    query = select(card_disablements.c.payment_method).where(card_disablements.c.owner == owner)
    stored = await database.read(lambda connection: connection.execute(query).all())
    assert len(stored) == 1


async def test_known_card_is_not_stored_again(database: Database, tell: Teller) -> None:
    """A card that the owner has used keeps the row it has."""
    payment = await opened(tell, unborn())
    other = await tell.created(unborn(owner=payment.owner))
    later = card_row(payment.owner, CARD, START.replace(year=2030))
    await tell.opened_with(other, "pm_card", cards=(later,))

    query = select(cards.c.seen_at).where(cards.c.owner == payment.owner)
    stored = await database.read(lambda connection: connection.execute(query).scalars().all())
    assert stored == [START]


# ── one statement, or many in order ──────────────────────────────────────────────────────────


class InOrder:
    """A PostgreSQL database whose writer sends a change's writes one by one."""

    dialect = "in order"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function that only reads."""
        return await self._database.read(function, *arguments)

    async def write(
        self, function: Callable[..., Any], *arguments: Any, one_statement: bool = False
    ) -> Any:
        """Run a function in one transaction."""
        del one_statement
        return await self._database.write(function, *arguments)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()


async def told(url: str) -> Rows:
    """Tell the same payments' lives into a database, and read every row."""
    database = open_database(url)
    try:
        await store_one_of_each(database)
        tell = Teller(database)
        for number, story in enumerate(STORIES):
            await story(tell, new_payment(f"pay_{number}", owner=f"owner_{number}"))
        return await database.read(all_rows)
    finally:
        await database.close()


async def test_both_databases_hold_the_same_rows(sqlite_url: str, postgresql_url: str) -> None:
    """One statement on PostgreSQL writes what many in order write on SQLite."""
    assert await told(postgresql_url) == await told(sqlite_url)


@pytest.mark.parametrize("late", [LATE["an attempt"], LATE["a success"]], ids=["open", "paid"])
async def test_one_statement_writes_what_many_do(postgresql_url: str, late: Late) -> None:
    """On PostgreSQL itself both ways to write a change leave the same rows."""
    database = open_database(postgresql_url)
    rows = []
    for writer in (database, InOrder(database)):
        tell = Teller(database)
        payment = await late.begin(tell, unborn())
        await apply_change(writer, late.make(tell, payment))
        rows.append(await database.read(rows_like, payment))
    await database.close()

    assert rows[0] == rows[1]


def rows_like(connection: Connection, payment: Payment) -> Rows:
    """Read a payment's rows, with what must differ between two payments taken out."""
    found: Rows = {}
    for name, table in metadata.tables.items():
        column = table.c.get("payment_id", table.c.get("id") if name == "payments" else None)
        if column is not None:
            rows = connection.execute(select(table).where(column == payment.id)).mappings()
            found[name] = [
                {key: _neutral(key, value, payment) for key, value in row.items()} for row in rows
            ]
    return found


def _neutral(key: str, value: Any, payment: Payment) -> str:
    if key.endswith("hash"):
        return "hash"
    return str(value).replace(payment.id.removeprefix("pay_"), "ID")
