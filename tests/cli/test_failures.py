"""What can be expected to go wrong is one sentence that says what to do, and status 1."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.cli.failures import SentenceGroup
from orchestrator.errors import DatabaseUnavailable
from orchestrator.recovery import Worker
from tests.cli.conftest import Run

NEEDS_DATABASE = [("keys", "list"), ("audit", "verify"), ("payments", "show", "pay_x")]


@pytest.mark.parametrize("command", NEEDS_DATABASE, ids=" ".join)
def test_missing_database_is_not_made(run: Run, own_folder: Path, command: tuple[str, ...]) -> None:
    """Where there is no database the command says how to make one, and leaves no file behind."""
    result = run(*command)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "orchestrator migrate" in result.stderr
    assert list(own_folder.iterdir()) == []


@pytest.mark.parametrize("command", NEEDS_DATABASE, ids=" ".join)
def test_database_without_schema_is_refused(
    run: Run, own_folder: Path, command: tuple[str, ...]
) -> None:
    """A database that was never migrated names the command that does it."""
    with closing(sqlite3.connect(own_folder / "orchestrator.db")) as connection:
        connection.execute("CREATE TABLE other (id TEXT)")

    result = run(*command)

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "orchestrator migrate" in result.stderr


REFUSED_SETTINGS = {
    "out of range": ("MAX_ATTEMPTS", "99", "ORCHESTRATOR_MAX_ATTEMPTS"),
    "no Stripe key": ("STRIPE_API_KEY", "hello", "ORCHESTRATOR_STRIPE_API_KEY"),
    "another database": ("DATABASE_URL", "mysql://host/name", "postgresql+asyncpg://"),
    "another driver": ("DATABASE_URL", "postgresql+psycopg://host/name", "postgresql+asyncpg://"),
    "no URL at all": ("DATABASE_URL", "payments", "ORCHESTRATOR_DATABASE_URL"),
    "nobody listens": (
        "DATABASE_URL",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "ORCHESTRATOR_DATABASE_URL",
    ),
    "no such folder": ("DATABASE_URL", "sqlite:////no/such/folder/a.db", "ORCHESTRATOR_DATABASE"),
}


@pytest.mark.parametrize(
    ("name", "value", "said"), REFUSED_SETTINGS.values(), ids=REFUSED_SETTINGS.keys()
)
def test_wrong_setting_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """A setting that cannot be right is named in one line without a traceback."""
    monkeypatch.setenv(f"ORCHESTRATOR_{name}", value)

    result = run("migrate")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert said in result.stderr


@pytest.mark.usefixtures("stored")
def test_database_that_goes_away_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose database is lost says what to do at a terminal, and nothing of requests."""

    async def lose(_: Worker) -> dict[str, int]:
        raise DatabaseUnavailable

    monkeypatch.setattr(Worker, "run_once", lose)
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_x")

    result = run("worker", "--once")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("error: The database stopped answering.")
    assert "Idempotency-Key" not in result.stderr


def test_secret_in_settings_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused Stripe key is not repeated."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "hello-secret")

    assert "hello-secret" not in run("migrate").stderr


def test_bug_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expects is not dressed up as a sentence."""
    monkeypatch.setattr(SentenceGroup, "get_command", lambda *_: 1 / 0)

    assert isinstance(run("migrate").exception, ZeroDivisionError)


def test_migrating_twice_is_the_same(run: Run, own_folder: Path) -> None:
    """The second migration finds nothing to do and says the same."""
    first, second = run("migrate"), run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == second.stdout
    assert (own_folder / "orchestrator.db").is_file()


def test_counts_of_a_worker_that_stays_are_refused(run: Run) -> None:
    """A worker that does not stop has no counts to print, and says so instead of running on."""
    result = run("worker", "--json")

    assert result.exit_code == 2
    assert "--once" in result.stderr
