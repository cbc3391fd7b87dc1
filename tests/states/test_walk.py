"""The path in the machine's picture: lit where it went, numbered in order, told in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from orchestrator.states import TRANSITIONS
from orchestrator.states.layout import BOXES
from orchestrator.states.state import PaymentState
from orchestrator.states.walk import Step, draw_walk, tell_walk, walk_styles

FIRST = Step(1, None, "create", "created")


def path(*events: str) -> list[Step]:
    """Walk the table by these events from its beginning."""
    edges = {(row.source, row.event): row.target for row in TRANSITIONS}
    states = [PaymentState.created]
    for event in events:
        states.append(next(edges[ends] for ends in edges if ends == (states[-1], event)))
    steps = zip(pairwise(states), events, strict=True)
    return [
        FIRST,
        *(
            Step(number, source, event, target)
            for number, ((source, target), event) in enumerate(steps, start=2)
        ),
    ]


def badges(drawing: str) -> list[str]:
    """Return the numbers on the arrows."""
    return re.findall(r'<g class="badge">.*?<text[^>]*>([^<]*)</text>', drawing)


def test_each_step_lights_its_arrow() -> None:
    """A payment that is paid at once lights three lines, numbered in order."""
    drawing = draw_walk(path("confirm", "succeed"))

    assert drawing.count('<g class="lit">') == 3
    assert badges(drawing) == ["1", "2", "3"]


def test_an_arrow_walked_again_has_both_numbers() -> None:
    """Where a path comes by again the arrow has every number."""
    again = ("confirm", "require_new_card") * 2

    assert badges(draw_walk(path(*again))) == ["1", "2", "4", "3,5"]


def test_many_numbers_are_cut_short() -> None:
    """A long path's arrow shows where its numbers begin and end."""
    again = ("confirm", "require_new_card") * 5

    assert badges(draw_walk(path(*again))) == ["1", "2", "4,6…10", "3,5…11"]


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: f"{row.source} {row.event}")
def test_every_transition_has_an_arrow(row: Step) -> None:
    """Whatever the machine does can be lit."""
    step = Step(7, row.source, row.event, row.target)

    assert badges(draw_walk([step])) == ["7"]


@pytest.mark.parametrize("state", PaymentState)
def test_the_last_state_is_framed(state: PaymentState) -> None:
    """Where the payment stands is framed."""
    box = BOXES[state]
    drawing = draw_walk([Step(1, None, "create", state)])

    assert f'<g class="here"><rect x="{box.x - 5:g}" y="{box.y - 5:g}"' in drawing


def test_what_the_machine_has_not_is_told_and_not_drawn() -> None:
    """A step that somebody forged is in the words, escaped, and lights nothing."""
    drawing = draw_walk([FIRST, Step(2, "created", "<b>", "stolen & sold")])

    assert badges(drawing) == ["1"]
    assert "here" not in drawing
    assert "2. &lt;b&gt;: created to stolen &amp; sold." in drawing


def test_a_path_of_no_step_is_said_to_be_none() -> None:
    """A payment whose history is gone has a picture with nothing lit."""
    assert tell_walk([]) == "No step is stored."
    assert badges(draw_walk([])) == []


def test_it_is_one_sound_picture() -> None:
    """The picture is XML by itself, holds no style, and has a name and a description."""
    root = ElementTree.fromstring(draw_walk(path("confirm", "disable_card", "expire")))
    ids = {each.get("id") for each in root.iter() if each.get("id")}
    named = f"{root.get('aria-labelledby')} {root.get('aria-describedby')}".split()

    assert set(named) <= ids
    assert not [each for each in root.iter() if each.tag.endswith("style") or each.get("style")]


def test_both_schemes_have_the_colours() -> None:
    """What is lit has its colour in light, and another one for those who prefer dark."""
    styles = walk_styles()
    light = styles.index(".payment-walk .lit .line { stroke: #8250df; }")
    dark = styles.index(".payment-walk .lit .line { stroke: #d2a8ff; }")

    assert light < styles.rindex("@media (prefers-color-scheme: dark) {") < dark
