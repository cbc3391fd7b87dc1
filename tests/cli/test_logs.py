"""What a server process logs: one line an event, in the form asked for, without secrets."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from orchestrator.cli.logs import write_logs
from orchestrator.settings import Settings

KEY = "sk_" + "test_51HzAbCdEfGh"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Leave no trace of what a test did to the log."""
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = before
    logging.captureWarnings(False)


def settings(**given: Any) -> Settings:
    """Return settings that say this much of the log."""
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]  # taken unannounced


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Read what was written, as a collector of logs would."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Away from a terminal an event is one JSON object with its level and moment."""
    write_logs(settings())
    structlog.get_logger("x").info("payment_moved", payment="pay_1")
    (line,) = lines(capsys)

    assert (line["event"], line["level"], line["payment"]) == ("payment_moved", "info", "pay_1")
    assert line["timestamp"].endswith("Z")


def test_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Told so, it writes text away from a terminal too, and takes secrets out of it."""
    write_logs(settings(log_format="console"))
    structlog.get_logger("x").warning("alert", payment="pay_1", why=KEY)
    written = capsys.readouterr().err

    assert not written.startswith("{")
    assert "pay_1" in written
    assert "51Hz" not in written


@pytest.mark.parametrize(
    ("level", "least", "written"),
    [
        (None, logging.DEBUG, ["info", "warning", "error"]),
        (None, logging.WARNING, ["warning", "error"]),
        ("info", logging.WARNING, ["info", "warning", "error"]),
        ("debug", logging.DEBUG, ["debug", "info", "warning", "error"]),
        ("ERROR", logging.DEBUG, ["error"]),
    ],
)
def test_levels(
    capsys: pytest.CaptureFixture[str], level: str | None, least: int, written: list[str]
) -> None:
    """The setting says from which level on, and goes over what a command would like."""
    write_logs(settings(**({"log_level": level} if level else {})), least)
    log = structlog.get_logger("x")
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)(name)

    assert [line["event"] for line in lines(capsys)] == written


@pytest.mark.parametrize(("name", "value"), [("log_level", "loud"), ("log_format", "xml")])
def test_unknown_words_are_refused(name: str, value: str) -> None:
    """A level or a form that there is not is refused at start."""
    with pytest.raises(ValueError, match=name):
        settings(**{name: value})


def test_tracebacks_hold_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the message of an exception nor that of its cause shows a secret."""
    write_logs(settings())
    try:
        try:
            raise ValueError(f"bad key {KEY}")
        except ValueError as exc:
            raise RuntimeError(f"card {'4242' * 4}") from exc
    except RuntimeError:
        structlog.get_logger("x").exception("request_failed")
    (line,) = lines(capsys)

    assert "bad key sk_[redacted]" in line["exception"]
    assert "card [redacted]" in line["exception"]


@pytest.mark.parametrize("name", ["aiohttp.client", "sqlalchemy.engine", "asyncio", "stripe"])
def test_libraries_lines_are_ours(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """What a library logs is a line like ours, with its name, and without secrets."""
    write_logs(settings())
    structlog.contextvars.bind_contextvars(request_id="req_1")
    try:
        raise OSError(f"refused {KEY}")
    except OSError:
        logging.getLogger(name).exception("lost %s with %s", "it", KEY)
    (line,) = lines(capsys)

    assert (line["logger"], line["level"], line["request_id"]) == (name, "error", "req_1")
    assert line["event"] == "lost it with sk_[redacted]"
    assert "refused sk_[redacted]" in line["exception"]


def test_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Of libraries only warnings are written, whatever our own level is."""
    write_logs(settings(log_level="debug"))
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")

    assert lines(capsys) == []


def test_warnings_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """What Python warns of is written like everything else."""
    write_logs(settings())
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"old {KEY}", stacklevel=1)
        logging.captureWarnings(False)
    (line,) = lines(capsys)

    assert (line["logger"], "old sk_[redacted]" in line["event"]) == ("py.warnings", True)
