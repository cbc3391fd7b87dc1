"""Finds payments for people: by filters in any combination, and by any id that something has.

One index leads, the other filters look at so many rows at most (``WINDOW``) and say where they
stopped. So a page costs what it shows, whatever is asked together.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Text, and_, bindparam, exists, select, tuple_, union_all

from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.rows import payment_columns, payment_from_row
from orchestrator.store.schema import attempts, evidence, payment_transitions, payments, refunds
from orchestrator.store.snapshots import snapshot

WINDOW: Final = 1000
PAGE: Final = 25


class Place(NamedTuple):
    """Where a payment stands in a list: at which moment, and which of that moment."""

    moment: datetime
    payment_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which payments to find; what is null does not restrict.

    With a ``code`` it is when that code came that orders the list and that the period is about;
    else it is when the payment was created. At most one of ``older_than`` and ``newer_than`` is
    set.
    """

    state: PaymentState | None = None
    customer: str | None = None
    transaction_id: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    older_than: Place | None = None
    newer_than: Place | None = None


class Found(NamedTuple):
    """A payment, and the moment by which it stands in the list."""

    moment: datetime
    payment: Payment


class FoundPage(NamedTuple):
    """Payments, newest first, and from where on there are newer and older ones.

    ``looked_through`` says that the search stopped at ``WINDOW`` rows before the page was full.
    """

    found: tuple[Found, ...]
    newer: Place | None
    older: Place | None
    looked_through: bool = False


def find_page(connection: Connection, wanted: Wanted) -> FoundPage:
    """Find one page of payments."""
    with snapshot(connection):
        rows = connection.execute(page_query(wanted)).all()
        stopped = None
        if len(rows) <= PAGE:
            stopped = connection.execute(stop_query(wanted)).one_or_none()
    found = [Found(row[-1], payment_from_row(row)) for row in rows[:PAGE]]
    if wanted.newer_than is not None:
        found.reverse()
    more = len(rows) > PAGE or stopped is not None
    return _page(wanted, tuple(found), more, Place(*stopped) if stopped is not None else None)


def _page(wanted: Wanted, found: tuple[Found, ...], more: bool, stopped: Place | None) -> FoundPage:
    """Say from where to go on: from the last payment shown, or from where the search stopped."""
    last, first = (_place_of(found[-1]), _place_of(found[0])) if found else (None, None)
    if wanted.newer_than is not None:
        return FoundPage(
            found,
            newer=(stopped or first) if more else None,
            older=last or wanted.newer_than,
            looked_through=stopped is not None,
        )
    return FoundPage(
        found,
        newer=(first or wanted.older_than) if wanted.older_than is not None else None,
        older=(stopped or last) if more else None,
        looked_through=stopped is not None,
    )


def _place_of(one: Found) -> Place:
    return Place(one.moment, one.payment.id)


# ── the statements ───────────────────────────────────────────────────────────────────────────


def page_query(wanted: Wanted) -> Select[Any]:
    """Return the statement of one page, and of one payment more."""
    led = _led(wanted).limit(WINDOW).subquery("led")
    query = (
        select(*payment_columns(), led.c.moment)
        .select_from(led)
        .join(payments, payments.c.id == led.c.payment_id)
    )
    for column, value, inline in (
        (payments.c.state, wanted.state, True),
        (payments.c.customer, wanted.customer, False),
        (payments.c.transaction_id, wanted.transaction_id, False),
    ):
        if value is not None:
            query = query.where(column == bindparam(None, value, Text, literal_execute=inline))
    if wanted.code is not None:
        query = query.where(~_came_again(led, wanted.code))
    return query.order_by(*_order(led.c, wanted)).limit(PAGE + 1)


def stop_query(wanted: Wanted) -> Select[Any]:
    """Return the statement of the last row that was looked at, if it was not the last there is."""
    led = _led(wanted).offset(WINDOW - 1).limit(1).subquery("led")
    return select(led.c.moment, led.c.payment_id)


def _led(wanted: Wanted) -> Any:
    """Return the rows that the leading index gives, from the cursor's place on, in order."""
    if wanted.code is None:
        columns = (payments.c.created_at, payments.c.id)
        return _from_place(select(*_named(*columns)).where(*_leading(wanted)), columns, wanted)
    rows = payment_transitions.c
    columns = (rows.occurred_at, rows.payment_id)
    parts = []
    for which in (
        rows.decline_code == wanted.code,
        and_(rows.code == wanted.code, rows.decline_code.is_(None)),
    ):
        query = select(*_named(*columns), rows.sequence).where(which)
        part = _from_place(query, columns, wanted).limit(WINDOW).subquery()
        parts.append(select(part))
    both = union_all(*parts).subquery("both")
    return select(both.c.moment, both.c.payment_id, both.c.sequence).order_by(
        *_order(both.c, wanted)
    )


def _named(moment: Any, payment_id: Any) -> tuple[Any, Any]:
    return moment.label("moment"), payment_id.label("payment_id")


def _leading(wanted: Wanted) -> list[Any]:
    """Return the condition whose index leads: the one that fewest payments share."""
    if wanted.transaction_id is not None:
        return [payments.c.transaction_id == wanted.transaction_id]
    if wanted.customer is not None:
        return [payments.c.customer == wanted.customer]
    if wanted.state is not None:
        # In the statement itself: PostgreSQL would otherwise come to plan for an average state.
        state = bindparam(None, wanted.state, Text, literal_execute=True)
        return [payments.c.state == state]
    return []


def _from_place(query: Any, columns: tuple[Any, Any], wanted: Wanted) -> Any:
    """Let a list begin at the cursor and stay in the period; the cursor is always within it."""
    moment = columns[0]
    if wanted.since is not None and wanted.newer_than is None:
        query = query.where(moment >= wanted.since)
    if wanted.until is not None and wanted.older_than is None:
        query = query.where(moment < wanted.until)
    for place, compare in _cursors(wanted):
        query = query.where(compare(tuple_(*columns), tuple(place)))
    names = {"moment": columns[0], "payment_id": columns[1]}
    return query.order_by(*_order(names, wanted))


def _cursors(wanted: Wanted) -> list[tuple[Place, Callable[[Any, Any], Any]]]:
    if wanted.older_than is not None:
        return [(wanted.older_than, operator.lt)]
    if wanted.newer_than is not None:
        return [(wanted.newer_than, operator.gt)]
    return []


def _order(columns: Any, wanted: Wanted) -> list[Any]:
    places = (columns["moment"], columns["payment_id"])
    return [place.asc() if wanted.newer_than is not None else place.desc() for place in places]


def _came_again(led: Any, code: str) -> Any:
    """Tell of a row whether the code came to its payment once more after it."""
    later = payment_transitions.alias("later")
    same = (later.c.decline_code == code) | (
        (later.c.code == code) & later.c.decline_code.is_(None)
    )
    return exists().where(
        later.c.payment_id == led.c.payment_id, later.c.sequence > led.c.sequence, same
    )


# ── by an id ─────────────────────────────────────────────────────────────────────────────────

# Each kind of id that leads to one payment: how it begins, and where it stands alone.
_IDS: Final = (
    ("pay_", payments.c.id, payments.c.id),
    ("pi_", payments.c.payment_intent, payments.c.id),
    ("ch_", attempts.c.charge, attempts.c.payment_id),
    ("ch_", evidence.c.outcome_charge, evidence.c.payment_id),
    ("ref_", refunds.c.id, refunds.c.payment_id),
    ("re_", refunds.c.stripe_refund, refunds.c.payment_id),
)


class Hit(NamedTuple):
    """What an id led to: one payment, or the payments of a transaction or a customer."""

    payment_id: str | None = None
    transaction_id: str | None = None
    customer: str | None = None


def find_by_id(connection: Connection, text: str) -> Hit | None:
    """Find what an id of any kind belongs to; null where it is nobody's."""
    with snapshot(connection):
        for begins, column, owner in _IDS:
            if text.startswith(begins):
                found = connection.execute(select(owner).where(column == text)).scalar()
                if found is not None:
                    return Hit(payment_id=found)
        return _find_several(connection, text)


def _find_several(connection: Connection, text: str) -> Hit | None:
    query = select(payments.c.id).where(payments.c.transaction_id == text).limit(2)
    of_transaction = connection.execute(query).scalars().all()
    if len(of_transaction) == 1:
        return Hit(payment_id=of_transaction[0])
    if of_transaction:
        return Hit(transaction_id=text)
    query = select(payments.c.id).where(payments.c.customer == text).limit(1)
    found = connection.execute(query).scalar()
    return Hit(customer=text) if found is not None else None
