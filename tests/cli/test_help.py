"""Whoever asks for help gets a sentence for every command and every option."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from orchestrator import __version__
from orchestrator.cli import app
from tests.cli.conftest import Run


def commands() -> Iterator[tuple[str, Any]]:
    """Walk over every command, with its words."""

    def walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield words.strip(), command
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(f"{words} {name}", inner)

    return walk("", get_command(app))


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words or "orchestrator")
def test_help_is_shown(run: Run, words: str) -> None:
    """Every command answers --help with success and its own sentence."""
    result = run(*words.split(), "--help")

    assert (result.exit_code, "Usage: orchestrator" in result.stdout) == (0, True)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words or "orchestrator")
def test_every_part_is_explained(words: str) -> None:
    """A command and each of its options and arguments has a sentence of help."""
    command = COMMANDS[words]
    silent = [part.name for part in command.params if not getattr(part, "help", None)]

    assert command.help
    assert silent == []


def test_commands_are_those_of_the_contract() -> None:
    """The commands that users rely on are there."""
    leaves = {words for words, command in COMMANDS.items() if not hasattr(command, "commands")}

    assert leaves >= {
        "serve",
        "worker",
        "sandbox",
        "migrate",
        "demo",
        "run",
        "keys create",
        "keys list",
        "keys revoke",
        "machine",
        "certify",
        "payments list",
        "payments show",
        "payments resolve",
        "cards disable",
        "cards enable",
        "audit verify",
        "audit seal",
        "audit seals",
        "audit prove",
        "audit export",
        "audit verifier",
        "audit key create",
        "audit key show",
        "audit actions",
    }


def test_version_is_told(run: Run) -> None:
    """The version is the package's own."""
    result = run("--version")

    assert (result.exit_code, result.stdout) == (0, f"orchestrator {__version__}\n")


COMPLETIONS = {
    "orchestrator pa": ["payments"],
    "orchestrator payments ": ["list", "show", "resolve"],
    "orchestrator payments list --state c": ["created", "confirming", "card_disabled"],
    "orchestrator machine --format s": ["scxml"],
}


@pytest.mark.parametrize(("typed", "offered"), COMPLETIONS.items())
def test_words_are_completed(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, offered: list[str]
) -> None:
    """A shell is offered commands and the values of options."""
    monkeypatch.setenv("_ORCHESTRATOR_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))

    assert run().stdout.split() == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed_by_hand(run: Run, shell: str) -> None:
    """The script for each usual shell is printed, to be put where one likes."""
    assert "_ORCHESTRATOR_COMPLETE" in run("--show-completion", shell).stdout


def test_help_loads_nothing_heavy() -> None:
    """Help is quick: neither database, web framework nor Stripe is loaded for it."""
    script = "import sys, orchestrator.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert {"sqlalchemy", "fastapi", "stripe", "pydantic"} & set(loaded.stdout.split()) == set()


def test_unknown_command_is_a_usage_error(run: Run) -> None:
    """A word that is no command exits with the status of a usage error."""
    assert run("pay").exit_code == 2
