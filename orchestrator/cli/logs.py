"""The log of a server process: lines for people in a terminal, JSON lines everywhere else.

Ours and the libraries' lines go the same way, and every one has its secrets taken out. Refuses to
write the values of variables: a traceback with them would show keys and customers.
"""

import logging
import sys
from typing import Any, Final

import structlog

from orchestrator.redaction import redact_event
from orchestrator.settings import Settings
from orchestrator.tracing import add_trace_id

# What happens before a line is written, whoever it is from.
_COMMON: Final[tuple[Any, ...]] = (
    structlog.contextvars.merge_contextvars,
    add_trace_id,
    structlog.processors.add_log_level,
)


def write_logs(settings: Settings, least: int = logging.DEBUG) -> None:
    """Send the log to stderr as the settings say.

    A command that shows things itself asks for ``least``, which goes unless a level is set.
    """
    level: int = logging.getLevelNamesMapping()[settings.log_level.upper()]
    if "log_level" not in settings.model_fields_set:
        level = max(level, least)
    for_people = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    written = _for_people() if for_people else _for_machines()
    structlog.configure(
        processors=[*_COMMON, *written],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_libraries_in(level, written)


def _for_people() -> list[Any]:
    return [
        structlog.processors.TimeStamper("%H:%M:%S"),
        structlog.processors.format_exc_info,
        redact_event,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]


def _for_machines() -> list[Any]:
    return [
        structlog.processors.TimeStamper("iso"),
        structlog.processors.format_exc_info,
        redact_event,
        structlog.processors.JSONRenderer(),
    ]


def _take_libraries_in(level: int, written: list[Any]) -> None:
    """Write what libraries log through ``logging`` as our own lines, from warnings on."""
    *prepared, rendered = written
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_COMMON, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *prepared,
                rendered,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
