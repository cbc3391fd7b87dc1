"""Lists of payments, newest first, a page at a time by the key of the page's end.

Refuses to count or to skip rows: a page costs what it shows, however many payments came before it.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Select, select, tuple_

from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import payments

Comparison = Literal["gt", "gte", "lt", "lte"]

COMPARISONS: Final[Mapping[Comparison, Callable[[Any, Any], Any]]] = MappingProxyType(
    {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
)
DEFAULT_LIMIT: Final = 10

# Two payments may be of one moment; with the id no two have the same place.
_PLACE: Final = (payments.c.created_at, payments.c.id)


class Bound(NamedTuple):
    """One end of a span of creation times."""

    comparison: Comparison
    moment: datetime


@dataclass(frozen=True, slots=True)
class ListPayments:
    """Which payments to list; what is null does not restrict. An owner of null is everybody.

    At most one of ``starting_after`` (the page just older than that payment) and ``ending_before``
    (the page just newer) is set.
    """

    owner: str | None = None
    state: PaymentState | None = None
    customer: str | None = None
    transaction_id: str | None = None
    created: tuple[Bound, ...] = ()
    limit: int = DEFAULT_LIMIT
    starting_after: str | None = None
    ending_before: str | None = None

    @property
    def cursor(self) -> str | None:
        """Return the id of the payment that the page adjoins."""
        return self.starting_after or self.ending_before


class Page(NamedTuple):
    """Payments, newest first, and whether there are more in the direction that was asked."""

    payments: tuple[Payment, ...]
    has_more: bool


def read_page(connection: Connection, wanted: ListPayments) -> Page | None:
    """Read one page; null where the owner has no payment of the cursor's id."""
    query = _restrict(select(*payment_columns()), wanted)
    if wanted.cursor is not None:
        place = connection.execute(_place_of(wanted.cursor, wanted.owner)).one_or_none()
        if place is None:
            return None
        compare = operator.gt if wanted.ending_before is not None else operator.lt
        query = query.where(compare(tuple_(*_PLACE), tuple(place)))
    backwards = wanted.ending_before is not None
    order = [column.asc() if backwards else column.desc() for column in _PLACE]
    # One more than is shown tells whether there are more.
    rows = connection.execute(query.order_by(*order).limit(wanted.limit + 1)).all()
    found = [payment_from_row(row) for row in rows[: wanted.limit]]
    return Page(tuple(reversed(found) if backwards else found), len(rows) > wanted.limit)


def _restrict(query: Select[Any], wanted: ListPayments) -> Select[Any]:
    for column in (
        payments.c.owner,
        payments.c.state,
        payments.c.customer,
        payments.c.transaction_id,
    ):
        value = getattr(wanted, column.name)
        if value is not None:
            query = query.where(column == value)
    for bound in wanted.created:
        compare = COMPARISONS[bound.comparison]
        query = query.where(compare(payments.c.created_at, bound.moment))
    return query


def _place_of(payment_id: str, owner: str | None) -> Select[Any]:
    query = select(*_PLACE).where(payments.c.id == payment_id)
    return query if owner is None else query.where(payments.c.owner == owner)
