"""Draws counts over time as stacked bars in SVG, with no script and no style of its own. Pure.

What a picture shows stands in a table too; the picture names the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from markupsafe import Markup

WIDTH: Final = 720
HEIGHT: Final = 240
# The scale stands beside what is newest: on a phone that is what is seen of a wide picture.
RIGHT: Final = 56
BOTTOM: Final = 28
TOP: Final = 12
# How many lines cross the picture, and how many bars stand between two that are labelled.
LINES: Final = 4
LABELLED: Final = 6


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts over time: the bars' labels, and for each series a name, a style and its counts."""

    id: str
    title: str
    labels: Sequence[str]
    series: Sequence[tuple[str, str, Sequence[int]]]

    @property
    def sums(self) -> list[int]:
        """Return how much each bar is over."""
        return [sum(counts[at] for _, _, counts in self.series) for at in range(len(self.labels))]

    @property
    def total(self) -> int:
        """Return how much is counted."""
        return sum(self.sums)

    @property
    def drawing(self) -> Markup:
        """Return the picture."""
        return draw(self)


def chart(
    id: str,
    title: str,
    labels: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    styles: Mapping[str, str],
) -> Chart:
    """Make a chart of what was counted by name; a name without a style of its own has the next."""
    series = [
        (name, styles.get(name, f"bar-{number % 8}"), values)
        for number, (name, values) in enumerate(counts.items())
    ]
    return Chart(id, title, labels, series)


def draw(shown: Chart) -> Markup:
    """Draw a chart; every name in it is escaped."""
    top = _round_up(max(shown.sums, default=0))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{shown.id}-title" aria-describedby="{shown.id}-desc">',
        f'<title id="{shown.id}-title">{escape(shown.title)}</title>',
        f'<desc id="{shown.id}-desc">{shown.total} in all; the table below has each.</desc>',
        *_lines(top),
        *_bars(shown, top),
        "</svg>",
    ]
    # Every text in it was escaped above; the rest are this module's own words and numbers.
    return Markup("".join(parts))  # noqa: S704, RUF100


def _lines(top: int) -> list[str]:
    parts = []
    for number in range(LINES + 1):
        y = _height(number, LINES)
        value = top * number // LINES
        parts.append(f'<line class="grid" x1="0" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">{value:,}</text>')
    return parts


def _bars(shown: Chart, top: int) -> list[str]:
    step = (WIDTH - RIGHT) / max(1, len(shown.labels))
    parts = []
    for at, label in enumerate(shown.labels):
        x, below = at * step, 0
        for name, style, counts in shown.series:
            if counts[at]:
                upper, lower = _height(below + counts[at], top), _height(below, top)
                parts.append(
                    f'<rect class="{style}" x="{x + step * 0.12:.1f}" y="{upper:.1f}" '
                    f'width="{step * 0.76:.1f}" height="{lower - upper:.1f}">'
                    f"<title>{escape(f'{label}, {name}: {counts[at]}')}</title></rect>"
                )
                below += counts[at]
        if at % max(1, len(shown.labels) // LABELLED) == 0:
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}">{escape(label)}</text>')
    return parts


def _height(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / max(1, top)


def _round_up(most: int) -> int:
    """Return a round number that no bar is over, and that the lines share out evenly."""
    size = LINES
    while size < most:
        for factor in (2, 5, 10):
            if size * factor >= most:
                return size * factor
        size *= 10
    return size
