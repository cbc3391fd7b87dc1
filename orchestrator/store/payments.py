"""Payments in the database: reading one, and writing a ``Change`` all or nothing.

On PostgreSQL a change with at most one history row travels as one statement of data-modifying
CTEs; longer ones, and SQLite, send the same writes in order inside a transaction.
"""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
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
from sqlalchemy.exc import DBAPIError

from orchestrator.change import Change
from orchestrator.errors import WriteConflict
from orchestrator.payment import (
    Payment,
    intention_from_json,
    intention_to_json,
    settling_from_json,
    settling_to_json,
)
from orchestrator.states import PaymentState
from orchestrator.store.connections import Database
from orchestrator.store.one_row import OneRow
from orchestrator.store.schema import (
    anomalies,
    attempts,
    card_disablements,
    cards,
    evidence,
    idempotency_keys,
    payment_beginnings,
    payment_transitions,
    payments,
)

_CHANGING = (
    "attempts_used",
    "state",
    "version",
    "last_hash",
    "revision",
    "evidence_count",
    "evidence_hash",
    "intention",
    "settling",
    "last_outcome",
    "next_action",
    "failure_reason",
    "excluded_cards",
    "due_at",
    "deadline_at",
    "updated_at",
)
FIXED_COLUMNS = (
    "id",
    "owner",
    "amount",
    "currency",
    "customer",
    "item_ids",
    "transaction_id",
    "description",
    "metadata",
    "setup_future_usage",
    "payment_intent",
    "max_attempts",
    "expires_at",
    "created_at",
)
_COLUMNS = FIXED_COLUMNS + _CHANGING
_PAYMENT_COLUMNS = [payments.c[name] for name in _COLUMNS]
_VALUES_OF: dict[tuple[str, ...], Callable[[Payment], tuple[Any, ...]]] = {
    columns: attrgetter(*columns) for columns in (_COLUMNS, _CHANGING)
}
_SELECT_ONE = select(*_PAYMENT_COLUMNS).where(payments.c.id == bindparam("payment_id"))


async def apply_change(database: Database, change: Change) -> Payment:
    """Write a change in one transaction and return the payment as it now is.

    Raises:
        WriteConflict: another writer was first, or one of the change's unique keys is taken.
    """
    one_statement = database.dialect == "postgresql" and len(change.transitions) <= 1
    write = _statement_of(_shape_of(change)) if one_statement else _write_in_order
    try:
        written = await database.write(write, change, one_statement=one_statement)
    except DBAPIError as exc:
        if _is_conflict(exc):
            raise WriteConflict(change.after.id) from exc
        raise
    if one_statement and written != 1:
        raise WriteConflict(change.after.id)
    return change.after


def load_payment(connection: Connection, payment_id: str) -> Payment | None:
    """Read one payment."""
    row = connection.execute(_SELECT_ONE, {"payment_id": payment_id}).one_or_none()
    return payment_from_row(row) if row is not None else None


def payment_columns() -> list[Any]:
    """Return the columns that ``payment_from_row`` reads, first in a SELECT."""
    return _PAYMENT_COLUMNS


def payment_from_row(row: Sequence[Any]) -> Payment:
    """Read a payment from a row that starts with ``payment_columns``."""
    values = dict(zip(_COLUMNS, row, strict=False))
    values["item_ids"] = tuple(values["item_ids"])
    values["excluded_cards"] = tuple(values["excluded_cards"])
    values["state"] = PaymentState(values["state"])
    values["intention"] = intention_from_json(values["intention"])
    values["settling"] = settling_from_json(values["settling"])
    return Payment(**values)


def _row_of(payment: Payment, columns: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(columns, _VALUES_OF[columns](payment), strict=True))
    values["settling"] = settling_to_json(payment.settling)
    values["intention"] = intention_to_json(payment.intention)
    values["excluded_cards"] = list(payment.excluded_cards)
    if "item_ids" in values:
        values["item_ids"] = list(payment.item_ids)
    return values


# ── one statement ────────────────────────────────────────────────────────────────────────────


class _Shape(NamedTuple):
    """How many rows of each table a change writes; one statement is built for each shape."""

    creates: bool
    transitions: int
    evidence: int
    attempts_opened: int
    attempts_closed: int
    disablements: int
    anomalies: int
    cards: int
    idempotency: int


_APPENDED: tuple[tuple[str, Table], ...] = (
    ("evidence", evidence),
    ("transitions", payment_transitions),
    ("attempts_opened", attempts),
    ("idempotency", idempotency_keys),
    ("anomalies", anomalies),
)


def _shape_of(change: Change) -> _Shape:
    return _Shape(
        change.before is None,
        len(change.transitions),
        len(change.evidence),
        len(change.attempts_opened),
        len(change.attempts_closed),
        len(change.disablements),
        len(change.anomalies),
        len(change.cards),
        len(change.idempotency),
    )


def _parameters_of(change: Change) -> dict[str, Any]:
    columns = _COLUMNS if change.before is None else _CHANGING
    parameters = _named("p_", _row_of(change.after, columns))
    if change.before is not None:
        parameters["b_id"] = change.before.id
        parameters["b_revision"] = change.before.revision
    lists = (*(name for name, _ in _APPENDED), "attempts_closed", "disablements", "cards")
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
def _statement_of(shape: _Shape) -> OneRow[int]:
    head = _head(shape.creates)
    parts: list[Any] = []
    for name, table in _APPENDED:
        for index in range(getattr(shape, name)):
            parts.append(_insert_beside(table, f"{name}{index}_", head))
    for index in range(shape.attempts_closed):
        parts.append(_close_attempt(f"attempts_closed{index}_").where(select(head.c.id).exists()))
    for index in range(shape.disablements):
        parts.append(_disable_card(f"disablements{index}_", head))
    for index in range(shape.cards):
        parts.append(_keep_card(f"cards{index}_", head))
    ctes = [part.cte(f"part{number}") for number, part in enumerate(parts)]
    statement = select(func.count()).select_from(head).add_cte(*ctes)
    return OneRow(statement, _parameters_of, _count)


def _count(row: Sequence[Any] | None) -> int:
    assert row is not None, "an aggregate has a row"
    written: int = row[0]
    return written


def _head(creates: bool) -> Any:
    if creates:
        values = {name: bindparam(f"p_{name}", type_=payments.c[name].type) for name in _COLUMNS}
        return insert(payments).values(values).returning(payments.c.id).cte("head")
    return _update_payment(_CHANGING).returning(payments.c.id).cte("head")


def _update_payment(columns: tuple[str, ...]) -> Update:
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
    return not (column.table is card_disablements and column.name.startswith("enabled_"))


def _close_attempt(prefix: str) -> Update:
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


def _disable_card(prefix: str, head: Any | None) -> Insert:
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


def _keep_card(prefix: str, head: Any | None) -> Insert:
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


# ── in order ─────────────────────────────────────────────────────────────────────────────────


def _write_in_order(connection: Connection, change: Change) -> None:
    if connection.dialect.name == "sqlite":
        _write_sqlite(connection, change)
    else:
        _write_step_by_step(connection, change)
    _append(connection, "idempotency", change)
    _append(connection, "anomalies", change)
    for row in change.disablements:
        _run(connection, _disable_card("r_", None), row)
    for row in change.cards:
        _run(connection, _keep_card("r_", None), row)


def _write_sqlite(connection: Connection, change: Change) -> None:
    """History first: a trigger moves the payment with each row, the update brings the rest."""
    if change.before is None:
        for row in change.transitions:
            connection.execute(_BEGIN_HISTORY, row)
        _run(connection, insert(payments), _row_of(change.after, _COLUMNS), prefix="")
        return
    _refuse_stale(connection, change)
    _append(connection, "evidence", change)
    _append_moves(connection, change)
    _update_head(connection, change, _row_of(change.after, _CHANGING))


def _write_step_by_step(connection: Connection, change: Change) -> None:
    """Raise the payment one version at a time, each with its history row."""
    assert change.before is not None, "a payment's first change has one history row"
    used = change.before.attempts_used
    for index, row in enumerate(change.transitions):
        used += row["event"] == "confirm"
        last = index == len(change.transitions) - 1
        values = _row_of(change.after if last else change.before, _CHANGING) | {
            "version": row["sequence"],
            "state": row["target"],
            "last_hash": row["hash"],
            "attempts_used": used,
            "evidence_count": change.after.evidence_count,
            "evidence_hash": change.after.evidence_hash,
            "revision": change.after.revision,
        }
        expected = change.before.revision if index == 0 else change.after.revision
        _update_head(connection, change, values, expected_revision=expected)
        if index == 0:
            _append(connection, "evidence", change)
        _append_row(connection, payment_transitions, row)
        _follow_attempts(connection, change, row["sequence"])
    for closed in change.attempts_closed:
        if closed["number"] not in _closed_before_next(change):
            _run(connection, _close_attempt("r_"), closed)


def _append_moves(connection: Connection, change: Change) -> None:
    for row in change.transitions:
        _append_row(connection, payment_transitions, row)
        _follow_attempts(connection, change, row["sequence"])
    for closed in change.attempts_closed:
        if closed["number"] not in _closed_before_next(change):
            _run(connection, _close_attempt("r_"), closed)


def _follow_attempts(connection: Connection, change: Change, sequence: int) -> None:
    """Open the attempt of the ``confirm`` row just written; what it replaces is closed first."""
    for opened in change.attempts_opened:
        if opened["sequence"] == sequence:
            if opened["closed_at"] is None:
                for closed in change.attempts_closed:
                    if closed["number"] < opened["number"]:
                        _run(connection, _close_attempt("r_"), closed)
            _append_row(connection, attempts, opened)


def _closed_before_next(change: Change) -> set[int]:
    """List the attempts that ``_follow_attempts`` closed to make room for the next."""
    opened = [row["number"] for row in change.attempts_opened if row["closed_at"] is None]
    return {
        row["number"] for row in change.attempts_closed if any(row["number"] < n for n in opened)
    }


def _refuse_stale(connection: Connection, change: Change) -> None:
    assert change.before is not None, "only a stored payment can be stale"
    stored = connection.execute(
        select(payments.c.revision).where(payments.c.id == change.before.id)
    ).scalar_one()
    if stored != change.before.revision:
        raise WriteConflict(change.before.id)


def _update_head(
    connection: Connection,
    change: Change,
    values: dict[str, Any],
    *,
    expected_revision: int | None = None,
) -> None:
    assert change.before is not None, "a payment is updated only once it is stored"
    parameters = {f"p_{name}": value for name, value in values.items()}
    parameters["b_id"] = change.before.id
    parameters["b_revision"] = expected_revision or change.before.revision
    result = connection.execute(_UPDATE_PAYMENT, parameters)
    if result.rowcount != 1:
        raise WriteConflict(change.before.id)


def _append(connection: Connection, name: str, change: Change) -> None:
    table = dict(_APPENDED)[name]
    for row in getattr(change, name):
        _append_row(connection, table, row)


def _append_row(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(_INSERTS[table.name], row)


def _run(
    connection: Connection, statement: Any, row: dict[str, Any], *, prefix: str = "r_"
) -> None:
    connection.execute(statement, {f"{prefix}{name}": value for name, value in row.items()})


_UPDATE_PAYMENT = _update_payment(_CHANGING)
# Whatever a writer that failed may have left behind for this payment is nobody's.
_BEGIN_HISTORY = insert(payment_beginnings).prefix_with("OR REPLACE")
_INSERTS = {
    table.name: insert(table)
    for table in (evidence, payment_transitions, attempts, idempotency_keys, anomalies)
}


def _is_conflict(exc: DBAPIError) -> bool:
    """Tell a lost race (a key taken, a serialization failure) from a broken rule."""
    state = getattr(exc.orig, "sqlstate", None)
    if state is not None:
        return state in {"23505", "40001", "40P01"}
    return "UNIQUE" in str(exc.orig)


__all__ = [
    "FIXED_COLUMNS",
    "apply_change",
    "load_payment",
    "payment_columns",
    "payment_from_row",
]
