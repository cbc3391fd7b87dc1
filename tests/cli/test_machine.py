"""``machine`` and ``certify`` print what the pure modules say, and fail where they do."""

import json

import pytest

from orchestrator.cli import certify
from orchestrator.states import FORMATS, TRANSITIONS, Certificate, Violation, render
from tests.cli.conftest import Run


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_printed(run: Run, name: str) -> None:
    """Each format is printed exactly as it is rendered."""
    result = run("machine", "--format", name)

    assert (result.exit_code, result.stdout) == (0, render(name))


def test_unknown_format_is_refused(run: Run) -> None:
    """A format that does not exist is a usage error that lists those that do."""
    result = run("machine", "--format", "pdf")

    assert result.exit_code == 2
    assert "markdown" in result.stderr


def test_certificate_is_printed_as_json(run: Run) -> None:
    """The JSON certificate has the names that other programs read."""
    result = run("certify", "--max-attempts", "3", "--json")

    printed = json.loads(result.stdout)
    assert result.exit_code == 0
    assert printed == {
        "max_attempts": 3,
        "configurations": printed["configurations"],
        "longest_path": 6,
        "max_confirmations": 3,
        "violations": [],
    }


def test_certificate_is_printed_for_people(run: Run) -> None:
    """Without --json the bound is said in a sentence."""
    result = run("certify", "--max-attempts", "2")

    assert "at most 4 transitions and 2 confirmations" in " ".join(result.stdout.split())


def test_violation_fails_and_names_the_row(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken promise exits with 1 and names the row that breaks it."""
    broken = Violation("terminal_is_final", TRANSITIONS[3], "It leaves a handled state.")
    monkeypatch.setattr(certify, "prove", lambda attempts: Certificate((), (broken,), attempts))

    result = run("certify")

    assert result.exit_code == 1
    assert "confirming --succeed--> succeeded" in result.stderr
