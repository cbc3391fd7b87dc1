"""Writes the machine down in other people's formats, always from the table itself.

Pure text in, text out: nothing here opens a file. The picture is drawn in ``diagram.py``.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from orchestrator.states.certificate import certify
from orchestrator.states.state import (
    INITIAL_STATE,
    LARGEST_MAX_ATTEMPTS,
    TERMINAL_STATES,
    PaymentEvent,
    PaymentState,
)
from orchestrator.states.table import (
    GUARDS,
    MACHINE_VERSION,
    TRANSITIONS,
    UNGUARDED,
    Table,
    Transition,
)

COLUMNS: Final = ("source", "event", "target")


def machine_document(max_attempts: int = LARGEST_MAX_ATTEMPTS) -> dict[str, Any]:
    """Describe the machine as the API shows it, with the path length proven for that budget.

    Raises:
        ValueError: ``max_attempts`` is less than one.
    """
    return {
        "object": "machine",
        "version": MACHINE_VERSION,
        "states": [state.value for state in PaymentState],
        "terminal_states": [state.value for state in PaymentState if state in TERMINAL_STATES],
        "events": [event.value for event in PaymentEvent],
        "transitions": [row._asdict() for row in TRANSITIONS],
        "max_attempts": max_attempts,
        "longest_path": certify(max_attempts).longest_path,
    }


def as_json(table: Table = TRANSITIONS) -> str:
    """Write the API's description of the machine as indented JSON."""
    document = machine_document() | {"transitions": [row._asdict() for row in table]}
    return json.dumps(document, indent=2) + "\n"


def as_csv(table: Table = TRANSITIONS) -> str:
    """Write one line a row under a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(table)
    return text.getvalue()


def as_table(table: Table = TRANSITIONS) -> str:
    """Write aligned columns for a terminal, with what each row asks of the attempts."""
    lines = [(*COLUMNS, "attempts"), *((*row, attempts_note(row.event)) for row in table)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = tuple("-" * width for width in widths)
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (lines[0], rule, *lines[1:])
    )
    return "\n".join(padded) + "\n"


def as_markdown(table: Table = TRANSITIONS) -> str:
    """Write a Markdown table, with what each row asks of the attempts."""
    heading = f"| {' | '.join(COLUMNS)} | attempts |\n|---|---|---|---|\n"
    return heading + "".join(
        f"| {row.source} | {row.event} | {row.target} | {attempts_note(row.event)} |\n"
        for row in table
    )


def as_mermaid(table: Table = TRANSITIONS) -> str:
    """Write a Mermaid state diagram, one arrow a row."""
    return "\n".join(
        (
            "stateDiagram-v2",
            "    direction LR",
            f"    [*] --> {INITIAL_STATE}",
            *(f"    {row.source} --> {row.target}: {row.event}" for row in table),
            *(f"    {state} --> [*]" for state in _finals(table)),
            "",
        )
    )


def as_dot(table: Table = TRANSITIONS) -> str:
    """Write a Graphviz digraph, one edge a row, handled states with a double border."""
    finals = _finals(table)
    return "\n".join(
        (
            "digraph payment {",
            "  rankdir=LR;",
            '  node [shape=box, style=rounded, fontname="monospace"];',
            '  edge [fontname="monospace"];',
            *(f"  {state};" for state in PaymentState if state not in finals),
            *(f"  {state} [peripheries=2];" for state in finals),
            "  start [shape=point];",
            f"  start -> {INITIAL_STATE};",
            *(f'  {row.source} -> {row.target} [label="{row.event}"];' for row in table),
            "}",
            "",
        )
    )


def as_scxml(table: Table = TRANSITIONS) -> str:
    """Write W3C SCXML with the guards, so that another engine can run the same machine."""
    finals = _finals(table)
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="payment"'
            f' datamodel="ecmascript" initial="{INITIAL_STATE}">',
            "  <datamodel>",
            f'    <data id="attempts_left" expr="{LARGEST_MAX_ATTEMPTS}"/>',
            "  </datamodel>",
            *(
                f'  <final id="{state}"/>' if state in finals else _scxml_state(state, table)
                for state in PaymentState
            ),
            "</scxml>",
            "",
        )
    )


def _scxml_state(state: PaymentState, table: Table) -> str:
    rows = "\n".join(_scxml_transition(row) for row in table if row.source is state)
    return f'  <state id="{state}">\n{rows}\n  </state>'


def _scxml_transition(row: Transition) -> str:
    guard = GUARDS.get(row.event, UNGUARDED)
    condition = f"attempts_left >= {guard.attempts_needed}" if guard.attempts_needed else ""
    cond = f" cond={quoteattr(condition)}" if condition else ""
    opening = f'    <transition event="{row.event}"{cond} target="{row.target}"'
    if not guard.attempts_spent:
        return f"{opening}/>"
    spent = f"attempts_left - {guard.attempts_spent}"
    assign = f'      <assign location="attempts_left" expr="{spent}"/>'
    return f"{opening}>\n{assign}\n    </transition>"


def attempts_note(event: PaymentEvent) -> str:
    """Say in a few words what an event asks of the attempts; empty where it asks nothing."""
    guard = GUARDS.get(event, UNGUARDED)
    parts = (
        f"needs {guard.attempts_needed}" if guard.attempts_needed else "",
        f"spends {guard.attempts_spent}" if guard.attempts_spent else "",
    )
    return ", ".join(part for part in parts if part)


def _finals(table: Table) -> tuple[PaymentState, ...]:
    """List what may be drawn as an end: never a state that a row leaves, so that row is kept."""
    sources = {row.source for row in table}
    return tuple(
        state for state in PaymentState if state in TERMINAL_STATES and state not in sources
    )


FORMATS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "table": as_table,
        "json": as_json,
        "csv": as_csv,
        "markdown": as_markdown,
        "mermaid": as_mermaid,
        "dot": as_dot,
        "scxml": as_scxml,
    }
)


def render(format_name: str) -> str:
    """Write the machine in one of the ``FORMATS``.

    Raises:
        ValueError: there is no such format.
    """
    if format_name not in FORMATS:
        raise ValueError(f"No format {format_name!r}; choose from {', '.join(FORMATS)}.")
    return FORMATS[format_name]()
