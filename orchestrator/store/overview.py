"""What the database holds, in a handful of figures, which nobody's request waits for."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal_column, select

from orchestrator.states import PaymentState, handled
from orchestrator.store.anomalies import count_unresolved
from orchestrator.store.deliveries import Backlog, count_backlog
from orchestrator.store.inbox import count_events
from orchestrator.store.outbox import Waiting, count_waiting
from orchestrator.store.schema import attempts, payments, seals

HANDLED_STATES: Final = tuple(state.value for state in PaymentState if handled(state))
OPEN_STATES: Final = tuple(state.value for state in PaymentState if not handled(state))


class Overview(NamedTuple):
    """Open payments by state, those due, attempts without an answer, and what else waits.

    That is Stripe's events, history rows without a place in the feed, deliveries, and anomalies
    that nobody has resolved. And when the last seal was made.
    """

    states: dict[str, int]
    due: int
    due_since: datetime | None
    unknown: int
    unknown_since: datetime | None
    events: Mapping[str, int] = MappingProxyType({})
    outbox: Waiting = Waiting(0, None)
    deliveries: Backlog = Backlog(0, None)
    anomalies: Mapping[str, int] = MappingProxyType({})
    sealed_at: datetime | None = None


_BY_STATE: Final = select(payments.c.state, func.count().label("how_many")).group_by(
    payments.c.state
)
# An open payment has a moment at which it is due, and an index that holds no others.
OPEN: Final = _BY_STATE.where(payments.c.due_at.is_not(None), payments.c.state.in_(OPEN_STATES))
# Nothing but counting them all says how many there are.
HANDLED: Final = _BY_STATE.where(payments.c.state.in_(HANDLED_STATES))

DUE: Final = select(func.count(), func.min(payments.c.due_at)).where(
    payments.c.due_at <= bindparam("now", type_=payments.c.due_at.type)
)

# The last seal by its number: one entry of an index.
SEALED_AT: Final = select(seals.c.sealed_at).order_by(seals.c.number.desc()).limit(1)

# Where the answer stands in what settlement remembers, as each kind of database reads JSON.
_ANSWERS = {
    "postgresql": "payments.settling -> 'open' ->> 'answer'",
    "sqlite": "json_extract(payments.settling, '$.open.answer')",
}


def unknown_query(dialect: str) -> Any:
    """Count the attempts that Stripe has not answered yet, and find when the first was opened."""
    answer: Any = literal_column(_ANSWERS[dialect])
    return (
        select(func.count(), func.min(attempts.c.opened_at))
        .select_from(payments)
        .join(attempts, attempts.c.payment_id == payments.c.id)
        .where(
            payments.c.state == PaymentState.confirming.value,
            attempts.c.closed_at.is_(None),
            answer.is_(None),
        )
    )


def count_handled(connection: Connection) -> dict[str, int]:
    """Count the handled payments by state; takes as long as there are payments."""
    counted = {row.state: row.how_many for row in connection.execute(HANDLED)}
    return {state: counted.get(state, 0) for state in HANDLED_STATES}


def read_overview(connection: Connection, now: datetime) -> Overview:
    """Read every figure of what is open; takes as long as there is of it."""
    counted = {row.state: row.how_many for row in connection.execute(OPEN)}
    states = {state: counted.get(state, 0) for state in OPEN_STATES}
    due, due_since = connection.execute(DUE, {"now": now}).one()
    unknown, unknown_since = connection.execute(unknown_query(connection.dialect.name)).one()
    return Overview(
        states,
        due,
        due_since,
        unknown,
        unknown_since,
        count_events(connection),
        count_waiting(connection),
        count_backlog(connection, now),
        count_unresolved(connection),
        connection.execute(SEALED_AT).scalar_one_or_none(),
    )
