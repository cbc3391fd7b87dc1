"""When a request is sent again, and after how long. Pure: whoever sends does the waiting.

Sending again is always safe: a request that changes something keeps its Idempotency-Key over all
its tries, and a detach changes nothing the second time. What a 4xx says will not change by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import random
from typing import Final

# A 500 is a fault that may have come after the work was done: the key tells on the next try.
RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
RETRIED_CODES: Final = frozenset({"idempotency_key_in_use", "write_conflict"})

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 8.0
# However long a service asks to be left alone, a caller wants its answer.
LONGEST_ASKED_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again at the most, and with which dice the waits are drawn."""

    most: int = 3
    dice: Callable[[], float] = random

    def wait_after_answer(
        self, tries: int, status: int, code: str, retry_after: float | None
    ) -> float | None:
        """Return the seconds to wait before sending again, or null to take the answer as it is."""
        if status not in RETRIED_STATUSES and code not in RETRIED_CODES:
            return None
        wait = self.wait_after_silence(tries)
        if wait is None or retry_after is None:
            return wait
        return max(wait, min(retry_after, LONGEST_ASKED_SECONDS))

    def wait_after_silence(self, tries: int) -> float | None:
        """Return the seconds to wait where there was no answer, or null to give up."""
        if tries > self.most:
            return None
        longest = min(FIRST_WAIT_SECONDS * (1 << (tries - 1)), LONGEST_WAIT_SECONDS)
        # Clients that failed together must not come back together.
        return longest * (0.5 + self.dice() / 2)
