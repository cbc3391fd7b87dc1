"""The statements that write a ``Change``: each by itself, and all of a change's as one.

A statement's parameters are named by a prefix and the column, so that several rows of one table
fit into one statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Insert,
    Table,
    Update,
    bindparam,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from orchestrator.change import Change
from orchestrator.store.one_row import OneRow
from orchestrator.store.rows import ALL_COLUMNS, CHANGING_COLUMNS, row_of
from orchestrator.store.schema import (
    anomalies,
    attempts,
    card_disablements,
    card_outcomes,
    cards,
    evidence,
    idempotency_keys,
    payment_transitions,
    payments,
)


class Shape(NamedTuple):
    """How many rows of each table a change writes; one statement is built for each shape."""

    creates: bool
    transitions: int
    evidence: int
    attempts_opened: int
    attempts_closed: int
    disablements: int
    anomalies: int
    card_outcomes: int
    cards: int
    idempotency: int


APPENDED: tuple[tuple[str, Table], ...] = (
    ("evidence", evidence),
    ("transitions", payment_transitions),
    ("attempts_opened", attempts),
    ("idempotency", idempotency_keys),
    ("card_outcomes", card_outcomes),
)


# What only people fill in: who disabled or enabled a card by hand, and a key's other uses.
_NOT_OF_A_PAYMENT = {
    *(
        ("card_disablements", column.name)
        for column in card_disablements.c
        if column.name.startswith(("enabled_", "actor_")) or column.name == "request_id"
    ),
    ("idempotency_keys", "resource"),
}


def shape_of(change: Change) -> Shape:
    """Count what a change writes, table by table."""
    return Shape(
        change.before is None,
        len(change.transitions),
        len(change.evidence),
        len(change.attempts_opened),
        len(change.attempts_closed),
        len(change.disablements),
        len(change.anomalies),
        len(change.card_outcomes),
        len(change.cards),
        len(change.idempotency),
    )


def _parameters_of(change: Change) -> dict[str, Any]:
    columns = ALL_COLUMNS if change.before is None else CHANGING_COLUMNS
    parameters = _named("p_", row_of(change.after, columns))
    if change.before is not None:
        parameters["b_id"] = change.before.id
        parameters["b_revision"] = change.before.revision
    unless_known = ("attempts_closed", "disablements", "cards", "anomalies")
    lists = (*(name for name, _ in APPENDED), *unless_known)
    for name in lists:
        for index, row in enumerate(getattr(change, name)):
            parameters.update(_named(f"{name}{index}_", row))
    return parameters


def _named(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row's values under the names that its parameters have in a statement."""
    return dict(zip(_names(prefix, tuple(row)), row.values(), strict=True))


@cache
def _names(prefix: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix + column for column in columns)


@cache
def statement_of(shape: Shape) -> OneRow[int]:
    """Build, once, the statement for changes of this shape; it counts the payments it wrote."""
    head = _head(shape.creates)
    parts: list[Any] = []
    for name, table in APPENDED:
        for index in range(getattr(shape, name)):
            parts.append(_insert_beside(table, f"{name}{index}_", head))
    for index in range(shape.attempts_closed):
        parts.append(close_attempt(f"attempts_closed{index}_").where(select(head.c.id).exists()))
    for index in range(shape.disablements):
        parts.append(disable_card(f"disablements{index}_", head))
    for index in range(shape.cards):
        parts.append(keep_card(f"cards{index}_", head))
    for index in range(shape.anomalies):
        parts.append(note_anomaly(f"anomalies{index}_", head))
    ctes = [part.cte(f"part{number}") for number, part in enumerate(parts)]
    statement = select(func.count()).select_from(head).add_cte(*ctes)
    return OneRow(statement, _parameters_of, _count)


def _count(row: Sequence[Any] | None) -> int:
    assert row is not None, "an aggregate has a row"
    written: int = row[0]
    return written


def _head(creates: bool) -> Any:
    if creates:
        values = {name: bindparam(f"p_{name}", type_=payments.c[name].type) for name in ALL_COLUMNS}
        return insert(payments).values(values).returning(payments.c.id).cte("head")
    return update_payment(CHANGING_COLUMNS).returning(payments.c.id).cte("head")


def update_payment(columns: tuple[str, ...]) -> Update:
    """Update a payment at the revision that was read, and let go of its lease."""
    values: dict[str, Any] = {
        name: bindparam(f"p_{name}", type_=payments.c[name].type) for name in columns
    }
    return (
        update(payments)
        .where(payments.c.id == bindparam("b_id"), payments.c.revision == bindparam("b_revision"))
        .values(**values, lease_until=null(), lease_owner=null())
    )


def _insert_beside(table: Table, prefix: str, head: Any | None, where: Any = None) -> Insert:
    """Insert a row from parameters; beside a head, only if the head's row was written."""
    columns = [column for column in table.c if column.computed is None and _is_written(column)]
    values = [bindparam(prefix + column.name, type_=column.type) for column in columns]
    source = select(*values)
    if head is not None:
        source = source.select_from(head)
    if where is not None:
        source = source.where(where)
    return insert(table).from_select([column.name for column in columns], source)


def _is_written(column: Any) -> bool:
    return (column.table.name, column.name) not in _NOT_OF_A_PAYMENT


def close_attempt(prefix: str) -> Update:
    """Close an attempt."""
    return (
        update(attempts)
        .where(
            attempts.c.payment_id == bindparam(prefix + "payment_id"),
            attempts.c.number == bindparam(prefix + "number"),
        )
        .values(
            closed_at=bindparam(prefix + "closed_at", type_=attempts.c.closed_at.type),
            closed_by=bindparam(prefix + "closed_by"),
            charge=bindparam(prefix + "charge", type_=attempts.c.charge.type),
        )
    )


def disable_card(prefix: str, head: Any | None) -> Insert:
    """Disable a card unless it is: disabling a disabled card is no news."""
    already = (
        select(literal(1))
        .select_from(card_disablements)
        .where(
            card_disablements.c.owner == bindparam(prefix + "owner"),
            card_disablements.c.scope_key == bindparam(prefix + "scope_key"),
            card_disablements.c.enabled_at.is_(None),
        )
        .exists()
    )
    return _insert_beside(card_disablements, prefix, head, ~already)


def keep_card(prefix: str, head: Any | None) -> Insert:
    """Remember a card unless it is remembered."""
    known = (
        select(literal(1))
        .select_from(cards)
        .where(
            cards.c.owner == bindparam(prefix + "owner"),
            cards.c.payment_method == bindparam(prefix + "payment_method"),
        )
        .exists()
    )
    return _insert_beside(cards, prefix, head, ~known)


def note_anomaly(prefix: str, head: Any | None) -> Insert:
    """Note an anomaly unless it is noted: a comparison with Stripe may have found it before."""
    known = (
        select(literal(1))
        .select_from(anomalies)
        .where(
            anomalies.c.payment_id == bindparam(prefix + "payment_id"),
            anomalies.c.kind == bindparam(prefix + "kind"),
            anomalies.c.payment_intent == bindparam(prefix + "payment_intent"),
        )
        .exists()
    )
    return _insert_beside(anomalies, prefix, head, ~known)
