"""The command writes and verifies archives, and refuses what makes no sense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

from orchestrator.cli.archive import moment_of
from tests.archive.conftest import LATER, handled
from tests.cli.conftest import Run, run

__all__ = ["run"]


async def test_the_command_writes_and_verifies(
    stored: str,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command archives, and checks an archive where there is no database."""
    path = str(tmp_path / "2026.jsonl.gz")
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", stored)
    written = await asyncio.to_thread(
        run, "archive", "--before", LATER.date().isoformat(), "--to", path, "--json"
    )
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", "sqlite:///nowhere.db")
    verified = run("archive", "--verify", path)

    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", stored)
    action, *_ = json.loads((await asyncio.to_thread(run, "audit", "actions", "--json")).stdout)

    assert (written.exit_code, written.stderr) == (0, "")
    assert (action["action"], action["details"]) == ("export_made", {"format": "archive"})
    assert json.loads(written.stdout)["payments"] == handled(stored)
    assert verified.exit_code == 0
    assert json.loads(written.stdout)["sha256"] in verified.stdout


WRONG: Final[Mapping[str, tuple[tuple[str, ...], str]]] = MappingProxyType(
    {
        "nothing asked": ((), "Give --before and --to"),
        "no file": (("--before", "2026-01-01"), "Give --before and --to"),
        "both at once": (("--verify", "a", "--to", "b"), "Give --before and --to"),
        "no date": (("--before", "soon", "--to", "a.gz"), "soon is no date"),
        "no archive": (("--verify", "missing.gz"), "There is no archive missing.gz"),
    }
)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_makes_no_sense_is_refused(run: Run, wrong: str) -> None:
    """A command that cannot be meant is answered with a sentence."""
    arguments, sentence = WRONG[wrong]
    result = run("archive", *arguments)

    assert result.exit_code == 1
    assert sentence in result.stderr


def test_a_date_is_one_of_utc() -> None:
    """A date without a zone is midnight in UTC, and a moment keeps its own zone."""
    assert moment_of("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment_of("2026-01-31T02:00:00+02:00") == datetime(2026, 1, 31, tzinfo=UTC)
