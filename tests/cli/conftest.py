"""The command line as a test drives it: in this process, or as a program of its own."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from orchestrator.cli import app
from tests.cli.programs import Program

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without any setting of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("ORCHESTRATOR_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in this process; what it did to the log is undone afterwards."""
    runner, configure = CliRunner(), structlog.configure

    def configure_for_now(**given: Any) -> None:
        # A logger that remembers its first stream would go on writing to the runner's closed one.
        configure(**given | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", configure_for_now)

    def invoke(*arguments: str) -> Result:
        return runner.invoke(app, arguments, prog_name="orchestrator")

    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield invoke
    structlog.reset_defaults()
    root.handlers, root.level = before
    logging.captureWarnings(False)


@pytest.fixture
def stored(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands find a migrated SQLite database."""
    monkeypatch.setenv("ORCHESTRATOR_DATABASE_URL", sqlite_url)
    return sqlite_url


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """Start commands as programs, and end them with the test."""
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        started.append(Program(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.end()
