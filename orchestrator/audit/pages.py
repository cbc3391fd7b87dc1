"""Reads payments with all their rows, a page of ids at a time, each page in one snapshot.

So a deployment at work gives no false alarm, and memory stays flat however many payments there are.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, select, union

from orchestrator.audit.records import Row
from orchestrator.payment import Payment
from orchestrator.store.connections import Database
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import (
    attempts,
    evidence,
    payment_transitions,
    payments,
    seal_leaves,
)
from orchestrator.store.seals import PlacedLeaf, read_leaves_of
from orchestrator.store.snapshots import snapshot

PAGE: Final = 200
RowsByTable = Mapping[str, list[Row]]

# Each table of a payment's rows, and the column that orders them.
CHILDREN: Final = (
    (payment_transitions, "sequence"),
    (evidence, "sequence"),
    (attempts, "number"),
)


@dataclass(slots=True)
class Page:
    """Some payments and all their rows; ``lost`` are ids that only rows of other tables know."""

    ids: list[str]
    payments: dict[str, Payment]
    rows: dict[str, dict[str, list[Row]]]
    leaves: dict[str, list[PlacedLeaf]]


@dataclass(frozen=True, slots=True)
class Range:
    """Ids from the one after ``after`` up to ``until``; null is to the end."""

    after: str
    until: str | None


async def pages_of(
    database: Database, payment_id: str | None
) -> AsyncIterator[tuple[Payment, RowsByTable]]:
    """Read every payment, or one, with its rows by table; each page in one snapshot."""
    after = ""
    while True:
        ids = [payment_id] if payment_id else await database.read(next_ids, Range(after, None))
        if not ids:
            return
        page = await database.read(read_page, ids, 0)
        for each in ids:
            if each in page.payments:
                yield (
                    page.payments[each],
                    {name: rows.get(each, []) for name, rows in page.rows.items()},
                )
        if payment_id:
            return
        after = ids[-1]


def next_ids(connection: Connection, ids: Range) -> list[str]:
    """List the next ids that any table knows, so that a row without a payment is met too."""
    parts = [_ids_after(payments, "id", ids)]
    parts += [_ids_after(table, "payment_id", ids) for table, _ in CHILDREN]
    parts.append(_ids_after(seal_leaves, "payment_id", ids))
    found = union(*parts).subquery()
    query = select(found.c.id).order_by(found.c.id).limit(PAGE)
    return list(connection.execute(query).scalars())


def _ids_after(table: Table, column: str, ids: Range) -> Any:
    # Limited inside the union: each part stops after one page of its own index.
    part = select(table.c[column].label("id")).where(table.c[column] > ids.after)
    if ids.until is not None:
        part = part.where(table.c[column] <= ids.until)
    return select(part.distinct().order_by(table.c[column]).limit(PAGE).subquery().c.id)


def read_page(connection: Connection, ids: Sequence[str], last_seal: int) -> Page:
    with snapshot(connection):
        query = select(*payment_columns()).where(payments.c.id.in_(ids))
        found = [payment_from_row(row) for row in connection.execute(query)]
        rows = {table.name: _read_rows(connection, table, order, ids) for table, order in CHILDREN}
        leaves = read_leaves_of(connection, ids, last_seal)
    return Page(list(ids), {payment.id: payment for payment in found}, rows, leaves)


def _read_rows(
    connection: Connection, table: Table, order: str, ids: Sequence[str]
) -> dict[str, list[Row]]:
    query = (
        select(table)
        .where(table.c.payment_id.in_(ids))
        .order_by(table.c.payment_id, table.c[order])
    )
    grouped: dict[str, list[Row]] = defaultdict(list)
    # Plain names: the keys of a mapping are of a type of their own, which is slow to hash.
    names = [str(column.name) for column in table.c]
    for row in connection.execute(query):
        values = dict(zip(names, row, strict=True))
        grouped[values["payment_id"]].append(values)
    return grouped
