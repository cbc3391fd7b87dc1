"""Reads handled payments with every row that is theirs, a page at a time, for an archive.

A table belongs to a payment when it has a ``payment_id``: a new one is archived without being named
here. Changes nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, func, select

from orchestrator.states import TERMINAL_STATES
from orchestrator.store.schema import metadata, payments
from orchestrator.store.snapshots import snapshot

PAGE: Final = 100
Row = dict[str, Any]
Rows = dict[str, list[Row]]

# A leaf belongs to its seal, which is kept elsewhere; it says of a payment what its own rows say.
_OF_SEALS: Final = frozenset({"seal_leaves"})

# Each with the columns that order a payment's rows in it, always the same way.
CHILDREN: Final[tuple[tuple[Table, tuple[Any, ...]], ...]] = tuple(
    (table, tuple(table.primary_key.columns))
    for table in metadata.sorted_tables
    if "payment_id" in table.c and table.name not in _OF_SEALS
)


def count_handled(connection: Connection, before: datetime) -> int:
    """Count the payments that have been handled and untouched since before a moment."""
    query = select(func.count()).select_from(payments).where(*_is_handled(before))
    return connection.execute(query).scalar_one()


def read_handled(connection: Connection, before: datetime, after: str) -> list[tuple[str, Rows]]:
    """Read the next such payments in the order of their ids, each with its rows by table.

    A page is one moment of the database. A table without a row of the payment's is left out.
    """
    with snapshot(connection):
        query = (
            select(payments)
            .where(payments.c.id > after, *_is_handled(before))
            .order_by(payments.c.id)
            .limit(PAGE)
        )
        own = [_row(each) for each in connection.execute(query).mappings()]
        rows = _rows_of(connection, [row["id"] for row in own])
    return [(row["id"], {str(payments.name): [row], **rows[row["id"]]}) for row in own]


def _is_handled(before: datetime) -> tuple[Any, ...]:
    return payments.c.state.in_(sorted(TERMINAL_STATES)), payments.c.updated_at < before


def _rows_of(connection: Connection, ids: Sequence[str]) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(lambda: defaultdict(list))
    for table, order in CHILDREN:
        query = select(table).where(table.c.payment_id.in_(ids)).order_by(*order)
        for row in connection.execute(query).mappings():
            found[row["payment_id"]][str(table.name)].append(_row(row))
    return found


def _row(mapping: RowMapping) -> Row:
    # Its keys are of a type of their own, which no JSON writer takes.
    return {str(name): value for name, value in mapping.items()}
