"""How fast Stripe is asked: each operation at most so often a second, in this process.

Stripe refuses what comes faster (429), and its own advice is to slow down before it does. A call
waits for its turn; one whose turn is too far away is told so and not sent. Pure but for the clock.

Source: https://docs.stripe.com/rate-limits (25 requests a second to one endpoint in a sandbox).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

# Longer than this nobody waits: the answer is ``busy``, and the call is made again later.
LONGEST_WAIT_SECONDS: Final = 5.0


@dataclass(slots=True)
class Pace:
    """Turns, for each operation apart; ``per_second`` may be used up at once after a quiet second.

    A rate of null lets everything pass.
    """

    per_second: float | None
    ticks: Callable[[], float] = time.monotonic
    _free_at: dict[str, float] = field(default_factory=dict)

    def turn(self, operation: str) -> float | None:
        """Take the operation's next turn: return how many seconds away it is.

        Null where that is too long; then no turn was taken.
        """
        if self.per_second is None:
            return 0.0
        now = self.ticks()
        apart = 1.0 / self.per_second
        # A full second's turns may be saved up, or one where there is less than one a second.
        saved_up = now - max(1.0, apart)
        free_at = max(self._free_at.get(operation, saved_up), saved_up) + apart
        wait = max(0.0, free_at - now)
        if wait > LONGEST_WAIT_SECONDS:
            return None
        self._free_at[operation] = free_at
        return wait


__all__ = ["LONGEST_WAIT_SECONDS", "Pace"]
