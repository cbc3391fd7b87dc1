"""What the database holds, in a handful of figures: read by indexes, and by nobody's request."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal_column, select

from orchestrator.states import PaymentState
from orchestrator.store.inbox import count_events
from orchestrator.store.schema import attempts, payments


class Overview(NamedTuple):
    """Payments by state, those that are due, attempts without an answer, events that wait."""

    states: dict[str, int]
    due: int
    due_since: datetime | None
    unknown: int
    unknown_since: datetime | None
    events: Mapping[str, int] = MappingProxyType({})


STATES: Final = select(payments.c.state, func.count().label("how_many")).group_by(payments.c.state)

DUE: Final = select(func.count(), func.min(payments.c.due_at)).where(
    payments.c.due_at <= bindparam("now", type_=payments.c.due_at.type)
)

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


def read_overview(connection: Connection, now: datetime) -> Overview:
    """Read every figure."""
    states = {row.state: row.how_many for row in connection.execute(STATES)}
    due, due_since = connection.execute(DUE, {"now": now}).one()
    unknown, unknown_since = connection.execute(unknown_query(connection.dialect.name)).one()
    events = count_events(connection)
    return Overview(states, due, due_since, unknown, unknown_since, events)
