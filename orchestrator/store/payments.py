"""Payments in the database: reading one, and writing a ``Change`` all or nothing.

On PostgreSQL a change with at most one history row travels as one statement of data-modifying
CTEs; longer ones, and SQLite, send the same writes in order inside a transaction.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select
from sqlalchemy.exc import DBAPIError

from orchestrator.change import Change
from orchestrator.errors import WriteConflict
from orchestrator.payment import Payment
from orchestrator.store.actions import record_action
from orchestrator.store.connections import Database
from orchestrator.store.rows import (
    ALL_COLUMNS,
    CHANGING_COLUMNS,
    payment_columns,
    payment_from_row,
    row_of,
)
from orchestrator.store.schema import (
    attempts,
    card_outcomes,
    evidence,
    idempotency_keys,
    payment_beginnings,
    payment_transitions,
    payments,
)
from orchestrator.store.statements import (
    APPENDED,
    close_attempt,
    disable_card,
    keep_card,
    note_anomaly,
    shape_of,
    statement_of,
    update_payment,
)

_SELECT_ONE = select(*payment_columns()).where(payments.c.id == bindparam("payment_id"))
_UPDATE_PAYMENT = update_payment(CHANGING_COLUMNS)
# Whatever a writer that failed may have left behind for this payment is nobody's.
_BEGIN_HISTORY = insert(payment_beginnings).prefix_with("OR REPLACE")
_INSERTS = {
    table.name: insert(table)
    for table in (
        evidence,
        payment_transitions,
        attempts,
        idempotency_keys,
        card_outcomes,
    )
}


async def apply_change(database: Database, change: Change) -> Payment:
    """Write a change in one transaction and return the payment as it now is.

    Raises:
        WriteConflict: another writer was first, or one of the change's unique keys is taken.
    """
    one_statement = _fits_one_statement(database.dialect, change) and change.action is None
    write: Callable[..., int | None] = _write_with_action if change.action else _write_in_order
    if one_statement:
        write = statement_of(shape_of(change))
    try:
        written = await database.write(write, change, one_statement=one_statement)
    except DBAPIError as exc:
        if not _is_conflict(exc):
            raise
        written = 0
    except WriteConflict:
        written = 0
    if written == 0 and not await database.read(_holds, change.after):
        raise WriteConflict(change.after.id)
    return change.after


def _holds(connection: Connection, wanted: Payment) -> bool:
    """Tell whether the row that was met is our own.

    It is where the change was committed, the news of it was lost, and it was written again. The
    hashes are of rows that name who wrote them, for whom and when.
    """
    found = load_payment(connection, wanted.id)
    return found is not None and _mark(found) == _mark(wanted)


def _mark(payment: Payment) -> tuple[object, ...]:
    return (payment.revision, payment.last_hash, payment.evidence_hash, payment.updated_at)


def load_payment(connection: Connection, payment_id: str) -> Payment | None:
    """Read one payment."""
    row = connection.execute(_SELECT_ONE, {"payment_id": payment_id}).one_or_none()
    return payment_from_row(row) if row is not None else None


def _fits_one_statement(dialect: str, change: Change) -> bool:
    return dialect == "postgresql" and len(change.transitions) <= 1


def _write_with_action(connection: Connection, change: Change) -> None:
    """Write a change that somebody wished for by hand, and put that on record."""
    assert change.action is not None, "it was asked for"
    if not _fits_one_statement(connection.dialect.name, change):
        _write_in_order(connection, change)
    elif statement_of(shape_of(change))(connection, change) == 0:
        raise WriteConflict(change.after.id)
    record_action(connection, change.action)


def _write_in_order(connection: Connection, change: Change) -> None:
    if connection.dialect.name == "sqlite":
        _write_sqlite(connection, change)
    else:
        _write_step_by_step(connection, change)
    _append(connection, "idempotency", change)
    _append(connection, "card_outcomes", change)
    for row in change.disablements:
        _run(connection, disable_card("r_", None), row)
    for row in change.cards:
        _run(connection, keep_card("r_", None), row)
    for row in change.anomalies:
        _run(connection, note_anomaly("r_", None), row)


def _write_sqlite(connection: Connection, change: Change) -> None:
    """History first: a trigger moves the payment with each row, the update brings the rest."""
    if change.before is None:
        for row in change.transitions:
            connection.execute(_BEGIN_HISTORY, row)
        _run(connection, insert(payments), row_of(change.after, ALL_COLUMNS), prefix="")
        return
    _refuse_stale(connection, change)
    _append(connection, "evidence", change)
    _append_moves(connection, change)
    _update_head(connection, change, row_of(change.after, CHANGING_COLUMNS))


def _write_step_by_step(connection: Connection, change: Change) -> None:
    """Raise the payment one version at a time, each with its history row."""
    assert change.before is not None, "a payment's first change has one history row"
    used = change.before.attempts_used
    for index, row in enumerate(change.transitions):
        used += row["event"] == "confirm"
        last = index == len(change.transitions) - 1
        values = row_of(change.after if last else change.before, CHANGING_COLUMNS) | {
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
            _run(connection, close_attempt("r_"), closed)


def _append_moves(connection: Connection, change: Change) -> None:
    for row in change.transitions:
        _append_row(connection, payment_transitions, row)
        _follow_attempts(connection, change, row["sequence"])
    for closed in change.attempts_closed:
        if closed["number"] not in _closed_before_next(change):
            _run(connection, close_attempt("r_"), closed)


def _follow_attempts(connection: Connection, change: Change, sequence: int) -> None:
    """Open the attempt of the ``confirm`` row just written; what it replaces is closed first."""
    for opened in change.attempts_opened:
        if opened["sequence"] == sequence:
            if opened["closed_at"] is None:
                for closed in change.attempts_closed:
                    if closed["number"] < opened["number"]:
                        _run(connection, close_attempt("r_"), closed)
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
    table = dict(APPENDED)[name]
    for row in getattr(change, name):
        _append_row(connection, table, row)


def _append_row(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(_INSERTS[table.name], row)


def _run(
    connection: Connection, statement: Any, row: dict[str, Any], *, prefix: str = "r_"
) -> None:
    connection.execute(statement, {f"{prefix}{name}": value for name, value in row.items()})


def _is_conflict(exc: DBAPIError) -> bool:
    """Tell a lost race (a key taken, a serialization failure) from a broken rule."""
    state = getattr(exc.orig, "sqlstate", None)
    if state is not None:
        return state in {"23505", "40001", "40P01"}
    return "UNIQUE" in str(exc.orig)
