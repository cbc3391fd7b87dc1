"""The log of a server process: lines for people in a terminal, JSON lines everywhere else."""

import logging
import sys
from typing import Any

import structlog


def write_logs(level: int = logging.INFO) -> None:
    """Send the log to stderr, from ``level`` on."""
    in_terminal = sys.stderr.isatty()
    written: list[Any] = (
        [structlog.processors.TimeStamper("%H:%M:%S"), structlog.dev.ConsoleRenderer()]
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
