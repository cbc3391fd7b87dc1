"""Downloads: what the command writes, of a bounded period, and on record."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from api.console import downloads
from orchestrator.audit.export import csv_lines, csv_steps, jsonl_lines
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.schema import payment_transitions
from tests.console.visitor import Visitor, text_of


async def ask(visitor: Visitor, **fields: str) -> Any:
    """Send the form of a download."""
    token = await visitor.form_token(downloads.DOWNLOADS)
    today = datetime.now(UTC).date().isoformat()
    given = {"from": today, "to": today, "format": "csv", "form_token": token, **fields}
    return await visitor.post(downloads.DOWNLOADS, given)


@pytest.mark.parametrize(("format", "lines"), [("csv", csv_lines), ("jsonl", jsonl_lines)])
async def test_a_download_is_what_the_command_writes(
    auditor: Visitor, format: str, lines: Any
) -> None:
    """A period's payments are written as ``audit export`` writes them, and that is on record."""
    for _ in range(3):
        await auditor.api.confirm(await auditor.api.create())
    database = auditor.api.world.runtime.database
    answer = await ask(auditor, format=format)
    expected = [line async for line in lines(database, None)]
    last = (await database.read(read_actions, ListActions(limit=1))).actions[0]

    assert answer.status_code == 200
    assert re.fullmatch(
        rf'attachment; filename="payments-[\d-]+\.{format}"', answer.headers["content-disposition"]
    )
    assert sorted(answer.text.splitlines()) == sorted("".join(expected).splitlines())
    assert (last["action"], last["details"]) == ("export_made", {"format": format})


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begins: str) -> None:
    """A text that a spreadsheet would run is written as a text; numbers and other texts are not."""
    row = dict.fromkeys((column.name for column in payment_transitions.c), None)
    line = csv_steps([{**row, "reason": f"{begins}1+1", "handler": "retry", "sequence": -1}])
    cells = next(csv.reader(io.StringIO(line, newline="")))

    assert [cell for cell in cells if cell] == ["-1", "retry", f"'{begins}1+1"]


async def test_a_download_keeps_to_its_period(auditor: Visitor) -> None:
    """What was created on other days is not in it."""
    await auditor.api.create()
    answer = await ask(auditor, **{"from": "2020-01-01", "to": "2020-01-31"})

    assert len(list(csv.reader(io.StringIO(answer.text)))) == 1


async def test_a_download_has_every_page(auditor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages are read, each payment is in the file once and in order."""
    made = [(await auditor.api.create())["id"] for _ in range(7)]
    monkeypatch.setattr("orchestrator.audit.period.PAGE", 2)
    monkeypatch.setattr(downloads, "PIECE", 100)
    answer = await ask(auditor, format="jsonl")

    assert [json.loads(line)["payment"]["id"] for line in answer.text.splitlines()] == made


REFUSED = {
    "no day": {"from": "yesterday"},
    "backwards": {"from": "2026-03-02", "to": "2026-03-01"},
    "too long": {"from": "2026-01-01", "to": "2026-02-01"},
    "beyond time": {"to": "9999-12-31"},
    "another format": {"format": "xlsx"},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_download_that_is_refused(auditor: Visitor, name: str) -> None:
    """The form says what is wrong, and nothing goes on record."""
    answer = await ask(auditor, **REFUSED[name])
    database = auditor.api.world.runtime.database
    made = await database.read(read_actions, ListActions(action="export_made"))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert made.actions == ()


async def test_a_period_that_is_too_large(
    auditor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file has a bound, which is told before the first line."""
    monkeypatch.setattr(downloads, "MAX_PAYMENTS", 2)
    for _ in range(2):
        await auditor.api.create()
    assert (await ask(auditor)).status_code == 200
    await auditor.api.create()
    answer = await ask(auditor)

    assert answer.status_code == 422
    assert "More than 2 payments were created in this time." in text_of(answer)


async def test_other_answers_go_on_beside_a_download() -> None:
    """However fast the pieces of a download are taken, everything else has its turn between two."""
    seen = []

    async def lines() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * downloads.PIECE

    async def another_answer() -> None:
        while True:
            seen.append("another")
            await asyncio.sleep(0)

    task = asyncio.create_task(another_answer())
    async for _ in downloads._pieces(lines()):
        seen.append("piece")
    task.cancel()

    assert seen == ["piece", "another", "piece", "another", "piece", "another", "piece"]
