"""Lists of payments, newest first, a page at a time by the key of the page's end.

Refuses to count or to skip rows: a page costs what it shows, however many payments came before it.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Select, Text, bindparam, select, tuple_

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
# What a page may be restricted to. Few owners and states share all payments between them, most
# unevenly, so each has its value in the statement itself: PostgreSQL would otherwise come to plan
# for an average one, and walk through everybody's payments to find those of a small owner.
_EQUAL: Final = (
    (payments.c.owner, True),
    (payments.c.state, True),
    (payments.c.customer, False),
    (payments.c.transaction_id, False),
)


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
    place = None
    if wanted.cursor is not None:
        place = connection.execute(_place_of(wanted.cursor, wanted.owner)).one_or_none()
        if place is None:
            return None
    rows = connection.execute(page_query(wanted, place)).all()
    found = [payment_from_row(row) for row in rows[: wanted.limit]]
    if wanted.ending_before is not None:
        found.reverse()
    return Page(tuple(found), len(rows) > wanted.limit)


def page_query(wanted: ListPayments, place: Sequence[Any] | None) -> Select[Any]:
    """Return the statement of one page, from the cursor's place on; one row more than it shows."""
    newer = wanted.ending_before is not None
    query = select(*payment_columns())
    for column, inline in _EQUAL:
        value = getattr(wanted, column.name)
        if value is not None:
            query = query.where(column == bindparam(None, value, Text, literal_execute=inline))
    bounds, place = _without_what_is_implied(wanted.created, place, newer=newer)
    for bound in bounds:
        query = query.where(COMPARISONS[bound.comparison](payments.c.created_at, bound.moment))
    if place is not None:
        compare = operator.gt if newer else operator.lt
        query = query.where(compare(tuple_(*_PLACE), tuple(place)))
    # What adjoins the cursor comes first, so a page of newer payments is read oldest first.
    order = [column.asc() if newer else column.desc() for column in _PLACE]
    return query.order_by(*order).limit(wanted.limit + 1)


def _without_what_is_implied(
    bounds: Sequence[Bound], place: Sequence[Any] | None, *, newer: bool
) -> tuple[list[Bound], Sequence[Any] | None]:
    """Leave one condition where the page begins: the cursor's place, or the bound beyond it.

    Of two, a database may begin to read at the wrong one, and read all that lies between: then a
    page would cost the more the further from the span's end it is.
    """
    kept = []
    near = ("gt", "gte") if newer else ("lt", "lte")
    for bound in bounds:
        if place is None or bound.comparison not in near:
            kept.append(bound)
        elif not COMPARISONS[bound.comparison](place[0], bound.moment):
            kept.append(bound)
            place = None
    return kept, place


def _place_of(payment_id: str, owner: str | None) -> Select[Any]:
    query = select(*_PLACE).where(payments.c.id == payment_id)
    return query if owner is None else query.where(payments.c.owner == owner)
