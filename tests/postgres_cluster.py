"""A PostgreSQL that can be restarted, killed, and followed by a synchronous standby.

For tests of what a deployment does then. Its commits survive the server's processes, as a real
one's do, but not the machine: nothing waits for the disk.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tests.postgres_server import ORDINARY, PostgresServer, ServerFailed, answer_of, guarded

# How PostgreSQL calls them: ``fast`` breaks connections off, ``immediate`` crashes on purpose.
SIGNALS: Final[Mapping[str, str]] = MappingProxyType({"fast": "SIGINT", "immediate": "SIGQUIT"})
# The name under which the guard's standby follows.
STANDBY: Final = "copy"
SURVIVING: Final[Mapping[str, str]] = MappingProxyType(
    {
        **ORDINARY,
        "fsync": "off",
        "shared_buffers": "64MB",
        "wal_level": "replica",
        "max_wal_senders": "4",
        "io_method": "sync",
    }
)
FOLLOW_TIMEOUT_SECONDS: Final = 30
POLL_SECONDS: Final = 0.02


@dataclass(slots=True)
class Cluster:
    """A primary, and a standby once there is one."""

    primary: PostgresServer
    _guard: subprocess.Popen[bytes]
    standby: PostgresServer | None = None

    @classmethod
    @contextmanager
    def start(cls, settings: Mapping[str, str] = SURVIVING) -> Iterator[Cluster]:
        """Run a primary as long as the block.

        Raises:
            ServerFailed: it did not start.
        """
        with guarded(settings) as (guard, directory):
            yield cls(PostgresServer(directory), guard)

    def url(self, database: str, role: str = "postgres") -> str:
        """Return the address of a database, with every host that may come to hold it."""
        servers = [self.primary, *([self.standby] if self.standby else [])]
        # Of a single socket's address the port would be taken for a part.
        port = ":5432" if self.standby else ""
        hosts = "&".join(f"host={server.directory}{port}" for server in servers)
        return f"postgresql+asyncpg://{role}@/{database}?{hosts}"

    def restart(self, how: str) -> None:
        """Restart the primary, ``fast`` or ``immediate``.

        Raises:
            ServerFailed: it did not start again.
        """
        self._order(order="restart", signal=SIGNALS[how])

    def kill_primary(self) -> None:
        """Kill every process of the primary with SIGKILL; it does not come back."""
        self._order(order="kill")

    def add_standby(self) -> None:
        """Run a standby that every commit of the primary waits for.

        The primary is told first, so that the standby inherits the setting as a real one does.

        Raises:
            ServerFailed: it did not start, or does not follow.
        """
        self.primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self.standby = PostgresServer(self.primary.directory / STANDBY)
        self._order(order="standby")
        self.primary.execute("SELECT pg_reload_conf()")
        self._wait("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1")

    def promote(self, *, clear_names: bool = True) -> None:
        """Make the standby a primary, which waits for nobody unless it is left to.

        Raises:
            ServerFailed: it did not become one.
        """
        assert self.standby is not None, "only a standby is promoted"
        if clear_names:
            self.standby.execute("ALTER SYSTEM RESET synchronous_standby_names")
            self.standby.execute("SELECT pg_reload_conf()")
        self.standby.execute("SELECT pg_promote()")

    def _wait(self, query: str, wanted: str) -> None:
        give_up_at = time.monotonic() + FOLLOW_TIMEOUT_SECONDS
        while self.primary.execute(query) != wanted:
            if time.monotonic() > give_up_at:
                raise ServerFailed(f"Still not {wanted}: {query}")
            time.sleep(POLL_SECONDS)

    def _order(self, **order: str) -> None:
        assert self._guard.stdin is not None, "a pipe"
        self._guard.stdin.write(json.dumps(order).encode() + b"\n")
        self._guard.stdin.flush()
        answer_of(self._guard)
