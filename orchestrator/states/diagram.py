"""Draws the table as an SVG on the layout of ``layout.py``, readable on light and dark pages.

The layout says where things go, the table says what is drawn. A table the layout has no place
for is refused, so no row can go missing from the picture.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import hypot
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape

from orchestrator.states.layout import (
    BOXES,
    CAPTIONS,
    HEIGHT,
    NOTES_AT,
    ROUTES,
    START_LINE,
    WIDTH,
    Box,
    Point,
    Route,
)
from orchestrator.states.state import (
    STATE_MEANINGS,
    TERMINAL_STATES,
    WAITING_STATES,
    PaymentEvent,
    PaymentState,
)
from orchestrator.states.table import GUARDS, TRANSITIONS, Guard, Table

NAME_SIZE: Final = 16
LABEL_SIZE: Final = 14
CAPTION_SIZE: Final = 12

# Advance of a character in em: DejaVu Sans Mono's, the widest of the faces below.
CHARACTER_EM: Final = 0.602
FONT_FAMILY: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

# Every id and every style rule begins with it, so that a page may hold the drawing inline.
ROOT: Final = "payment-machine"

CORNER_RADIUS: Final = 14
ARROW_LENGTH: Final = 11
ARROW_HALF_WIDTH: Final = 5

# Class → property → (light, dark). Text keeps a contrast of 4.5:1 or better on its ground.
COLOURS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        ".page": {"fill": ("#ffffff", "#0d1117"), "stroke": ("#d0d7de", "#30363d")},
        ".name": {"fill": ("#1f2328", "#f0f6fc")},
        ".caption": {"fill": ("#57606a", "#a5adb8")},
        ".label": {"fill": ("#1f2328", "#e6edf3")},
        ".line": {"stroke": ("#6e7781", "#8b949e")},
        ".head": {"fill": ("#6e7781", "#8b949e")},
        ".to-succeeded .line": {"stroke": ("#1a7f37", "#3fb950")},
        ".to-succeeded .head": {"fill": ("#1a7f37", "#3fb950")},
        ".to-failed .line": {"stroke": ("#cf222e", "#f85149")},
        ".to-failed .head": {"fill": ("#cf222e", "#f85149")},
        ".waiting .box": {"fill": ("#fff8e6", "#2a2212"), "stroke": ("#9a6700", "#d29922")},
        ".asking .box": {"fill": ("#ddf4ff", "#10243e"), "stroke": ("#0969da", "#58a6ff")},
        ".succeeded .box": {"fill": ("#e6f7ea", "#12261a"), "stroke": ("#1a7f37", "#3fb950")},
        ".failed .box": {"fill": ("#ffecea", "#2d1517"), "stroke": ("#cf222e", "#f85149")},
    }
)


class UndrawableTable(ValueError):
    """The table and the layout disagree, so a drawing would leave something out or invent it."""


def draw(table: Table = TRANSITIONS, routes: Sequence[Route] = ROUTES) -> str:
    """Draw ``table`` as a complete SVG document.

    Raises:
        UndrawableTable: a row has no place in the layout, or a place has no row.
    """
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" '
            f'class="{ROOT}" role="img" aria-labelledby="{ROOT}-title {ROOT}-rows">',
            f'<title id="{ROOT}-title">States of a payment</title>',
            f'<desc id="{ROOT}-rows">{escape(_description(table))}</desc>',
            f"<style>\n{style_sheet()}\n</style>",
            *draw_machine(table, routes),
            *_draw_notes(),
            "</svg>",
            "",
        )
    )


def draw_machine(table: Table = TRANSITIONS, routes: Sequence[Route] = ROUTES) -> tuple[str, ...]:
    """Draw what is within the picture's frame: its ground, every arrow, every state.

    Raises:
        UndrawableTable: a row has no place in the layout, or a place has no row.
    """
    labels = route_labels(table, routes)
    return (
        _draw_box(Box(0, 0, WIDTH, HEIGHT), 0.5, "page"),
        *_draw_start(),
        *(
            line
            for route, label in zip(routes, labels, strict=True)
            for line in _draw_route(route, label)
        ),
        *(line for state in PaymentState for line in _draw_state(state)),
    )


def route_labels(table: Table, routes: Sequence[Route] = ROUTES) -> tuple[str, ...]:
    """Write each route's label from the table's events, in the order of the routes.

    Raises:
        UndrawableTable: a row has no route, a route no row, sources that share a route differ
            in their events, or a label is too long for its place.
    """
    events: dict[tuple[PaymentState, PaymentState], list[PaymentEvent]] = {}
    for row in table:
        events.setdefault((row.source, row.target), []).append(row.event)
    drawn = [(source, route.target) for route in routes for source in route.lines]
    if sorted(drawn) != sorted(events):
        astray = sorted(set(drawn) ^ set(events)) or sorted(drawn)
        arrows = ", ".join(f"{source} → {target}" for source, target in astray)
        raise UndrawableTable(f"Table and layout disagree about these arrows: {arrows}.")
    return tuple(_route_label(route, events) for route in routes)


def _route_label(
    route: Route, events: Mapping[tuple[PaymentState, PaymentState], list[PaymentEvent]]
) -> str:
    labels = {", ".join(events[source, route.target]) for source in route.lines}
    if len(labels) > 1:
        raise UndrawableTable(
            f"{', '.join(route.lines)} share an arrow to {route.target} but not their events: "
            f"{' and '.join(sorted(labels))}."
        )
    label = labels.pop()
    if text_width(label, LABEL_SIZE) > route.label.room:
        raise UndrawableTable(f"There is no room to write {label!r} on the way to {route.target}.")
    return label


def text_width(text: str, size: float) -> float:
    """Give the width of ``text`` in pixels: the faces are monospaced."""
    return len(text) * size * CHARACTER_EM


def style_sheet() -> str:
    """Write the CSS: the light colours, and the dark ones for those who prefer them."""
    return "\n".join(
        (
            f".{ROOT} text {{ font-family: {FONT_FAMILY}; }}",
            f".{ROOT} .name {{ font-size: {NAME_SIZE}px; font-weight: 600; text-anchor: middle; }}",
            f".{ROOT} .label {{ font-size: {LABEL_SIZE}px; }}",
            f".{ROOT} .caption {{ font-size: {CAPTION_SIZE}px; }}",
            f".{ROOT} .line {{ fill: none; stroke-width: 1.75; }}",
            f".{ROOT} .box {{ stroke-width: 1.75; }}",
            *_colour_rules(0),
            "@media (prefers-color-scheme: dark) {",
            *(f"  {rule}" for rule in _colour_rules(1)),
            "}",
        )
    )


def _colour_rules(scheme: int) -> Iterator[str]:
    for selector, properties in COLOURS.items():
        body = " ".join(f"{name}: {colours[scheme]};" for name, colours in properties.items())
        yield f".{ROOT} {selector} {{ {body} }}"


def _description(table: Table) -> str:
    return " ".join(f"{row.source} {row.event} {row.target}." for row in table)


def _draw_start() -> Iterator[str]:
    dot, _ = START_LINE
    yield '<g class="start">'
    yield f'<circle class="head" cx="{dot.x}" cy="{dot.y}" r="7"/>'
    yield draw_lines((START_LINE,))
    yield draw_head(START_LINE)
    yield "</g>"


def _draw_route(route: Route, label: str) -> Iterator[str]:
    sources = " ".join(f"from-{source}" for source in route.lines)
    yield f'<g class="route {sources} to-{route.target}">'
    yield draw_lines(route.lines.values())
    yield draw_head(next(iter(route.lines.values())))
    at, anchor, _ = route.label
    yield f'<text class="label" x="{at.x}" y="{at.y}" text-anchor="{anchor}">{escape(label)}</text>'
    yield "</g>"


def draw_lines(lines: Iterable[Sequence[Point]]) -> str:
    """Draw lines as one path: where they run together the stroke stays as thin as one."""
    return f'<path class="line" d="{"".join(_line_path(line) for line in lines)}"/>'


def _line_path(line: Sequence[Point]) -> str:
    parts = [f"M{line[0].x:g} {line[0].y:g}"]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        into = toward(corner, before, CORNER_RADIUS)
        out = toward(corner, after, CORNER_RADIUS)
        parts.append(f"L{into.x:g} {into.y:g}Q{corner.x:g} {corner.y:g} {out.x:g} {out.y:g}")
    # The line stops inside the arrow's head, so that its blunt end does not show at the tip.
    end = toward(line[-1], line[-2], ARROW_LENGTH - 2)
    parts.append(f"L{end.x:g} {end.y:g}")
    return "".join(parts)


def draw_head(line: Sequence[Point]) -> str:
    """Draw the arrow's head at the end of a line."""
    tip = line[-1]
    base = toward(tip, line[-2], ARROW_LENGTH)
    across_x, across_y = (tip.y - base.y) / ARROW_LENGTH, (base.x - tip.x) / ARROW_LENGTH
    corners = (
        tip,
        Point(base.x + across_x * ARROW_HALF_WIDTH, base.y + across_y * ARROW_HALF_WIDTH),
        Point(base.x - across_x * ARROW_HALF_WIDTH, base.y - across_y * ARROW_HALF_WIDTH),
    )
    points = " ".join(f"{corner.x:g},{corner.y:g}" for corner in corners)
    return f'<polygon class="head" points="{points}"/>'


def toward(start: Point, goal: Point, distance: float) -> Point:
    """Return the point that is so far from the start on the way to the goal."""
    share = distance / hypot(goal.x - start.x, goal.y - start.y)
    return Point(start.x + (goal.x - start.x) * share, start.y + (goal.y - start.y) * share)


def _draw_state(state: PaymentState) -> Iterator[str]:
    box = BOXES[state]
    middle = box.x + box.width / 2
    top = box.y + box.height / 2
    yield f'<g id="{ROOT}-{state}" class="state {_kind(state)}">'
    yield f"<title>{escape(STATE_MEANINGS[state])}</title>"
    yield _draw_box(box, 0, "box")
    if state in TERMINAL_STATES:
        yield _draw_box(box, 4, "box")
    yield f'<text class="name" x="{middle:g}" y="{top - 3:g}">{state}</text>'
    yield (
        f'<text class="caption" x="{middle:g}" y="{top + 16:g}" text-anchor="middle">'
        f"{escape(CAPTIONS[state])}</text>"
    )
    yield "</g>"


def _draw_box(box: Box, inset: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{box.x + inset:g}" y="{box.y + inset:g}" '
        f'width="{box.width - 2 * inset:g}" height="{box.height - 2 * inset:g}" rx="{10 - inset}"/>'
    )


def _kind(state: PaymentState) -> str:
    if state in WAITING_STATES:
        return "waiting"
    return state.value if state in TERMINAL_STATES else "asking"


def notes() -> tuple[str, ...]:
    """Write the lines under the picture: what the guards ask, and what a double border means."""
    guards = "; ".join(_guard_note(event, guard) for event, guard in GUARDS.items())
    return (
        f"Attempts left: {guards}.",
        "Double border: handled, nothing leaves it.",
    )


def _guard_note(event: PaymentEvent, guard: Guard) -> str:
    spends = f" and spends {guard.attempts_spent}" if guard.attempts_spent else ""
    return f"{event} needs {guard.attempts_needed}{spends}"


def _draw_notes() -> Iterator[str]:
    for number, note in enumerate(notes()):
        y = NOTES_AT.y + 20 * number
        yield f'<text class="caption" x="{NOTES_AT.x}" y="{y}">{escape(note)}</text>'
