"""How often a card may be declined before it is left alone. Pure: counts moments, knows no card.

Networks charge merchants who go on presenting a card that is declined (Mastercard more than 10
declines in 24 hours; Visa more than 15 attempts again in 30 days, by some sources 20), and Stripe
blocks such cards in the end (https://support.stripe.com/questions, "Payment blocked due to
excessive retries").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
LONGEST_WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Caps:
    """How many declines of a card, since its last approval, are too many; 0 is never."""

    per_day: int = 10
    per_30_days: int = 15

    @property
    def windows(self) -> tuple[tuple[int, timedelta], ...]:
        """Return the caps that are on, each with the time it reaches back."""
        both = ((self.per_day, DAY), (self.per_30_days, LONGEST_WINDOW))
        return tuple((most, window) for most, window in both if most)

    @property
    def smallest(self) -> int | None:
        """Return how few declines could be too many; null when no number is."""
        return min((most for most, _ in self.windows), default=None)

    @property
    def largest(self) -> int:
        """Return how many of a card's declines have to be looked at."""
        return max((most for most, _ in self.windows), default=1)

    def free_from(self, declines: Sequence[datetime], now: datetime) -> datetime | None:
        """Return when a card may be tried again; null when it may be now.

        ``declines`` are the moments since its last approval, the newest first.
        """
        ends = [
            declines[most - 1] + window for most, window in self.windows if len(declines) >= most
        ]
        return max((end for end in ends if end > now), default=None)
