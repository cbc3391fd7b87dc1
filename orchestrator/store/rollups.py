"""What happened, counted by hour and day: counted on from a place of the feed, and read as series.

Each event is counted once: the counts and the place up to which they go move in one transaction. A
row that comes late is counted in the hour in which it happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, select, tuple_, update

from orchestrator.states import PaymentState
from orchestrator.store.schema import events, payment_transitions, rollup_turn, rollups
from orchestrator.store.snapshots import snapshot

# No database takes thousands of rows in one comparison.
PLACES_AT_ONCE: Final = 200
# "Ever" is one span, which began when time did.
EVER_BEGAN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Span(StrEnum):
    """Over how long something is counted."""

    hour = "hour"
    day = "day"
    ever = "ever"


class Kind(StrEnum):
    """What is counted. ``entered`` less ``left`` is how many payments stand in a state.

    ``decline`` is by the code that came; ``retry`` is by where an attempt after a payment's first
    led to.
    """

    entered = "entered"
    left = "left"
    decline = "decline"
    retry = "retry"


class Place(NamedTuple):
    """What one count is of."""

    span: str
    kind: str
    began_at: datetime
    name: str


class Point(NamedTuple):
    """How often something happened in one hour or day."""

    began_at: datetime
    name: str
    how_many: int


_TURN: Final = select(rollup_turn.c.position).with_for_update(skip_locked=True)
_KEY: Final = tuple(rollups.c[name] for name in Place._fields)
_ROWS: Final = (
    select(
        events.c.position,
        payment_transitions.c.source,
        payment_transitions.c.target,
        payment_transitions.c.attempt,
        payment_transitions.c.code,
        payment_transitions.c.decline_code,
        payment_transitions.c.occurred_at,
    )
    .join(
        payment_transitions,
        and_(
            payment_transitions.c.payment_id == events.c.payment_id,
            payment_transitions.c.sequence == events.c.sequence,
        ),
    )
    .where(events.c.position > bindparam("after"), events.c.position <= bindparam("until"))
)
_GROW: Final = (
    update(rollups)
    .where(*(column == bindparam(f"at_{column.name}") for column in _KEY))
    .values(how_many=rollups.c.how_many + bindparam("more"))
)


def count_on(connection: Connection, how_many: int) -> int:
    """Count up to so many events more; nothing while another one does."""
    after = connection.execute(_TURN).scalar_one_or_none()
    if after is None:
        return 0
    last: int = connection.execute(
        select(func.coalesce(func.max(events.c.position), 0))
    ).scalar_one()
    # The feed has no gaps, and none of its places is shown before those in front of it.
    until = min(last, after + how_many)
    if until <= after:
        return 0
    rows = connection.execute(_ROWS, {"after": after, "until": until}).all()
    _add(connection, counts_of(rows))
    connection.execute(update(rollup_turn).values(position=until))
    return len(rows)


def counts_of(rows: Iterable[Any]) -> Mapping[Place, int]:
    """Count what history rows say, in the hour and the day of each, and over all time."""
    counted: Counter[Place] = Counter()
    for row in rows:
        for kind, name in _facts(row):
            for span, began_at in _spans(row.occurred_at):
                counted[Place(span, kind, began_at, name)] += 1
    return counted


def _facts(row: Any) -> Iterable[tuple[Kind, str]]:
    yield Kind.entered, row.target
    if row.source is not None:
        yield Kind.left, row.source
    code = row.decline_code or row.code
    if code is not None:
        yield Kind.decline, code
    if row.source == PaymentState.confirming and row.attempt is not None and row.attempt > 1:
        yield Kind.retry, row.target


def _spans(moment: datetime) -> Iterable[tuple[Span, datetime]]:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return (Span.hour, hour), (Span.day, hour.replace(hour=0)), (Span.ever, EVER_BEGAN)


def _add(connection: Connection, counted: Mapping[Place, int]) -> None:
    """Add to the counts there are, and begin the others; whoever holds the turn is alone."""
    # Events that are few and far between are each of an hour of their own.
    places = list(counted)
    for first in range(0, len(places), PLACES_AT_ONCE):
        part = places[first : first + PLACES_AT_ONCE]
        query = select(*_KEY).where(tuple_(*_KEY).in_([tuple(place) for place in part]))
        known = {Place(*row) for row in connection.execute(query)}
        grown = [
            {**{f"at_{name}": value for name, value in place._asdict().items()}, "more": more}
            for place, more in ((place, counted[place]) for place in part)
            if place in known
        ]
        begun = [
            {**place._asdict(), "how_many": counted[place]} for place in part if place not in known
        ]
        if grown:
            connection.execute(_GROW, grown)
        if begun:
            connection.execute(insert(rollups), begun)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


class Counted(NamedTuple):
    """How many events are counted, of how many there are."""

    position: int
    last: int


class Totals(NamedTuple):
    """Where payments stand, what was counted since a moment, and how far the feed is counted."""

    standing: dict[str, int]
    points: Mapping[Kind, list[Point]]
    counted: Counted


def read_totals(connection: Connection, span: Span, since: datetime) -> Totals:
    """Read all of one moment."""
    with snapshot(connection):
        points = {kind: read_points(connection, span, kind, since) for kind in Kind}
        return Totals(read_standing(connection), points, read_counted(connection))


def read_points(connection: Connection, span: Span, kind: Kind, since: datetime) -> list[Point]:
    """Read how often what happened in each hour or day since a moment, oldest first."""
    query = (
        select(rollups.c.began_at, rollups.c.name, rollups.c.how_many)
        .where(rollups.c.span == span, rollups.c.kind == kind, rollups.c.began_at >= since)
        .order_by(rollups.c.began_at, rollups.c.name)
    )
    return [Point(*row) for row in connection.execute(query)]


def read_standing(connection: Connection) -> dict[str, int]:
    """Read how many payments stand in each state, as far as the feed is counted."""
    standing = {state.value: 0 for state in PaymentState}
    for sign, kind in ((1, Kind.entered), (-1, Kind.left)):
        for point in read_points(connection, Span.ever, kind, EVER_BEGAN):
            standing[point.name] = standing.get(point.name, 0) + sign * point.how_many
    return standing


def read_counted(connection: Connection) -> Counted:
    """Read how far the feed is counted."""
    last = select(func.coalesce(func.max(events.c.position), 0)).scalar_subquery()
    return Counted(*connection.execute(select(rollup_turn.c.position, last)).one())


__all__ = [
    "EVER_BEGAN",
    "Counted",
    "Kind",
    "Place",
    "Point",
    "Span",
    "Totals",
    "count_on",
    "counts_of",
    "read_counted",
    "read_points",
    "read_standing",
    "read_totals",
]
