"""There is one machine: whoever tells of it, in code, database, API, picture or export, tells that.

``SOURCES`` is the list of all of them. A source says what it tells, and only that is compared:
rows, states, events, handled states, the first state, the guards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest
from sqlalchemy import Connection, inspect, select
from typer.testing import CliRunner

from api.app import create_app
from orchestrator.cli import app
from orchestrator.client import Machine
from orchestrator.client.values import read
from orchestrator.seals.verifier import EDGES, PROOF_OF
from orchestrator.states import (
    GUARDS,
    INITIAL_STATE,
    MACHINE,
    TERMINAL_STATES,
    TRANSITIONS,
    Configuration,
    PaymentEvent,
    PaymentState,
    machine_document,
)
from orchestrator.states.exports import FORMATS
from orchestrator.store.schema import legal_edges
from tests.states.reading import READERS, Row, Told, read_csv, read_mermaid, read_svg
from tests.store.migrated import on

ROOT: Final = Path(__file__).parent.parent
Source = Callable[[pytest.FixtureRequest], Told]

TABLE: Final = Told(
    rows=[(row.source.value, row.event.value, row.target.value) for row in TRANSITIONS],
    states={state.value for state in PaymentState},
    events={event.value for event in PaymentEvent},
    terminal={state.value for state in TERMINAL_STATES},
    initial=INITIAL_STATE.value,
    guards={event.value: (*guard,) for event, guard in GUARDS.items()},
)


# ── who tells of it ──────────────────────────────────────────────────────────────────────────


def running_machine(_: pytest.FixtureRequest) -> Told:
    """Try every event in every state of the machine that the program runs."""
    plenty = 10
    rows: list[Row] = [
        (state, event, MACHINE.step(Configuration(state, plenty), event).state)
        for state in PaymentState
        for event in MACHINE.permitted_events(Configuration(state, plenty))
    ]
    return Told(rows=rows, terminal={state for state in PaymentState if not _leaves(state)})


def _leaves(state: PaymentState) -> bool:
    return bool(MACHINE.allowed_events(state))


def database(request: pytest.FixtureRequest, kind: str) -> Told:
    """Read the edges that history rows have to reference, and the states a payment may have."""
    told: Told = on(request.getfixturevalue(f"{kind}_url"), _stored)
    return told


def _stored(connection: Connection) -> Told:
    edges = connection.execute(select(legal_edges)).all()
    checks = {
        str(check["name"]): check["sqltext"]
        for check in inspect(connection).get_check_constraints("payments")
    }
    return Told(
        rows=[(edge.source, edge.event, edge.target) for edge in edges],
        states=set(re.findall(r"'(\w+)'", checks["ck_payments_state_known"])),
    )


def file(_: pytest.FixtureRequest, name: str, reader: Callable[[str], Told]) -> Told:
    """Read a file of the repository."""
    return reader((ROOT / name).read_text(encoding="utf-8"))


def export(_: pytest.FixtureRequest, name: str) -> Told:
    """Read what the command prints."""
    return READERS[name](CliRunner().invoke(app, ["machine", "--format", name]).stdout)


def readme(text: str) -> Told:
    """Read the README's table, whose rows have several sources."""
    table = text.partition("| source | event | target |")[2].partition("\n\n")[0]
    rows = []
    for line in table.splitlines()[2:]:
        sources, event, target = (cell.strip() for cell in line.strip("|").split("|"))
        rows += [(source, event.split()[0], target) for source in sources.split(", ")]
    return Told(rows=rows)


def client(_: pytest.FixtureRequest) -> Told:
    """Read the API's document as the Python client does."""
    machine = read(Machine, machine_document())
    return Told(
        rows=[(edge.source, edge.event, edge.target) for edge in machine.transitions],
        states=set(machine.states),
        events=set(machine.events),
        terminal=set(machine.terminal_states),
    )


def verifier(_: pytest.FixtureRequest) -> Told:
    """Read the edges of the program that checks bundles where there is nothing of ours."""
    return Told(rows=sorted(EDGES), terminal=set(PROOF_OF))


# Words that tell an enumeration of states or of events from one of anything else.
STATE_WORDS: Final = frozenset({"created", "confirming", "requires_new_card"})
EVENT_WORDS: Final = frozenset({"confirm", "succeed", "require_new_card", "expire"})
# A history begins with it, and it is no event of the table.
BEGINNING: Final = "create"


@cache
def enumerations() -> Mapping[str, frozenset[str]]:
    """Find each enumeration of states or events that the API describes, by where it stands."""
    found = dict(_enumerations(create_app().openapi(), "#"))
    return MappingProxyType(found)


def _enumerations(node: Any, place: str) -> Iterator[tuple[str, frozenset[str]]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in inner:
        if name == "enum" and {*value} & (STATE_WORDS | EVENT_WORDS):
            yield place, frozenset(value)
        elif isinstance(value, dict | list):
            yield from _enumerations(value, f"{place}/{name}")


def described(_: pytest.FixtureRequest, place: str) -> Told:
    """Read one enumeration of the API's description."""
    words = set(enumerations()[place])
    if words & STATE_WORDS:
        return Told(states=words)
    return Told(events=words - {BEGINNING} if "/transition/" in place else words)


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "The machine that runs": running_machine,
        "The database on SQLite": partial(database, kind="sqlite"),
        "The database on PostgreSQL": partial(database, kind="postgresql"),
        "diagrams/payment.mmd": partial(file, name="diagrams/payment.mmd", reader=read_mermaid),
        "diagrams/payment.svg": partial(file, name="diagrams/payment.svg", reader=read_svg),
        "diagrams/transitions.csv": partial(file, name="diagrams/transitions.csv", reader=read_csv),
        "README.md": partial(file, name="README.md", reader=readme),
        **{f"The export as {name}": partial(export, name=name) for name in FORMATS},
        **{f"OpenAPI at {place}": partial(described, place=place) for place in enumerations()},
        "The Python client": client,
        "The verifier of bundles": verifier,
    }
)


# ── what they must tell ──────────────────────────────────────────────────────────────────────


def differences(source: str, told: Told) -> Iterator[str]:
    """Say in sentences where a source tells something else than the table does."""
    for what in ("rows", "states", "events", "terminal", "guards"):
        found, expected = getattr(told, what), getattr(TABLE, what)
        if found is None:
            continue
        here, there = _words(found), _words(expected)
        if missing := [word for word in there if word not in here]:
            yield f"{source} does not tell these {what} of the table: {', '.join(missing)}."
        if besides := [word for word in here if word not in there]:
            yield f"{source} tells {what} that the table does not have: {', '.join(besides)}."
        if doubled := sorted({word for word in here if here.count(word) > 1}):
            yield f"{source} tells these {what} more than once: {', '.join(doubled)}."
    if told.initial not in {None, TABLE.initial}:
        yield f"{source} begins in {told.initial}; the table begins in {TABLE.initial}."
    for line in told.unread:
        yield f"{source} tells what nobody can read: {line}."


def _words(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [
            f"{event} needs {needs} and spends {spends}" for event, (needs, spends) in told.items()
        ]
    return [each if isinstance(each, str) else " ".join(each) for each in told]


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_tells_the_table(source: str, request: pytest.FixtureRequest) -> None:
    """Whoever tells of the machine tells the table, nothing less and nothing besides."""
    told = SOURCES[source](request)

    assert list(differences(source, told)) == []


def test_the_api_has_its_enumerations() -> None:
    """States and events are enumerated wherever the API's description shows one."""
    schemas = "#/components/schemas"

    assert enumerations().keys() >= {
        f"{schemas}/payment/properties/state",
        f"{schemas}/transition/properties/event",
        f"{schemas}/transition/properties/target",
        f"{schemas}/machine/properties/states/items",
        f"{schemas}/machine/properties/events/items",
    }


def test_the_client_knows_no_other_state() -> None:
    """Each word that the client compares a state with is a state."""
    sources = [
        path.read_text(encoding="utf-8") for path in ROOT.glob("orchestrator/client/**/*.py")
    ]
    compared = set(re.findall(r"\.state (?:==|!=) \"(\w+)\"", "".join(sources)))

    assert compared != set()
    assert compared <= (TABLE.states or set())


ROW: Final[Row] = ("created", "confirm", "confirming")
INVENTED: Final[Row] = ("failed", "confirm", "confirming")
WRONG: Final[Mapping[str, tuple[Told, str]]] = MappingProxyType(
    {
        "row missing": (
            replace(TABLE, rows=[row for row in TABLE.rows or [] if row != ROW]),
            "A poster does not tell these rows of the table: created confirm confirming.",
        ),
        "row invented": (
            replace(TABLE, rows=[*(TABLE.rows or []), INVENTED]),
            "A poster tells rows that the table does not have: failed confirm confirming.",
        ),
        "row doubled": (
            replace(TABLE, rows=[*(TABLE.rows or []), ROW]),
            "A poster tells these rows more than once: created confirm confirming.",
        ),
        "state missing": (
            Told(states=(TABLE.states or set()) - {"failed"}),
            "A poster does not tell these states of the table: failed.",
        ),
        "guard dropped": (
            Told(guards={"require_new_card": (1, 0), "disable_card": (1, 0)}),
            "A poster does not tell these guards of the table: confirm needs 1 and spends 1.",
        ),
        "wrong beginning": (
            Told(initial="confirming"),
            "A poster begins in confirming; the table begins in created.",
        ),
        "unread": (
            Told(unread=["here be dragons"]),
            "A poster tells what nobody can read: here be dragons.",
        ),
    }
)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_difference_is_a_sentence(wrong: str) -> None:
    """What differs is said with the source's name and the difference itself."""
    told, sentence = WRONG[wrong]

    assert list(differences("A poster", told)) == [sentence]
