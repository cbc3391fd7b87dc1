"""Processes of a fleet that are killed at any moment, and started again as they were."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from benchmarks.outages.fleet import Fleet
from orchestrator.cli.children import Child, stop
from orchestrator.cli.failures import CommandFailed

_SERVING: Final = "Serving on "
# Somebody else's connection may have taken the port while nobody listened on it.
STARTS: Final = 10
PAUSE_SECONDS: Final = 0.3


@dataclass(slots=True)
class Victim:
    """One process: its kind, its command, and where it serves, if it does."""

    kind: str
    command: tuple[str, ...]
    fleet: Fleet
    serves: bool = False
    address: str = ""
    child: Child | None = field(default=None)

    async def start(self) -> None:
        """Start it, on the port that it had before.

        Raises:
            CommandFailed: it did not start.
        """
        for _ in range(STARTS):
            self.child = self.fleet.start_child(*self.command, *self._port())
            if not self.serves:
                return
            assert self.child.stdout is not None, "the child was given a pipe"
            line = await asyncio.to_thread(self.child.stdout.readline)
            if line.startswith(_SERVING):
                self.address = line.removeprefix(_SERVING).split()[0]
                return
            self._bury()
            await asyncio.sleep(PAUSE_SECONDS)
        raise CommandFailed(f"The {self.kind} did not start.\n{self.fleet.last_lines()}")

    async def revive(self) -> None:
        """Start it, if it does not run: whoever killed it was stopped in between."""
        if self.child is None or self.child.poll() is not None:
            await self.start()

    def kill(self) -> bool:
        """Kill it with SIGKILL; False where it had ended by itself."""
        assert self.child is not None, "only what runs can be killed"
        lived = self.child.poll() is None
        self.child.kill()
        self._bury()
        return lived

    def _bury(self) -> None:
        assert self.child is not None, "there was one"
        self.child.wait()
        stop(self.child)
        self.fleet.children.remove(self.child)

    def _port(self) -> tuple[str, ...]:
        return ("--port", self.address.rpartition(":")[2] or "0") if self.serves else ()


async def victims(fleet: Fleet, *, apis: int, workers: int) -> list[Victim]:
    """Start APIs and workers of their own; without workers, APIs that have one in themselves.

    Raises:
        CommandFailed: one of them did not start.
    """
    alone = ("--no-worker",) if workers else ()
    servers = [Victim("API", ("serve", *alone), fleet, serves=True) for _ in range(apis)]
    all = [*servers, *(Victim("worker", ("worker",), fleet) for _ in range(workers))]
    await asyncio.gather(*(each.start() for each in all))
    fleet.apis += [server.address for server in servers]
    return all


__all__ = ["Victim", "victims"]
