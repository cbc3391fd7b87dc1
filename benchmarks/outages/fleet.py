"""The processes of an outage: several APIs and workers on one database, and the stand-in.

They are the real commands, each in a process of its own; none outlives the block.
"""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from orchestrator.cli.children import Child, start_stand_in, stop
from orchestrator.demo.processes import STRIPE_KEY, Deployment
from orchestrator.keys import create_key
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key

DATABASE: Final = "payments"
WEBHOOK_SECRET: Final = "whsec_outage"
# What recovery waits for before it asks for an answer that was lost.
STRIPE_TIMEOUT_SECONDS: Final = 3
_EVENT: Final = re.compile(r'"event": ?"(\w+)"')


@dataclass(slots=True)
class Fleet(Deployment):
    """Several APIs and workers."""

    apis: list[str] = field(default_factory=list)

    async def start_servers(self, how_many: int) -> None:
        """Start APIs, each on a port of its own."""
        for _ in range(how_many):
            self.api = ""
            await self.start_server()
            self.apis.append(self.api)

    def start_child(self, *command: str) -> Child:
        """Start one of the program's commands."""
        return self._start(*command, environment=self.environment)

    def logged(self) -> Counter[str]:
        """Count what the processes have logged, by event; their lines run into one another."""
        return Counter(_EVENT.findall((self.folder / "programs.log").read_text(errors="replace")))

    def still_running(self) -> int:
        """Count the processes that nothing has ended."""
        return sum(child.poll() is None for child in self.children)


@asynccontextmanager
async def fleet(owner_url: str, url: str, *, apis: int, workers: int) -> AsyncIterator[Fleet]:
    """Run stand-in, APIs and workers on a migrated database; its owner's address comes first.

    Raises:
        CommandFailed: one of them did not start.
    """
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="outage-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        log = stack.enter_context((folder / "programs.log").open("w"))
        stand_in, address = start_stand_in(environment=_environment(), stderr=log)
        stack.callback(stop, stand_in)
        # Of the owner: it makes the key and verifies in the end.
        database = open_database(owner_url)
        stack.push_async_callback(database.close)
        row, secret = create_key("shop", "payments", None, datetime.now(UTC))
        await database.write(insert_key, row)
        running = Fleet(
            folder=folder,
            stand_in=address,
            environment=_environment() | _settings(url, address),
            api_key=secret,
            database=database,
            log=log,
        )
        stack.callback(running.stop)
        for _ in range(workers):
            running.start_worker()
        await running.start_servers(apis)
        yield running


def _environment() -> dict[str, str]:
    """Return our environment less a deployment's own settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("ORCHESTRATOR")
    }
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _settings(url: str, stand_in: str) -> dict[str, str]:
    return {
        "ORCHESTRATOR_DATABASE_URL": url,
        "ORCHESTRATOR_DATABASE_POOL": "8",
        "ORCHESTRATOR_STRIPE_API_KEY": STRIPE_KEY,
        "ORCHESTRATOR_STRIPE_API_BASE": stand_in,
        "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "ORCHESTRATOR_STRIPE_TIMEOUT": str(STRIPE_TIMEOUT_SECONDS),
    }


__all__ = ["DATABASE", "WEBHOOK_SECRET", "Fleet", "fleet"]
