"""The picture: it shows the whole table, refuses what it cannot show, and can be read."""

import re
from itertools import pairwise, product
from xml.etree import ElementTree

import pytest

from orchestrator.states import (
    TERMINAL_STATES,
    TRANSITIONS,
    PaymentEvent,
    PaymentState,
    Transition,
)
from orchestrator.states.diagram import (
    CAPTION_SIZE,
    COLOURS,
    LABEL_SIZE,
    NAME_SIZE,
    UndrawableTable,
    draw,
    notes,
    route_labels,
    text_width,
)
from orchestrator.states.layout import (
    BOXES,
    CAPTIONS,
    HEIGHT,
    NOTES_AT,
    ROUTES,
    WIDTH,
    Box,
    Point,
    Route,
)

SVG = "{http://www.w3.org/2000/svg}"

NEW_ROWS = [
    Transition(source, event, target)
    for source, event, target in product(PaymentState, PaymentEvent, PaymentState)
    if not any((row.source, row.event) == (source, event) for row in TRANSITIONS)
]


def groups(kind: str) -> list[ElementTree.Element]:
    """Find the drawing's groups of a class."""
    root = ElementTree.fromstring(draw())
    return [group for group in root.iter(f"{SVG}g") if kind in group.attrib["class"].split()]


def arrows(svg: str) -> set[tuple[str, str, str]]:
    """Read source, event and target back from a drawing."""
    found = set()
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        classes = group.attrib["class"].split()
        sources = [name.removeprefix("from-") for name in classes if name.startswith("from-")]
        targets = [name.removeprefix("to-") for name in classes if name.startswith("to-")]
        labels = (group.findtext(f"{SVG}text") or "").split(", ")
        found |= set(product(sources, labels, targets))
    return found


def label_box(route: Route, label: str) -> Box:
    """Give the rectangle a label covers, from its baseline: ascenders above, tails below."""
    width = text_width(label, LABEL_SIZE)
    left = {"start": 0.0, "middle": width / 2, "end": width}[route.label.anchor]
    return Box(route.label.at.x - left, route.label.at.y - 0.8 * LABEL_SIZE, width, LABEL_SIZE)


def overlap(one: Box, other: Box) -> bool:
    """Tell whether two rectangles share a pixel."""
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def segment_box(start: Point, end: Point) -> Box:
    """Give the rectangle a straight line covers, a pixel wide on either side."""
    left, top = min(start.x, end.x), min(start.y, end.y)
    return Box(left - 1, top - 1, abs(start.x - end.x) + 2, abs(start.y - end.y) + 2)


LABELS = {
    f"label-{'-'.join(route.lines)}-to-{route.target}": label_box(route, label)
    for route, label in zip(ROUTES, route_labels(TRANSITIONS), strict=True)
}
AREAS = {**LABELS, **{state.value: box for state, box in BOXES.items()}}
SEGMENTS = [
    segment_box(start, end)
    for route in ROUTES
    for line in route.lines.values()
    for start, end in pairwise(line)
]


def test_drawing_shows_the_table() -> None:
    """Read back from the picture, the arrows are the table's fifteen rows."""
    assert arrows(draw()) == {tuple(map(str, row)) for row in TRANSITIONS}


def test_drawing_names_every_state() -> None:
    """Each state has its box with its name in it."""
    names = [group.findtext(f"{SVG}text") for group in groups("state")]

    assert names == [state.value for state in PaymentState]


def test_handled_states_have_a_double_border() -> None:
    """The two terminal states, and no others, are drawn with two borders."""
    doubled = {
        group.findtext(f"{SVG}text")
        for group in groups("state")
        if len(group.findall(f"{SVG}rect")) == 2
    }

    assert doubled == TERMINAL_STATES


@pytest.mark.parametrize("row", NEW_ROWS, ids=str)
def test_new_row_is_never_left_out(row: Transition) -> None:
    """A row more is drawn or refused; the picture never goes without it."""
    try:
        shown = tuple(map(str, row)) in arrows(draw((*TRANSITIONS, row)))
    except UndrawableTable:
        shown = True

    assert shown is True


def test_row_without_a_place_is_refused() -> None:
    """A row between states that no arrow joins is refused by naming them."""
    row = Transition(PaymentState.failed, PaymentEvent.confirm, PaymentState.created)

    with pytest.raises(UndrawableTable, match="about these arrows: failed → created"):
        draw((*TRANSITIONS, row))


def test_place_without_a_row_is_refused() -> None:
    """An arrow that no row stands behind is not drawn, and the layout is called stale."""
    with pytest.raises(UndrawableTable, match="about these arrows: confirming → succeeded"):
        draw(tuple(row for row in TRANSITIONS if row.event is not PaymentEvent.succeed))


def test_arrow_drawn_twice_is_refused() -> None:
    """Two routes for one arrow would both carry all its events."""
    with pytest.raises(UndrawableTable, match="about these arrows"):
        draw(TRANSITIONS, (*ROUTES, ROUTES[0]))


def test_sharing_sources_must_agree() -> None:
    """An event that only one of the sources has cannot stand on the arrow they share."""
    row = Transition(PaymentState.created, PaymentEvent.fail, PaymentState.failed)

    with pytest.raises(UndrawableTable, match=r"share an arrow to failed .* cancel, expire, fail"):
        draw((*TRANSITIONS, row))


def test_label_too_long_is_refused() -> None:
    """Events that do not fit on their arrow are refused, not written over their neighbours."""
    row = Transition(PaymentState.created, PaymentEvent.succeed, PaymentState.confirming)

    with pytest.raises(UndrawableTable, match="no room to write 'confirm, succeed'"):
        draw((*TRANSITIONS, row))


def test_row_that_fits_is_drawn() -> None:
    """An event more on an arrow with room for it is drawn without touching the layout."""
    row = Transition(PaymentState.confirming, PaymentEvent.confirm, PaymentState.card_disabled)

    assert ("confirming", "confirm", "card_disabled") in arrows(draw((*TRANSITIONS, row)))


@pytest.mark.parametrize("name", AREAS)
def test_nothing_overlaps(name: str) -> None:
    """No label lies on another label or on a state, and no state on a state."""
    others = [other for other in AREAS if other != name and overlap(AREAS[name], AREAS[other])]

    assert others == []


@pytest.mark.parametrize("name", LABELS)
def test_no_line_crosses_a_label(name: str) -> None:
    """No arrow runs through a label, its own included."""
    assert [segment for segment in SEGMENTS if overlap(LABELS[name], segment)] == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"to-{route.target}")
def test_arrow_touches_its_states(route: Route) -> None:
    """Each line starts on the border of its source, and all end on the target in one tip."""
    tips = {line[-1] for line in route.lines.values()}

    assert all(on_border(line[0], BOXES[source]) for source, line in route.lines.items())
    assert all(on_border(tip, BOXES[route.target]) for tip in tips)
    assert len(tips) == 1


def on_border(point: Point, box: Box) -> bool:
    """Tell whether a point lies on one of a rectangle's four sides."""
    within_x = box.x <= point.x <= box.x + box.width
    within_y = box.y <= point.y <= box.y + box.height
    on_side = point.x in (box.x, box.x + box.width) or point.y in (box.y, box.y + box.height)
    return within_x and within_y and on_side


@pytest.mark.parametrize("state", PaymentState)
def test_text_fits_its_box(state: PaymentState) -> None:
    """A state's name and caption stay clear of its inner border."""
    room = BOXES[state].width - 16

    assert text_width(state, NAME_SIZE) < room
    assert text_width(CAPTIONS[state], CAPTION_SIZE) < room


def test_everything_is_on_the_canvas() -> None:
    """Nothing is cut off at the edges."""
    written = [
        Box(NOTES_AT.x, NOTES_AT.y + 20 * line, text_width(note, CAPTION_SIZE), 4)
        for line, note in enumerate(notes())
    ]
    outside = [
        box
        for box in [*AREAS.values(), *SEGMENTS, *written]
        if box.x < 0 or box.y < 0 or box.x + box.width > WIDTH or box.y + box.height > HEIGHT
    ]

    assert outside == []


def test_notes_say_what_the_guards_ask() -> None:
    """The lines below the picture carry what arrows cannot."""
    assert notes() == (
        "Attempts left: confirm needs 1 and spends 1; require_new_card needs 1; "
        "disable_card needs 1.",
        "Double border: handled, nothing leaves it.",
    )


def luminance(colour: str) -> float:
    """Give a colour's relative luminance (www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


GROUNDS = [".page", ".waiting .box", ".asking .box", ".succeeded .box", ".failed .box"]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", [".name", ".caption", ".label"])
def test_text_can_be_read(text: str, ground: str, scheme: int) -> None:
    """Text has a contrast of at least 4.5 on every ground, on light and on dark pages."""
    values = sorted(luminance(COLOURS[part]["fill"][scheme]) for part in (text, ground))

    assert (values[1] + 0.05) / (values[0] + 0.05) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("line", [".line", ".to-succeeded .line", ".to-failed .line"])
def test_arrows_can_be_seen(line: str, scheme: int) -> None:
    """Arrows have a contrast of at least 3 on the page."""
    values = sorted(
        (
            luminance(COLOURS[line]["stroke"][scheme]),
            luminance(COLOURS[".page"]["fill"][scheme]),
        )
    )

    assert (values[1] + 0.05) / (values[0] + 0.05) >= 3


def test_dark_pages_are_served() -> None:
    """The drawing itself brings every colour once for light pages and once for dark ones."""
    light, dark = draw().split("@media (prefers-color-scheme: dark)")

    assert len(re.findall(r"#[0-9a-f]{6}", light)) == len(re.findall(r"#[0-9a-f]{6}", dark)) > 0


def test_styles_stay_inside() -> None:
    """Every style rule is bound to the drawing, so a page that holds it inline keeps its looks."""
    style = ElementTree.fromstring(draw()).findtext(f"{SVG}style") or ""
    selectors = [line.strip() for line in style.splitlines() if "{" in line and "@" not in line]

    assert selectors != []
    assert [rule for rule in selectors if not rule.startswith(".payment-machine ")] == []
