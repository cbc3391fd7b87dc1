"""Draws one payment's path into the machine's picture: lit, with the order of its steps. Pure.

It draws what it is told was walked, on top of the very picture that ``diagram.py`` draws. A step
the machine has no arrow for is left out of the picture and told in the words beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from orchestrator.states.diagram import (
    CAPTION_SIZE,
    FONT_FAMILY,
    ROOT,
    draw_head,
    draw_lines,
    draw_machine,
    style_sheet,
    text_width,
    toward,
)
from orchestrator.states.layout import BOXES, NOTES_AT, ROUTES, START_LINE, WIDTH, Point
from orchestrator.states.state import PaymentState

WALK: Final = "payment-walk"
# Beneath the states are notes on the machine, which are not about the payment.
HEIGHT: Final = NOTES_AT.y - 16

# From where a line begins to the middle of its numbers, clear of the box and of the label.
BADGE_AT: Final = 16
BADGE_HEIGHT: Final = 20
BADGE_SIZE: Final = CAPTION_SIZE
# More numbers than these are not read one by one; the first, and the last, say enough.
MOST_NUMBERS: Final = 3

# As in ``diagram.py``: class → property → (light, dark). Beside what was walked the rest is grey.
COLOURS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        ".route .line": {"stroke": ("#6e7781", "#8b949e")},
        ".route .head": {"fill": ("#6e7781", "#8b949e")},
        ".lit .line": {"stroke": ("#8250df", "#d2a8ff")},
        ".lit .head": {"fill": ("#8250df", "#d2a8ff")},
        ".badge rect": {"fill": ("#6639ba", "#d2a8ff")},
        ".badge text": {"fill": ("#ffffff", "#1c1033")},
        ".here rect": {"stroke": ("#8250df", "#d2a8ff")},
    }
)


class Step(NamedTuple):
    """One step of a path, by its number; the first has no source."""

    number: int
    source: str | None
    event: str
    target: str


def draw_walk(steps: Sequence[Step]) -> str:
    """Draw a path into the machine, as an SVG to stand in a page; its styles are ``walk_styles``.

    Its description tells the path, for who does not see it.
    """
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'class="{ROOT} {WALK}" role="img" '
            f'aria-labelledby="{WALK}-title" aria-describedby="{WALK}-steps">',
            f'<title id="{WALK}-title">The path of this payment through the machine</title>',
            f'<desc id="{WALK}-steps">{escape(tell_walk(steps))}</desc>',
            *draw_machine(),
            *_draw_lit(steps),
            *_draw_here(steps),
            "</svg>",
        )
    )


def tell_walk(steps: Sequence[Step]) -> str:
    """Say a path in words."""
    told = (f"{step.number}. {step.event}: {_way(step)}." for step in steps)
    return " ".join(told) if steps else "No step is stored."


def walk_styles() -> str:
    """Write the CSS of the picture with a path in it."""
    return "\n".join(
        (
            style_sheet(),
            # The page it stands in has a ground of its own.
            f".{WALK} .page {{ display: none; }}",
            f".{WALK} .lit .line {{ stroke-width: 4; }}",
            f".{WALK} .here rect {{ fill: none; stroke-width: 4; }}",
            f".{WALK} .badge text {{ font: 700 {BADGE_SIZE}px {FONT_FAMILY}; "
            "text-anchor: middle; }",
            *_colour_rules(0),
            "@media (prefers-color-scheme: dark) {",
            *_colour_rules(1),
            "}",
        )
    )


def _colour_rules(scheme: int) -> Iterator[str]:
    for selector, properties in COLOURS.items():
        body = " ".join(f"{name}: {colours[scheme]};" for name, colours in properties.items())
        yield f".{WALK} {selector} {{ {body} }}"


def _way(step: Step) -> str:
    return step.target if step.source is None else f"{step.source} to {step.target}"


def _draw_lit(steps: Sequence[Step]) -> Iterator[str]:
    """Light each arrow that was walked once, and number it with every step that walked it."""
    numbers: dict[tuple[str | None, str], list[int]] = {}
    for step in steps:
        numbers.setdefault((step.source, step.target), []).append(step.number)
    walked = [(line, numbers[ends]) for ends, line in _lines() if ends in numbers]
    for line, _ in walked:
        yield f'<g class="lit">{draw_lines((line,))}{draw_head(line)}</g>'
    # On top of every line: two may cross.
    for line, taken in walked:
        yield _draw_badge(toward(line[0], line[1], BADGE_AT), taken)


def _lines() -> Iterator[tuple[tuple[str | None, str], Sequence[Point]]]:
    yield (None, PaymentState.created), START_LINE
    for route in ROUTES:
        for source, line in route.lines.items():
            yield (source, route.target), line


def _draw_badge(middle: Point, numbers: Sequence[int]) -> str:
    written = _written(numbers)
    width = max(BADGE_HEIGHT, text_width(written, BADGE_SIZE) + 10)
    return (
        f'<g class="badge"><rect x="{middle.x - width / 2:g}" '
        f'y="{middle.y - BADGE_HEIGHT / 2:g}" width="{width:g}" height="{BADGE_HEIGHT}" '
        f'rx="{BADGE_HEIGHT / 2:g}"/>'
        f'<text x="{middle.x:g}" y="{middle.y + 4:g}">{written}</text></g>'
    )


def _written(numbers: Sequence[int]) -> str:
    if len(numbers) <= MOST_NUMBERS:
        return ",".join(map(str, numbers))
    return f"{numbers[0]},{numbers[1]}…{numbers[-1]}"


def _draw_here(steps: Sequence[Step]) -> Iterable[str]:
    """Frame the state in which the path ends."""
    if not steps or steps[-1].target not in BOXES:
        return ()
    box = BOXES[PaymentState(steps[-1].target)]
    return (
        f'<g class="here"><rect x="{box.x - 5:g}" y="{box.y - 5:g}" width="{box.width + 10:g}" '
        f'height="{box.height + 10:g}" rx="14"/></g>',
    )
