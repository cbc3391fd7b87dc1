"""Stores many payments at once: lives computed by the program itself, rows written in bulk.

Every row is what the program would have written. The databases' triggers follow a payment row by
row, so they are away while finished payments go in, and back afterwards.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from sqlalchemy import Connection, insert
from sqlalchemy.engine import make_url

from orchestrator.change import Change, Row
from orchestrator.store.connections import open_database
from orchestrator.store.rows import ALL_COLUMNS, row_of
from orchestrator.store.schema import attempts, evidence, payment_transitions, payments
from tests.stored_payments import START, Storyteller, new_payment

BATCH: Final = 2000
_TABLES: Final = (payments, evidence, payment_transitions, attempts)


class Paper:
    """A database of changes that nobody reads: what is written is kept as it is."""

    dialect = "sqlite"

    def __init__(self) -> None:
        """Begin with an empty sheet."""
        self.changes: list[Change] = []

    async def read(self, function: Any, *arguments: Any) -> Any:
        """Refuse: a life that is only told forwards reads nothing."""
        raise AssertionError("nothing is read back from paper")

    async def write(self, function: Any, *arguments: Any, one_statement: bool = False) -> Any:
        """Keep the change."""
        del function, one_statement
        self.changes.append(arguments[0])
        return 1

    async def close(self) -> None:
        """Do nothing: there is no connection."""


async def store_many(url: str, count: int, first: int = 0) -> None:
    """Store so many payments in the database at ``url``."""
    with _without_sqlite_triggers(url):
        database = open_database(url)
        for start in range(first, first + count, BATCH):
            rows = await lives(min(BATCH, first + count - start), start)
            await database.write(_insert_all, rows)
        await database.close()


async def lives(count: int, first: int = 0) -> dict[str, list[Row]]:
    """Tell the lives of ``count`` payments: half paid at once or after a decline, half not."""
    tell = Storyteller(Paper())
    kept: dict[str, list[Row]] = {table.name: [] for table in _TABLES}
    for number in range(first, first + count):
        tell.now, paper = START, Paper()
        tell.database = paper
        await _LIVES[number % len(_LIVES)](tell, number)
        _keep(kept, paper.changes)
    return kept


def many_id(number: int) -> str:
    """Name the payment of this number, as long as any id is."""
    return f"pay_{number:032x}"


async def _paid_at_once(tell: Storyteller, number: int) -> None:
    payment = await tell.created(new_payment(many_id(number)))
    await tell.paid(await tell.opened(payment, f"pm_{number}"))


async def _paid_after_a_decline(tell: Storyteller, number: int) -> None:
    payment = await tell.created(new_payment(many_id(number)))
    payment = await tell.declined(await tell.opened(payment, "pm_one"), "insufficient_funds")
    await tell.paid(await tell.opened(payment, "pm_two"))


async def _canceled(tell: Storyteller, number: int) -> None:
    payment = await tell.created(new_payment(many_id(number)))
    await tell.canceled(await tell.ending(payment))


async def _challenged(tell: Storyteller, number: int) -> None:
    payment = await tell.created(new_payment(many_id(number)))
    payment = await tell.declined(await tell.opened(payment, "pm_one"), "insufficient_funds")
    await tell.challenged(await tell.opened(payment, "pm_two"))


_LIVES: Final = (_paid_at_once, _paid_after_a_decline, _canceled, _challenged)


def _keep(kept: dict[str, list[Row]], changes: list[Change]) -> None:
    """Gather what a payment's changes leave in each table."""
    kept["payments"].append(row_of(changes[-1].after, ALL_COLUMNS))
    opened: dict[int, Row] = {}
    for change in changes:
        kept["payment_transitions"] += change.transitions
        kept["evidence"] += change.evidence
        opened |= {row["number"]: dict(row) for row in change.attempts_opened}
        for closed in change.attempts_closed:
            opened[closed["number"]] |= closed
    kept["attempts"] += opened.values()


def _insert_all(connection: Connection, rows: dict[str, list[Row]]) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    for table in _TABLES:
        connection.execute(insert(table), rows[table.name])


@contextmanager
def _without_sqlite_triggers(url: str) -> Iterator[None]:
    if make_url(url).get_backend_name() != "sqlite":
        yield
        return
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.commit()
        yield
        for _, definition in triggers:
            connection.execute(definition)
        connection.commit()
