"""Where each state and each arrow of the picture goes: made by hand, in pixels.

It knows places only. What happens along an arrow is read from the table by ``diagram.py``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from orchestrator.states.state import PaymentState

WIDTH: Final = 1000
HEIGHT: Final = 540


class Point(NamedTuple):
    """A place on the canvas, in pixels from its upper left corner."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Label(NamedTuple):
    """Where a route's events are written, which way they grow and how far they may."""

    at: Point
    anchor: str
    room: float


class Route(NamedTuple):
    """One arrow: a line from each of its sources, all ending alike, under a single label."""

    lines: Mapping[PaymentState, tuple[Point, ...]]
    target: PaymentState
    label: Label


_S = PaymentState

BOXES: Final[Mapping[PaymentState, Box]] = MappingProxyType(
    {
        _S.created: Box(40, 94, 160, 56),
        _S.confirming: Box(330, 72, 320, 100),
        _S.requires_new_card: Box(275, 280, 200, 56),
        _S.card_disabled: Box(505, 280, 200, 56),
        _S.succeeded: Box(790, 66, 160, 56),
        _S.failed: Box(790, 392, 160, 56),
    }
)

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        {_S.created: (Point(200, 122), Point(330, 122))},
        _S.confirming,
        Label(Point(262, 112), "middle", 110),
    ),
    Route(
        {_S.requires_new_card: (Point(425, 280), Point(425, 172))},
        _S.confirming,
        Label(Point(435, 231), "start", 65),
    ),
    Route(
        {_S.card_disabled: (Point(555, 280), Point(555, 172))},
        _S.confirming,
        Label(Point(565, 231), "start", 65),
    ),
    Route(
        {_S.confirming: (Point(345, 172), Point(345, 280))},
        _S.requires_new_card,
        Label(Point(335, 231), "end", 200),
    ),
    Route(
        {_S.confirming: (Point(635, 172), Point(635, 280))},
        _S.card_disabled,
        Label(Point(645, 231), "start", 200),
    ),
    Route(
        {_S.confirming: (Point(650, 94), Point(790, 94))},
        _S.succeeded,
        Label(Point(718, 84), "middle", 120),
    ),
    Route(
        {_S.confirming: (Point(650, 150), Point(870, 150), Point(870, 392))},
        _S.failed,
        Label(Point(675, 170), "start", 190),
    ),
    Route(
        {
            _S.created: (Point(120, 150), Point(120, 420), Point(790, 420)),
            _S.requires_new_card: (Point(375, 336), Point(375, 420), Point(790, 420)),
            _S.card_disabled: (Point(605, 336), Point(605, 420), Point(790, 420)),
        },
        _S.failed,
        Label(Point(625, 410), "start", 150),
    ),
)

# Where the dot that begins every history stands, and the line from it to the first state.
START_LINE: Final = (Point(120, 48), Point(120, 94))

CAPTIONS: Final[Mapping[PaymentState, str]] = MappingProxyType(
    {
        _S.created: "waits for a card",
        _S.confirming: "Stripe was asked, outcome unknown",
        _S.requires_new_card: "declined, awaits a card",
        _S.card_disabled: "waits for another card",
        _S.succeeded: "paid",
        _S.failed: "ended unpaid",
    }
)

NOTES_AT: Final = Point(40, 486)
