"""Reads the machine back out of each format it is written in: what a stranger's program would see.

A reader takes every line there is and fails on one that it does not understand, so that nothing
can stand in a format unread.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree

SCXML: Final = "{http://www.w3.org/2005/07/scxml}"
SVG: Final = "{http://www.w3.org/2000/svg}"

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Told:
    """What one source tells of the machine. None for what it does not tell."""

    rows: list[Row] | None = None
    states: set[str] | None = None
    events: set[str] | None = None
    terminal: set[str] | None = None
    initial: str | None = None
    # Event → attempts needed, attempts spent.
    guards: dict[str, tuple[int, int]] | None = None
    # What the reader did not understand.
    unread: list[str] = field(default_factory=list)


def read_json(text: str) -> Told:
    """Read the machine's document."""
    document = json.loads(text)
    return Told(
        rows=[(row["source"], row["event"], row["target"]) for row in document["transitions"]],
        states=set(document["states"]),
        events=set(document["events"]),
        terminal=set(document["terminal_states"]),
    )


def read_csv(text: str) -> Told:
    """Read comma-separated values."""
    heading, *rows = csv.reader(text.splitlines())
    assert heading == ["source", "event", "target"]
    return Told(rows=[(source, event, target) for source, event, target in rows])


def read_table(text: str) -> Told:
    """Read aligned columns."""
    lines = [line.split(maxsplit=3) for line in text.splitlines()[2:]]
    return _with_notes([(*cells, "")[:4] for cells in lines])


def read_markdown(text: str) -> Told:
    """Read a Markdown table."""
    lines = [line.strip("|").split("|") for line in text.splitlines()[2:]]
    return _with_notes([tuple(cell.strip() for cell in cells) for cells in lines])


def _with_notes(lines: list[tuple[str, ...]]) -> Told:
    guards = {}
    for _, event, _, note in lines:
        needed = re.search(r"needs (\d+)", note)
        spent = re.search(r"spends (\d+)", note)
        if note:
            guards[event] = (int(needed[1]) if needed else 0, int(spent[1]) if spent else 0)
    rows = [(source, event, target) for source, event, target, _ in lines]
    return Told(rows=rows, guards=guards)


# What a line of Mermaid may be; the first group of each decides nothing else.
_ARROW: Final = re.compile(r"(\S+) --> ([^\s:]+)(?:: (\S+))?")
_MERMAID_WORDS: Final = ("stateDiagram-v2", "direction LR")


def read_mermaid(text: str) -> Told:
    """Read a Mermaid state diagram."""
    rows: list[Row] = []
    starts, ends, unread = set(), set(), []
    for line in map(str.strip, text.splitlines()):
        arrow = _ARROW.fullmatch(line)
        if arrow is None:
            unread += [line] if line not in _MERMAID_WORDS else []
        elif arrow[1] == "[*]":
            starts.add(arrow[2])
        elif arrow[2] == "[*]":
            ends.add(arrow[1])
        else:
            rows.append((arrow[1], arrow[3], arrow[2]))
    return Told(rows=rows, terminal=ends, initial=" ".join(starts), unread=unread)


_NODE: Final = re.compile(r"(\w+)(?: \[(.*)\])?;")
_EDGE: Final = re.compile(r'(\w+) -> (\w+)(?: \[label="(\w+)"\])?;')
_DOT_WORDS: Final = ("digraph payment {", "rankdir=LR;", "}")
_DOT_DEFAULTS: Final = ("node", "edge")


def read_dot(text: str) -> Told:
    """Read a Graphviz digraph."""
    rows: list[Row] = []
    nodes: dict[str, str] = {}
    starts, unread = set(), []
    for line in map(str.strip, text.splitlines()):
        node, edge = _NODE.fullmatch(line), _EDGE.fullmatch(line)
        if edge is not None and edge[1] == "start":
            starts.add(edge[2])
        elif edge is not None:
            rows.append((edge[1], edge[3], edge[2]))
        elif node is not None and node[1] not in _DOT_DEFAULTS:
            nodes[node[1]] = node[2] or ""
        elif node is None and line not in _DOT_WORDS:
            unread.append(line)
    del nodes["start"]
    return Told(
        rows=rows,
        states=set(nodes),
        terminal={name for name, looks in nodes.items() if looks == "peripheries=2"},
        initial=" ".join(starts),
        unread=unread,
    )


# https://www.w3.org/TR/scxml/: the elements we use, where each may stand, which attributes it must
# have and which it may have.
GRAMMAR: Final[Mapping[str, tuple[str | None, frozenset[str], frozenset[str]]]] = MappingProxyType(
    {
        "scxml": (
            None,
            frozenset({"version"}),
            frozenset({"initial", "name", "datamodel", "binding"}),
        ),
        "datamodel": ("scxml", frozenset(), frozenset()),
        "data": ("datamodel", frozenset({"id"}), frozenset({"src", "expr"})),
        "state": ("scxml", frozenset(), frozenset({"id", "initial"})),
        "final": ("scxml", frozenset(), frozenset({"id"})),
        "transition": ("state", frozenset(), frozenset({"event", "cond", "target", "type"})),
        "assign": ("transition", frozenset({"location"}), frozenset({"expr"})),
    }
)
_CONDITION: Final = re.compile(r"attempts_left >= (\d+)")
_SPENDING: Final = re.compile(r"attempts_left - (\d+)")


def read_scxml(text: str) -> Told:
    """Read a state chart, and say what in it W3C's recommendation does not know."""
    root = ElementTree.fromstring(text)
    states = [each.attrib["id"] for each in root.iter(f"{SCXML}state")]
    finals = [each.attrib["id"] for each in root.iter(f"{SCXML}final")]
    rows: list[Row] = []
    guards: dict[str, tuple[int, int]] = {}
    unread = [*_against_grammar(root, None), *_against_references(root, states + finals)]
    for state in root.iter(f"{SCXML}state"):
        for row in state.iter(f"{SCXML}transition"):
            event = row.attrib["event"]
            rows.append((state.attrib["id"], event, row.attrib["target"]))
            guard = _guard(row)
            if guards.setdefault(event, guard) != guard:
                unread.append(f"{event} has another guard in {state.attrib['id']}")
    return Told(
        rows=rows,
        states={*states, *finals},
        events={event for _, event, _ in rows},
        terminal=set(finals),
        initial=root.attrib["initial"],
        guards={event: guard for event, guard in guards.items() if guard != (0, 0)},
        unread=unread,
    )


def _guard(row: ElementTree.Element) -> tuple[int, int]:
    needed = _CONDITION.fullmatch(row.get("cond", "attempts_left >= 0"))
    spent = [_SPENDING.fullmatch(each.attrib["expr"]) for each in row]
    assert needed is not None, row.attrib
    assert None not in spent, row.attrib
    return int(needed[1]), sum(int(each[1]) for each in spent if each is not None)


def _against_grammar(element: ElementTree.Element, parent: str | None) -> Iterator[str]:
    name = element.tag.removeprefix(SCXML)
    place, needed, allowed = GRAMMAR.get(name, ("nowhere", frozenset(), frozenset()))
    if not element.tag.startswith(SCXML) or place != parent:
        yield f"<{element.tag}> in <{parent}>"
    if missing := needed - element.attrib.keys():
        yield f"<{name}> without {sorted(missing)}"
    if strange := element.attrib.keys() - needed - allowed:
        yield f"<{name}> with {sorted(strange)}"
    for child in element:
        yield from _against_grammar(child, name)


def _against_references(root: ElementTree.Element, ids: list[str]) -> Iterator[str]:
    known = set(ids)
    if root.attrib["version"] != "1.0":
        yield f"version {root.attrib['version']}"
    if len(ids) != len(known):
        yield f"one of {ids} is there twice"
    targets = {row.attrib["target"] for row in root.iter(f"{SCXML}transition")}
    for name in sorted({root.attrib["initial"], *targets} - known):
        yield f"there is no state {name}"


def read_svg(text: str) -> Told:
    """Read a drawing: a group for each arrow, whose classes say from where and to where."""
    rows: list[Row] = []
    for group in ElementTree.fromstring(text).iter(f"{SVG}g"):
        classes = group.attrib["class"].split()
        sources = [name.removeprefix("from-") for name in classes if name.startswith("from-")]
        targets = [name.removeprefix("to-") for name in classes if name.startswith("to-")]
        labels = (group.findtext(f"{SVG}text") or "").split(", ")
        rows += product(sources, labels, targets)
    return Told(rows=rows)


READERS: Final[Mapping[str, Callable[[str], Told]]] = MappingProxyType(
    {
        "table": read_table,
        "json": read_json,
        "csv": read_csv,
        "markdown": read_markdown,
        "mermaid": read_mermaid,
        "dot": read_dot,
        "scxml": read_scxml,
    }
)
