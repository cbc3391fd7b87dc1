"""Totals: where payments stand, and what came of them by hour or by day, as pictures and tables.

They are read from the counts that workers keep, never by counting payments; the page says how far
those go.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from starlette.responses import Response

from api.console.asked import read_query
from api.console.charts import Chart, chart
from api.console.visit import Visit
from orchestrator.states import PaymentState
from orchestrator.store.rollups import Kind, Point, Span, Totals, read_totals

TOTALS: Final = "/console/totals"
# A picture of more codes could not be told apart; the others are one.
CODES: Final = 7
OTHERS: Final = "all others"


class Scale(NamedTuple):
    """How a page divides time: into how many bars of what length, and how each is labelled."""

    span: Span
    bars: int
    length: timedelta
    label: str
    words: str


SCALES: Final[Mapping[str, Scale]] = MappingProxyType(
    {
        "hour": Scale(Span.hour, 24, timedelta(hours=1), "%d %b %H:00", "24 hours, by hour"),
        "day": Scale(Span.day, 30, timedelta(days=1), "%d %b", "30 days, by day"),
    }
)
_STATES: Final = MappingProxyType({state.value: f"bar-{state.value}" for state in PaymentState})


async def show_totals(visit: Visit) -> Response:
    """Show the totals of the last day or month."""
    chosen: str = read_query(visit, {"by": _scale}).get("by", "hour")
    scale = SCALES[chosen]
    began = begins(scale, visit.console.runtime.payments.driver.clock())
    totals: Totals = await visit.read(read_totals, scale.span, began[0])
    labels = [f"{moment:{scale.label}}" for moment in began]
    states = {state.value: [0] * len(began) for state in PaymentState}
    entered = states | by_name(totals.points[Kind.entered], began)
    declines = most(by_name(totals.points[Kind.decline], began))
    retries = by_name(totals.points[Kind.retry], began)
    return visit.render(
        "totals.html",
        standing=totals.standing,
        counted=totals.counted,
        scales=SCALES,
        chosen=chosen,
        charts=[
            chart("states", "Payments that came to each state", labels, entered, _STATES),
            chart("declines", "Declines by code", labels, declines, {OTHERS: "bar-others"}),
            chart("retries", "What came of tries after the first", labels, retries, _STATES),
        ],
    )


def begins(scale: Scale, now: datetime) -> list[datetime]:
    """Return when each bar begins, the last of them the one that is not over."""
    last = now.replace(minute=0, second=0, microsecond=0)
    if scale.span is Span.day:
        last = last.replace(hour=0)
    return [last - scale.length * back for back in reversed(range(scale.bars))]


def by_name(points: Sequence[Point], began: Sequence[datetime]) -> dict[str, list[int]]:
    """Arrange counts by their names, with nought where nothing was counted."""
    places = {moment: at for at, moment in enumerate(began)}
    found: dict[str, list[int]] = {}
    for point in points:
        if point.began_at in places:
            found.setdefault(point.name, [0] * len(began))[places[point.began_at]] = point.how_many
    return dict(sorted(found.items()))


def most(counts: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Keep the names of which there are most, and add the others up."""
    ranked = Counter({name: sum(values) for name, values in counts.items()}).most_common()
    kept = {name: counts[name] for name, _ in ranked[:CODES]}
    rest = [counts[name] for name, _ in ranked[CODES:]]
    return kept | ({OTHERS: [sum(values) for values in zip(*rest, strict=True)]} if rest else {})


def _scale(text: str) -> str:
    if text not in SCALES:
        raise ValueError
    return text


__all__ = ["TOTALS", "Chart", "show_totals"]
