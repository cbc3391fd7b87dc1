"""``serve``, ``worker``, ``sandbox`` and ``run``: what they refuse, and how they end."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.cli.conftest import Run
from tests.cli.programs import Program, children_of, is_alive, wait_until_gone

Start = Callable[..., Program]
READY = "Serving on"


def is_listening(url: str) -> bool:
    """Tell whether something answers at an address."""
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until_silent(url: str, seconds: float = 15) -> bool:
    """Wait until nothing listens at an address any more."""
    deadline = time.monotonic() + seconds
    while is_listening(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_listening(url)


def url_in(text: str) -> str:
    """Find the first address in what a program printed."""
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found is not None, text
    return found[0]


def test_serving_without_stripe_is_refused(run: Run, stored: str) -> None:
    """Without key and webhook secret both are named, and the way to try it without them."""
    result = run("serve", "--port", "0")

    assert result.exit_code == 1
    for part in ("STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRETS", "serve --sandbox"):
        assert part in result.stderr


def test_only_what_is_missing_is_named(
    run: Run, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is set is not asked for."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_x")

    error = run("serve", "--port", "0").stderr

    assert ("STRIPE_API_KEY" in error, "STRIPE_WEBHOOK_SECRETS" in error) == (False, True)


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x"])
def test_live_key_never_meets_the_stand_in(
    run: Run, stored: str, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With --sandbox a live key is refused."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", key)

    result = run("serve", "--sandbox", "--port", "0")

    assert (result.exit_code, "live key" in result.stderr) == (1, True)


@pytest.mark.parametrize("command", [("serve", "--sandbox"), ("run",)], ids=" ".join)
def test_live_database_never_meets_the_stand_in(
    run: Run, stored: str, command: tuple[str, ...]
) -> None:
    """A database of live payments is refused before a key or anything else is written to it."""
    file = make_url(stored).database or ""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO deployment VALUES (1, 'live')")
        connection.commit()

    result = run(*command, "--port", "0")

    with closing(sqlite3.connect(file)) as connection:
        keys = connection.execute("SELECT count(*) FROM api_keys").fetchone()
    assert (result.exit_code, "live payments" in result.stderr, keys) == (1, True, (0,))


def test_live_key_with_another_base_is_refused(
    run: Run, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live key and an address that is not Stripe's refuse to start."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_live_x")
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_BASE", "http://127.0.0.1:12111")
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS", "whsec_x")

    result = run("serve", "--port", "0")

    assert (result.exit_code, "ORCHESTRATOR_STRIPE_API_BASE" in result.stderr) == (1, True)


def test_unmigrated_database_is_refused(
    run: Run, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --sandbox a database behind the newest schema names the command to run."""
    sqlite3.connect(own_folder / "orchestrator.db").close()
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_x")
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS", "whsec_x")

    result = run("serve", "--port", "0")

    assert (result.exit_code, "orchestrator migrate" in result.stderr) == (1, True)


@pytest.mark.parametrize("command", [("serve", "--sandbox"), ("sandbox",), ("run",)], ids=" ".join)
def test_busy_port_is_named(run: Run, command: tuple[str, ...]) -> None:
    """A port that is taken is named, with the option to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = run(*command, "--port", port)

    assert result.exit_code == 1
    assert port in result.stderr
    assert "--port" in result.stderr


def test_server_over_stand_in_serves_and_stops(program: Start, own_folder: Path) -> None:
    """It migrates a fresh database, answers, and ends with the stand-in on SIGTERM."""
    server = program("serve", "--sandbox", "--port", "0")
    url = url_in(server.read_until(READY))

    with urllib.request.urlopen(f"{url}/readyz") as answer:
        status = answer.status
    children = children_of(server)
    server.process.send_signal(signal.SIGTERM)
    code, _, errors = server.finish()

    assert (status, code) == (200, 0), errors
    assert len(children) == 1
    assert not any(is_alive(child) for child in children)
    assert (own_folder / "orchestrator.db").is_file()


def test_stand_in_ends_with_a_killed_server(program: Start) -> None:
    """A server that is killed leaves no stand-in behind."""
    server = program("serve", "--sandbox", "--no-worker", "--port", "0")
    server.read_until(READY)
    children = children_of(server)
    server.process.kill()
    server.finish()

    assert len(children) == 1
    assert all(wait_until_gone(child) for child in children)


def test_run_prints_lines_that_work(program: Start) -> None:
    """The printed curl lines, run as they are, create a payment and pay it."""
    everything = program("run", "--port", "0")
    welcome = everything.read_until("Start over:")
    first, second = re.findall(r"^curl .*$", welcome, re.MULTILINE)
    created = json.loads(_shell(first))
    paid = json.loads(_shell(second.replace("PAYMENT", created["id"])))
    everything.process.send_signal(signal.SIGINT)
    code, output, errors = everything.finish()

    assert (created["state"], created["attempts_left"], paid["state"]) == (
        "created",
        4,
        "succeeded",
    )
    assert (code, errors, output.strip().splitlines()[-1]) == (0, "", "Stopped.")


def test_stand_in_alone_prints_its_address(program: Start) -> None:
    """The stand-in answers where it says it does, and stops when told."""
    stand_in = program("sandbox", "--port", "0")
    url = url_in(stand_in.read_until("http://"))

    with urllib.request.urlopen(f"{url}/_sandbox/ledger") as answer:
        ledger = json.load(answer)
    stand_in.process.send_signal(signal.SIGTERM)
    stand_in.finish()

    assert ledger["charges"] == []
    assert wait_until_silent(url)


def test_worker_once_counts(run: Run, stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing due a single round claims nothing and says so as JSON."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_x")

    result = run("worker", "--once", "--json")

    counts = json.loads(result.stdout)

    assert {"claimed", "settled", "left", "stripe_events", "caught_up"} <= set(counts)
    assert set(counts.values()) == {0}
    assert "0 payments were due" in run("worker", "--once").stdout


def test_worker_stops_when_told(
    program: Start, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker ends with status 0 on SIGTERM."""
    monkeypatch.setenv("ORCHESTRATOR_STRIPE_API_KEY", "sk_test_x")
    worker = program("worker")
    assert worker.process.stderr is not None
    assert "at work" in worker.process.stderr.readline()

    worker.process.send_signal(signal.SIGTERM)

    assert worker.finish()[0] == 0


def _shell(line: str) -> str:
    """Run a line as somebody would who copies it into a terminal."""
    return subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
