"""The machine over HTTP is the machine that runs."""

from __future__ import annotations

from xml.etree import ElementTree

from orchestrator.states import TRANSITIONS, certify
from tests.api.conftest import Api


async def test_the_table_is_shown_as_it_is(sqlite_api: Api) -> None:
    """Every row of the table, and the longest path that was proven for it."""
    document = (await sqlite_api.get("/v1/machine")).json()

    assert list(document) == [
        "object",
        "version",
        "states",
        "terminal_states",
        "events",
        "transitions",
        "max_attempts",
        "longest_path",
    ]
    assert document["transitions"] == [
        {"source": row.source, "event": row.event, "target": row.target} for row in TRANSITIONS
    ]
    assert document["longest_path"] == certify(document["max_attempts"]).longest_path


async def test_the_diagram_is_a_picture(sqlite_api: Api) -> None:
    """The diagram is an SVG with every state in it."""
    answer = await sqlite_api.get("/v1/machine/diagram.svg")
    words = "".join(ElementTree.fromstring(answer.text).itertext())

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert [row.target for row in TRANSITIONS if row.target not in words] == []
