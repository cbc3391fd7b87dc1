"""Anomalies in the database: found once, listed as a queue, moved on by notes that are appended."""

import operator
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, tuple_

from orchestrator.actions import Action
from orchestrator.anomaly import Anomaly, AnomalyState, Note
from orchestrator.payment import Actor
from orchestrator.store.actions import record_action
from orchestrator.store.schema import anomalies, anomaly_notes, idempotency_keys

Row = dict[str, Any]

DEFAULT_LIMIT: Final = 10
# What is put on record as it happens, too: once for a payment and an intent.
NOTED_BY_SETTLEMENT: Final = frozenset({"amount_differs", "late_success", "foreign_intent"})
_PLACE: Final = (anomalies.c.noted_at, anomalies.c.id)
_COLUMNS: Final = [
    anomalies.c[name]
    for name in (
        "id",
        "kind",
        "payment_id",
        "payment_intent",
        "stripe_object",
        "detail",
        "evidence",
        "noted_at",
    )
]


@dataclass(frozen=True, slots=True)
class ListAnomalies:
    """Which anomalies to list; what is null does not restrict.

    At most one of ``starting_after`` (the page just older than that anomaly) and ``ending_before``
    (the page just newer) is set.
    """

    state: AnomalyState | None = None
    unresolved: bool = False
    kind: str | None = None
    payment: str | None = None
    limit: int = DEFAULT_LIMIT
    starting_after: str | None = None
    ending_before: str | None = None

    @property
    def cursor(self) -> str | None:
        """Return the id of the anomaly that the page adjoins."""
        return self.starting_after or self.ending_before


class AnomalyPage(NamedTuple):
    """Anomalies, newest first, and whether there are more in the direction that was asked."""

    anomalies: tuple[Anomaly, ...]
    has_more: bool


def find_anomaly(connection: Connection, anomaly_id: str) -> Anomaly | None:
    """Read an anomaly with its notes."""
    rows = connection.execute(select(*_COLUMNS).where(anomalies.c.id == anomaly_id)).all()
    found = _with_notes(connection, rows)
    return found[0] if found else None


def read_anomalies(connection: Connection, wanted: ListAnomalies) -> AnomalyPage | None:
    """Read one page; null where there is no anomaly of the cursor's id."""
    query = select(*_COLUMNS).where(*_restricted(wanted))
    newer = wanted.ending_before is not None
    if wanted.cursor is not None:
        at = select(*_PLACE).where(anomalies.c.id == wanted.cursor)
        place = connection.execute(at).one_or_none()
        if place is None:
            return None
        compare = operator.gt if newer else operator.lt
        query = query.where(compare(tuple_(*_PLACE), tuple(place)))
    order = [column.asc() if newer else column.desc() for column in _PLACE]
    rows = connection.execute(query.order_by(*order).limit(wanted.limit + 1)).all()
    shown = rows[: wanted.limit]
    found = _with_notes(connection, shown[::-1] if newer else shown)
    return AnomalyPage(tuple(found), len(rows) > wanted.limit)


def _restricted(wanted: ListAnomalies) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(anomalies.c.kind == wanted.kind)
    if wanted.payment is not None:
        conditions.append(anomalies.c.payment_id == wanted.payment)
    if wanted.unresolved:
        conditions.append(~_has_note(AnomalyState.resolved).exists())
    if wanted.state is AnomalyState.open:
        conditions.append(~_has_note().exists())
    elif wanted.state is AnomalyState.resolved:
        conditions.append(_has_note(AnomalyState.resolved).exists())
    elif wanted.state is AnomalyState.assigned:
        conditions.append(_has_note().exists())
        conditions.append(~_has_note(AnomalyState.resolved).exists())
    return conditions


def _has_note(state: AnomalyState | None = None) -> Select[Any]:
    """Select the notes of an anomaly, which is resolved once one of them says so."""
    query = select(anomaly_notes.c.sequence).where(anomaly_notes.c.anomaly_id == anomalies.c.id)
    return query if state is None else query.where(anomaly_notes.c.state == state.value)


def _with_notes(connection: Connection, rows: Sequence[Any]) -> list[Anomaly]:
    ids = [row.id for row in rows]
    query = (
        select(anomaly_notes)
        .where(anomaly_notes.c.anomaly_id.in_(ids))
        .order_by(anomaly_notes.c.anomaly_id, anomaly_notes.c.sequence)
    )
    notes: dict[str, list[Note]] = defaultdict(list)
    for row in connection.execute(query) if ids else ():
        actor = Actor(row.actor_kind, row.actor_id)
        notes[row.anomaly_id].append(
            Note(
                row.sequence,
                AnomalyState(row.state),
                row.owner,
                row.resolution,
                row.reason,
                actor,
                row.request_id,
                row.noted_at,
            )
        )
    return [_anomaly(row, notes[row.id]) for row in rows]


def _anomaly(row: Any, notes: Sequence[Note]) -> Anomaly:
    return Anomaly(
        id=row.id,
        kind=row.kind,
        payment=row.payment_id,
        payment_intent=row.payment_intent,
        stripe_object=row.stripe_object,
        detail=row.detail,
        evidence=row.evidence,
        noted_at=row.noted_at,
        notes=tuple(notes),
    )


def append_note(connection: Connection, row: Row, key: Row | None, action: Action) -> None:
    """Append a note, with the key that stands for the request, and put on record who did it.

    Whoever appends after somebody else did meets the note's own key, and reads again.
    """
    connection.execute(insert(anomaly_notes), row)
    keep_key(connection, key)
    record_action(connection, action)


def keep_key(connection: Connection, key: Row | None) -> None:
    """Let a key stand for a request that needed nothing to be written."""
    if key is not None:
        connection.execute(insert(idempotency_keys), key)


def keep_new(connection: Connection, rows: Sequence[Row]) -> int:
    """Write the anomalies that are not on record; return how many they were."""
    kept = 0
    for row in rows:
        known = select(anomalies.c.id).where(_is(row)).limit(1)
        if connection.execute(known).one_or_none() is None:
            connection.execute(insert(anomalies), row)
            kept += 1
    return kept


def _is(row: Row) -> ColumnElement[bool]:
    """Tell the anomaly that a row would be: by its id, or as settlement noted it when it happened.

    Settlement's have ids of their own moments.
    """
    same: ColumnElement[bool] = anomalies.c.id == row["id"]
    if row["kind"] not in NOTED_BY_SETTLEMENT:
        return same
    noted = and_(
        anomalies.c.payment_id == row["payment_id"],
        anomalies.c.kind == row["kind"],
        anomalies.c.payment_intent == row["payment_intent"],
    )
    return or_(same, noted)


def count_unresolved(connection: Connection) -> dict[str, int]:
    """Count the anomalies that nobody has resolved, by kind."""
    query = (
        select(anomalies.c.kind, func.count().label("how_many"))
        .where(~_has_note(AnomalyState.resolved).exists())
        .group_by(anomalies.c.kind)
    )
    return {row.kind: row.how_many for row in connection.execute(query)}


__all__ = [
    "DEFAULT_LIMIT",
    "NOTED_BY_SETTLEMENT",
    "AnomalyPage",
    "ListAnomalies",
    "append_note",
    "count_unresolved",
    "find_anomaly",
    "keep_key",
    "keep_new",
    "read_anomalies",
]
