"""Every format, read back: what comes out is the table and nothing else."""

import csv
import json
import re
from collections.abc import Callable, Iterator
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
from tests.states.test_table import ROWS

SCXML = "{http://www.w3.org/2005/07/scxml}"

EXTRA = Transition(PaymentState.failed, PaymentEvent.confirm, PaymentState.confirming)

Rows = list[tuple[str, str, str]]


def read_json(table: Table) -> Rows:
    """Read the rows back from JSON."""
    rows = json.loads(as_json(table))["transitions"]
    return [(row["source"], row["event"], row["target"]) for row in rows]


def read_csv(table: Table) -> Rows:
    """Read the rows back from CSV."""
    heading, *rows = csv.reader(as_csv(table).splitlines())
    assert heading == ["source", "event", "target"]
    return [(source, event, target) for source, event, target in rows]


def read_table(table: Table) -> Rows:
    """Read the rows back from aligned columns."""
    cells = [line.split() for line in as_table(table).splitlines()[2:]]
    return [(line[0], line[1], line[2]) for line in cells]


def read_markdown(table: Table) -> Rows:
    """Read the rows back from Markdown."""
    cells = [re.findall(r"\w+", line) for line in as_markdown(table).splitlines()[2:]]
    return [(line[0], line[1], line[2]) for line in cells]


def read_mermaid(table: Table) -> Rows:
    """Read the rows back from Mermaid."""
    arrows = re.findall(r"^ +(\w+) --> (\w+): (\w+)$", as_mermaid(table), re.MULTILINE)
    return [(source, event, target) for source, target, event in arrows]


def read_dot(table: Table) -> Rows:
    """Read the rows back from Graphviz."""
    edges = re.findall(r'(\w+) -> (\w+) \[label="(\w+)"\];', as_dot(table))
    return [(source, event, target) for source, target, event in edges]


def read_scxml(table: Table) -> Rows:
    """Read the rows back from SCXML, sorted the way the table is."""
    rows = list(scxml_rows(ElementTree.fromstring(as_scxml(table))))
    return sorted(rows, key=[tuple(map(str, row)) for row in (*TRANSITIONS, EXTRA)].index)


def scxml_rows(root: ElementTree.Element) -> Iterator[tuple[str, str, str]]:
    """Go through the transitions of an SCXML document."""
    for state in root.iter(f"{SCXML}state"):
        for row in state.iter(f"{SCXML}transition"):
            yield state.attrib["id"], row.attrib["event"], row.attrib["target"]


READERS = [
    read_json,
    read_csv,
    read_table,
    read_markdown,
    read_mermaid,
    read_dot,
    read_scxml,
]


@pytest.mark.parametrize("read", READERS)
def test_format_has_every_row(read: Callable[[Table], Rows]) -> None:
    """Read back, each format gives the fifteen rows."""
    assert read(TRANSITIONS) == ROWS


@pytest.mark.parametrize("read", READERS)
def test_format_shows_a_new_row(read: Callable[[Table], Rows]) -> None:
    """A row more in the table is a row more in each format, even one leaving a handled state."""
    assert read((*TRANSITIONS, EXTRA)) == [*ROWS, ("failed", "confirm", "confirming")]


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
