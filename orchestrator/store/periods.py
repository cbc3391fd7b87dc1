"""The payments that were created in a period, a page of ids at a time by their index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select, tuple_

from orchestrator.store.schema import payments

_PLACE: Final = (payments.c.created_at, payments.c.id)


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on, up to and without another."""

    since: datetime
    until: datetime


class Created(NamedTuple):
    """When a payment was created, and which it is."""

    created_at: datetime
    id: str


def is_longer(connection: Connection, period: Period, most: int) -> bool:
    """Tell whether more payments than that were created in a period; looks at no more."""
    query = _created_in(period, None).offset(most).limit(1)
    return connection.execute(query).one_or_none() is not None


def next_created(
    connection: Connection, period: Period, after: Created | None, how_many: int
) -> Sequence[Created]:
    """Read the next payments of a period, oldest first."""
    query = _created_in(period, after).limit(how_many)
    return [Created(*row) for row in connection.execute(query)]


def _created_in(period: Period, after: Created | None) -> Any:
    query = select(*_PLACE).where(payments.c.created_at < period.until)
    if after is None:
        query = query.where(payments.c.created_at >= period.since)
    else:
        query = query.where(tuple_(*_PLACE) > tuple(after))
    return query.order_by(*_PLACE)
