"""The log of a server process: lines for people in a terminal, JSON lines everywhere else."""

import logging
import sys
from typing import Any

import structlog

# A traceback with the values of its variables would show keys and secrets.
_CONSOLE = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def write_logs(level: int = logging.INFO) -> None:
    """Send the log to stderr, from ``level`` on."""
    in_terminal = sys.stderr.isatty()
    written: list[Any] = (
        [structlog.processors.TimeStamper("%H:%M:%S"), _CONSOLE]
        if in_terminal
        else [
            structlog.processors.TimeStamper("iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *written,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
