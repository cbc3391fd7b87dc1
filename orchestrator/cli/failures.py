"""Expected failures become one sentence on stderr and exit status 1; bugs keep their traceback."""

import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from orchestrator.errors import DatabaseUnavailable, Misconfigured, OrchestratorError

# The error's own sentence is for who sent a request: a command has no key to repeat it under.
_DATABASE_AWAY: Final = (
    "The database stopped answering. What was written stays written, and what is due waits. See "
    "that the database runs, then run the command again."
)


class CommandFailed(OrchestratorError):
    """A command could not do its work; the sentence says what to do next."""

    code = "command_failed"


class SentenceGroup(TyperGroup):
    """The outermost group: where a command's exception ends."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command and write an expected failure as a sentence."""
        try:
            return super().invoke(ctx)
        except DatabaseUnavailable:
            fail(_DATABASE_AWAY)
        except OrchestratorError as exc:
            fail(str(exc))
        except Exception as exc:
            sentence = _sentence_for(exc)
            if sentence is None:
                raise
            fail(sentence)


def fail(sentence: str) -> NoReturn:
    """Write the sentence on stderr and exit with status 1."""
    typer.echo(f"error: {sentence}", err=True)
    sys.exit(1)


def _sentence_for(exc: Exception) -> str | None:
    """Word what a database or the settings raise; null for what nobody expects.

    The libraries are looked at only where they are loaded: a command that did not load one cannot
    have met its errors.
    """
    for module, wording in (
        ("pydantic", _settings_sentence),
        ("sqlalchemy.exc", _database_sentence),
        ("asyncpg", _database_sentence),
    ):
        if module in sys.modules and (sentence := wording(exc)):
            return sentence
    return None


def _settings_sentence(exc: Exception) -> str | None:
    from pydantic import ValidationError

    if not isinstance(exc, ValidationError) or exc.title != "Settings":
        return None
    problems = (
        f"ORCHESTRATOR_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}"
        for error in exc.errors()
    )
    return f"The settings are not right. {'; '.join(problems)}."


def _database_sentence(exc: Exception) -> str | None:
    import asyncpg
    from sqlalchemy.exc import ArgumentError, DBAPIError

    if isinstance(exc, ArgumentError):
        return (
            "ORCHESTRATOR_DATABASE_URL is no database's address. Write sqlite:///orchestrator.db "
            "or postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE."
        )
    unreachable = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
    if not isinstance(exc, unreachable):
        return None
    cause = getattr(exc, "orig", None) or exc
    return (
        f"The database did not answer as it should: {str(cause).strip()} "
        "Check ORCHESTRATOR_DATABASE_URL."
    )


__all__ = ["CommandFailed", "Misconfigured", "SentenceGroup", "fail"]
