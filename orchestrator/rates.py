"""How fast is too fast: reads a rate such as ``100/second``, and watches one window for each name.

The window moves: at no moment have more than so many begun within the seconds before it. It is kept
in this process, and forgotten with it.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

WRITTEN: Final = "100/second or 1000/minute"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds."""

    amount: int
    seconds: int


def read_rate(written: str) -> Rate:
    """Read a rate as people write it: ``100/second``, ``1000 per minute``, ``5/10 seconds``.

    Raises:
        ValueError: it is no rate, or one that lets nobody through.
    """
    # Loaded where a rate is set at all: it takes a tenth of a second.
    from limits import parse

    try:
        item = parse(written)
    except ValueError as exc:
        raise ValueError(f"{written!r} is no rate; write one such as {WRITTEN}") from exc
    if item.amount < 1 or item.get_expiry() < 1:
        raise ValueError(f"{written!r} lets nobody through; write a rate such as {WRITTEN}")
    return Rate(item.amount, item.get_expiry())


@dataclass(slots=True)
class RateLimiter:
    """Lets each name through so often, and tells the others how long to wait.

    The library's own memory starts a thread every ten milliseconds of traffic, and goes by a clock
    that may be set back; a queue of moments for each name takes a tenth of its time.
    """

    rate: Rate
    ticks: Callable[[], float] = time.monotonic
    _begun: dict[str, deque[float]] = field(default_factory=dict)

    def enter(self, name: str) -> int | None:
        """Let one through and return null, or return after how many seconds to come again."""
        now = self.ticks()
        begun = self._begun.setdefault(name, deque())
        over = now - self.rate.seconds
        while begun and begun[0] <= over:
            begun.popleft()
        if len(begun) >= self.rate.amount:
            return max(1, math.ceil(begun[0] - over))
        begun.append(now)
        return None
