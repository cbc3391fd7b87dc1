"""Every format, read back: what comes out is the table and nothing else."""

import json
import re
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

import pytest

from orchestrator.states import MACHINE_VERSION, PaymentEvent, PaymentState, Transition
from orchestrator.states.exports import (
    FORMATS,
    as_csv,
    as_dot,
    as_json,
    as_markdown,
    as_mermaid,
    as_scxml,
    as_table,
    machine_document,
    render,
)
from orchestrator.states.table import TRANSITIONS, Table
from tests.states.reading import READERS, SCXML, read_scxml
from tests.states.test_table import ROWS

EXTRA = Transition(PaymentState.failed, PaymentEvent.confirm, PaymentState.confirming)

WRITERS: Mapping[str, Callable[[Table], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "mermaid": as_mermaid,
    "dot": as_dot,
    "scxml": as_scxml,
}


@pytest.mark.parametrize("name", WRITERS)
def test_format_has_every_row(name: str) -> None:
    """Read back, each format gives the fifteen rows, and nothing in it stays unread."""
    told = READERS[name](WRITERS[name](TRANSITIONS))

    assert told.rows is not None
    assert sorted(told.rows) == sorted(ROWS)
    assert told.unread == []


@pytest.mark.parametrize("name", WRITERS)
def test_format_shows_a_new_row(name: str) -> None:
    """A row more in the table is a row more in each format, even one leaving a handled state."""
    told = READERS[name](WRITERS[name]((*TRANSITIONS, EXTRA)))

    assert told.rows is not None
    assert sorted(told.rows) == sorted([*ROWS, ("failed", "confirm", "confirming")])


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "scxml"])
def test_format_keeps_the_order(name: str) -> None:
    """Rows come in the order of the table; a state chart has them under their states."""
    assert READERS[name](WRITERS[name](TRANSITIONS)).rows == ROWS


def test_scxml_is_what_w3c_recommends() -> None:
    """A state chart of an unknown element, attribute or target is not taken for one of ours."""
    text = (
        as_scxml()
        .replace('target="failed"', 'target="lost"', 1)
        .replace("<final ", '<final color="red" ', 1)
        .replace("</datamodel>", "</datamodel><guard/>", 1)
    )

    assert read_scxml(text).unread == [
        f"<{SCXML}guard> in <scxml>",
        "<final> with ['color']",
        "there is no state lost",
    ]


def test_document_is_the_public_one() -> None:
    """The document has the fields the API promises, for the budget that was asked for."""
    document = machine_document(4)

    assert document == {
        "object": "machine",
        "version": MACHINE_VERSION,
        "states": [
            "created",
            "confirming",
            "requires_new_card",
            "card_disabled",
            "succeeded",
            "failed",
        ],
        "terminal_states": ["succeeded", "failed"],
        "events": [
            "confirm",
            "succeed",
            "require_new_card",
            "disable_card",
            "fail",
            "cancel",
            "expire",
        ],
        "transitions": [
            {"source": source, "event": event, "target": target} for source, event, target in ROWS
        ],
        "max_attempts": 4,
        "longest_path": 8,
    }


def test_json_is_the_document() -> None:
    """The command's JSON is the API's document for the largest budget."""
    assert json.loads(render("json")) == machine_document(10)


def test_formats_are_the_promised() -> None:
    """The command offers these formats."""
    assert list(FORMATS) == ["table", "json", "csv", "markdown", "mermaid", "dot", "scxml"]


@pytest.mark.parametrize("name", FORMATS)
def test_render_ends_with_one_newline(name: str) -> None:
    """Each text is a whole text file."""
    assert render(name) == render(name).rstrip("\n") + "\n"


def test_unknown_format_is_refused() -> None:
    """A format we do not have is refused by naming those we have."""
    with pytest.raises(ValueError, match="No format 'png'; choose from table, json, csv"):
        render("png")


def test_scxml_carries_the_guards() -> None:
    """Another engine gets the conditions too, so it runs the same machine."""
    root = ElementTree.fromstring(render("scxml"))
    conditions = {
        row.attrib["event"]: row.attrib["cond"]
        for row in root.iter(f"{SCXML}transition")
        if "cond" in row.attrib
    }

    assert conditions == {
        "confirm": "attempts_left >= 1",
        "require_new_card": "attempts_left >= 1",
        "disable_card": "attempts_left >= 1",
    }


def test_scxml_spends_on_confirm() -> None:
    """Each of the three confirmations takes an attempt, and no other event does."""
    root = ElementTree.fromstring(render("scxml"))
    spending = [
        (row.attrib["event"], assign.attrib)
        for row in root.iter(f"{SCXML}transition")
        for assign in row
    ]

    assert (
        spending
        == [
            ("confirm", {"location": "attempts_left", "expr": "attempts_left - 1"}),
        ]
        * 3
    )


def test_finals_are_marked() -> None:
    """Handled states are final in SCXML, lead to the end in Mermaid, and are doubled in dot."""
    finals = ElementTree.fromstring(render("scxml")).iter(f"{SCXML}final")

    assert [final.attrib["id"] for final in finals] == ["succeeded", "failed"]
    assert re.findall(r"(\w+) --> \[\*\]", render("mermaid")) == ["succeeded", "failed"]
    assert re.findall(r"(\w+) \[peripheries=2\]", render("dot")) == ["succeeded", "failed"]


def test_table_notes_the_attempts() -> None:
    """The terminal's table says what a row asks of the attempts left."""
    lines = as_table().splitlines()

    assert lines[2].split(maxsplit=3)[3] == "needs 1, spends 1"
    assert lines[6].split(maxsplit=3)[3] == "needs 1"
    assert len(lines[5].split()) == 3
