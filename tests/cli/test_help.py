"""Whoever asks for help gets a sentence for every command and every option."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

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
        "payments show",
        "audit verify",
    }


def test_unknown_command_is_a_usage_error(run: Run) -> None:
    """A word that is no command exits with the status of a usage error."""
    assert run("pay").exit_code == 2
