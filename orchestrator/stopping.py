"""How a process comes to its end: it is told once, finishes what it holds, and is not waited for.

What is not finished in time is left: every payment's row says who carries it on and when.
"""

import asyncio
import time
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("orchestrator.stopping")


@dataclass(slots=True)
class Stop:
    """Whether this process is to end, and until when it may finish what it holds."""

    seconds: float
    event: asyncio.Event = field(default_factory=asyncio.Event)
    _until: float | None = None

    @property
    def begun(self) -> bool:
        """Whether the end has been asked for."""
        return self.event.is_set()

    @property
    def seconds_left(self) -> float:
        """Return how much time is left; a moment at least, for what is nearly done."""
        if self._until is None:
            return self.seconds
        return max(0.5, self._until - time.monotonic())

    def begin(self, after_seconds: float = 0) -> None:
        """Ask for the end; asked again, the first time counts."""
        if self._until is None:
            self._until = time.monotonic() + after_seconds + self.seconds
            self.event.set()

    async def wait_for(self, task: "asyncio.Task[None]") -> None:
        """Wait until a task that was told to stop has finished, then leave what it still holds."""
        _, unfinished = await asyncio.wait([task], timeout=self.seconds_left)
        if unfinished:
            log.warning("work_left", seconds=self.seconds)
            task.cancel()
            await asyncio.wait([task])
