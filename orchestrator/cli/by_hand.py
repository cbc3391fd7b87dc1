"""Opens the deployment for commands by which an operator changes something, on record."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.requests import Caller
    from orchestrator.runtime import Runtime


@asynccontextmanager
async def operating() -> AsyncIterator[tuple["Runtime", "Caller"]]:
    """Open what the settings name, and say who asks: whoever is at the terminal.

    Raises:
        CommandFailed, Misconfigured: the settings do not fit together.
    """
    import structlog

    from orchestrator.cli.logs import write_logs
    from orchestrator.cli.storage import refuse_missing_file, refuse_unknown_kind
    from orchestrator.operator import this_operator
    from orchestrator.requests import Caller
    from orchestrator.runtime import Runtime
    from orchestrator.settings import Settings

    settings, name = Settings(), this_operator().id
    write_logs(settings, least=logging.WARNING)
    # It logs a line or two, and whoever uses the same process next has a log of its own.
    structlog.configure(cache_logger_on_first_use=False)
    refuse_unknown_kind(settings.database_url)
    refuse_missing_file(settings.database_url)
    assert name is not None, "an operator has a name"
    runtime = await Runtime.open(settings)
    try:
        yield runtime, Caller(name, name, f"cli_{token_hex(12)}", kind="operator")
    finally:
        await runtime.close()
