"""The time by which the stand-in lives: the machine's, plus what a test has skipped."""

import time


class Clock:
    """A clock that can be moved forward."""

    def __init__(self, base: "Clock | None" = None) -> None:
        self._base = base
        self.skipped_seconds = 0.0

    def now(self) -> float:
        """Read the time in seconds since 1970."""
        base = time.time() if self._base is None else self._base.now()
        return base + self.skipped_seconds

    def advance(self, seconds: float) -> None:
        """Skip ``seconds``."""
        self.skipped_seconds += seconds
