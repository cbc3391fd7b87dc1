"""When a delivery is tried again, and when no more. Pure.

The schedule is the one that Standard Webhooks suggests; a receiver may ask for more time.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_SECOND, _MINUTE, _HOUR = 1, 60, 3600
# Seconds before each try after the first, which is made at once: three days in all.
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
RETRY_SECONDS: Final = (
    5 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
LONGEST_WAIT: Final = 24 * _HOUR
# How far a wait may be stretched, so that what failed together is not tried together.
JITTER: Final = 0.1


def next_try(
    tries: int, now: datetime, *, retry_after: float | None = None, chance: float = 0.0
) -> datetime | None:
    """Return when to try again after so many tries; null once the schedule is used up.

    ``retry_after`` lengthens the wait, to a day at most; ``chance``, from 0 to 1, stretches it.
    """
    if tries > len(RETRY_SECONDS):
        return None
    seconds = RETRY_SECONDS[tries - 1] * (1 + JITTER * chance)
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, LONGEST_WAIT))
    return now + timedelta(seconds=seconds)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for; null where it says nothing usable."""
    if value is None or len(value) > 40:
        return None
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
