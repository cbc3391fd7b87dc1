"""The two servers that are compared: the hand-written floor, and ours as it is run.

Each gets a database of its own on one PostgreSQL, and the same stub for a Stripe.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.floor import DATABASE_VARIABLE, STRIPE_VARIABLE, TABLE
from benchmarks.processes import free_port, running
from orchestrator.keys import create_key
from orchestrator.store.connections import open_database
from orchestrator.store.keys import insert_key
from orchestrator.store.migrate import upgrade
from tests.postgres_server import PostgresServer


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that runs: its process, where it listens, and a key it takes."""

    name: str
    pid: int
    url: str
    key: str = "none"


@contextmanager
def floor(server: PostgresServer, stripe: str) -> Iterator[Contender]:
    """Run the hand-written handlers."""
    server.create_database("floor")
    server.execute(TABLE, "floor")
    port = free_port()
    environment = {
        DATABASE_VARIABLE: f"postgresql://postgres@/floor?host={server.directory}",
        STRIPE_VARIABLE: stripe,
    }
    arguments = ["benchmarks.floor:create_app", "--factory", "--port", str(port)]
    settings = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    with running(
        "uvicorn", *arguments, *settings, path="/", port=port, environment=environment
    ) as pid:
        yield Contender("floor", pid, f"http://127.0.0.1:{port}")


@contextmanager
def ours(server: PostgresServer, stripe: str) -> Iterator[Contender]:
    """Run the product over a migrated database, with nothing turned off."""
    server.create_database("ours")
    url = server.url("ours")
    upgrade(url)
    key = asyncio.run(_stored_key(url))
    port = free_port()
    environment = {
        "ORCHESTRATOR_DATABASE_URL": url,
        "ORCHESTRATOR_STRIPE_API_KEY": "sk_test_benchmark",
        "ORCHESTRATOR_STRIPE_API_BASE": stripe,
        "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS": "whsec_benchmark",
    }
    arguments = ["serve", "--no-worker", "--port", str(port)]
    with running(
        "orchestrator", *arguments, path="/healthz", port=port, environment=environment
    ) as pid:
        yield Contender("ours", pid, f"http://127.0.0.1:{port}", key)


async def _stored_key(url: str) -> str:
    row, secret = create_key("benchmark", "payments", None, datetime.now(UTC))
    database = open_database(url, pool_size=1)
    await database.write(insert_key, row)
    await database.close()
    return secret
