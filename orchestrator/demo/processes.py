"""The programs of a demonstration: stand-in, API and worker, on free ports over a fresh database.

Whatever happens, none of them outlives the demonstration.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from orchestrator.cli.children import Child, start_module, start_stand_in, stop
from orchestrator.cli.failures import CommandFailed
from orchestrator.keys import create_key
from orchestrator.store.connections import Database, open_database
from orchestrator.store.keys import insert_key
from orchestrator.store.migrate import upgrade

STRIPE_KEY: Final = "sk_test_demo"
WEBHOOK_SECRET: Final = "whsec_demo"
# After this and two seconds more the worker asks for an answer whose process died.
STRIPE_TIMEOUT_SECONDS: Final = 4
# Longer than a slow machine takes from a payment's creation to its card.
SHORT_TTL_SECONDS: Final = 6
# Longer than the worker takes to find out what became of a killed server's charge.
SHORT_DEADLINE_SECONDS: Final = 15
_SERVING: Final = "Serving on "


@dataclass(slots=True)
class Deployment:
    """What runs, and where."""

    folder: Path
    stand_in: str
    environment: dict[str, str]
    api_key: str
    database: Database
    # Registers the receiver.
    admin_key: str = ""
    api: str = ""
    server: Child | None = None
    children: list[Child] = field(default_factory=list)
    log: IO[Any] | None = None

    async def start_server(self, **settings: str) -> None:
        """Start the API, on the port it had before if it ran before.

        Raises:
            CommandFailed: it did not start.
        """
        own = {f"ORCHESTRATOR_{name.upper()}": value for name, value in settings.items()}
        port = self.api.rpartition(":")[2] or "0"
        arguments = ("serve", "--no-worker", "--port", port)
        self.server = self._start(*arguments, environment=self.environment | own)
        assert self.server.stdout is not None, "the child was given a pipe"
        line = await asyncio.to_thread(self.server.stdout.readline)
        if not line.startswith(_SERVING):
            raise CommandFailed(f"The API did not start.\n{self.last_lines()}")
        self.api = line.removeprefix(_SERVING).split()[0]

    def start_worker(self) -> None:
        """Start a worker of its own."""
        self._start("worker", environment=self.environment)

    def kill_server(self) -> None:
        """Kill the API with SIGKILL: it has no chance to finish anything."""
        assert self.server is not None, "only a server that runs can be killed"
        self.server.kill()
        self.server.wait()

    def last_lines(self, count: int = 8) -> str:
        """Return the end of the programs' log."""
        text = (self.folder / "programs.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-count:])

    def stop(self) -> None:
        """End every program."""
        for child in reversed(self.children):
            stop(child)

    def _start(self, *arguments: str, environment: dict[str, str]) -> Child:
        child = start_module(
            "orchestrator",
            *arguments,
            environment=environment,
            folder=self.folder,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        self.children.append(child)
        return child


@asynccontextmanager
async def deployed(folder: Path) -> AsyncIterator[Deployment]:
    """Run stand-in, API and worker beside the block; this first API gives payments little time.

    Raises:
        CommandFailed: one of them did not start.
    """
    url = f"sqlite:///{folder / 'demo.db'}"
    log = (folder / "programs.log").open("w")
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        stand_in, address = start_stand_in(environment=_clean_environment(), stderr=log)
        stack.callback(stop, stand_in)
        upgrade(url)
        database = open_database(url)
        stack.push_async_callback(database.close)
        deployment = Deployment(
            folder=folder,
            stand_in=address,
            environment=_clean_environment() | _settings(url, address),
            api_key=await _new_key(database, "payments"),
            admin_key=await _new_key(database, "admin"),
            database=database,
            log=log,
        )
        stack.callback(deployment.stop)
        deployment.start_worker()
        await deployment.start_server(
            payment_ttl=str(SHORT_TTL_SECONDS), confirm_deadline=str(SHORT_DEADLINE_SECONDS)
        )
        yield deployment


def new_folder() -> Path:
    """Make a folder for one demonstration."""
    return Path(tempfile.mkdtemp(prefix="orchestrator-demo-"))


def _clean_environment() -> dict[str, str]:
    """Leave the deployment's own settings out: a demonstration never touches a real one."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("ORCHESTRATOR_")}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _settings(database_url: str, stand_in: str) -> dict[str, str]:
    return {
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "ORCHESTRATOR_STRIPE_API_KEY": STRIPE_KEY,
        "ORCHESTRATOR_STRIPE_API_BASE": stand_in,
        "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "ORCHESTRATOR_STRIPE_TIMEOUT": str(STRIPE_TIMEOUT_SECONDS),
        # The demonstration's own receiver listens on loopback.
        "ORCHESTRATOR_WEBHOOK_ALLOW_PRIVATE": "true",
    }


async def _new_key(database: Database, scope: str) -> str:
    row, secret = create_key("demo", scope, None, datetime.now(UTC))
    await database.write(insert_key, row)
    return secret
