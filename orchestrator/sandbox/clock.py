"""The time by which the stand-in lives: the machine's, plus what a test has skipped.

It is never set back: what was made later would then have been made in the future.
"""

import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

LATEST: Final = 253_402_300_799  # the last second of the year 9999, which dates can still show


class ClockInvalid(ValueError):
    """A time to go to, or to skip, that is none."""


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
        """Skip ``seconds``.

        Raises:
            ClockInvalid: that would be back, or past the year 9999.
        """
        if seconds < 0:
            raise ClockInvalid("the clock only goes forward")
        if self.now() + seconds > LATEST:
            raise ClockInvalid("the clock ends with the year 9999")
        self.skipped_seconds += seconds


def move(clock: Clock, given: Mapping[str, Any]) -> None:
    """Move ``clock`` as was asked: ``advance`` by seconds, or to ``now``.

    Raises:
        ClockInvalid: it is neither, both, unreadable, or back.
    """
    if set(given) == {"advance"}:
        clock.advance(_seconds("advance", given["advance"]))
    elif set(given) == {"now"}:
        _go_to(clock, _moment(given["now"]))
    else:
        raise ClockInvalid(
            "give either advance, a number of seconds, or now, Unix seconds or an RFC 3339 time"
        )


def _go_to(clock: Clock, moment: float) -> None:
    now = clock.now()
    # Whoever names a whole second means any moment in it.
    if int(moment) == int(now):
        return
    if moment < now:
        raise ClockInvalid(f"the clock only goes forward, and it is {now:.0f} already")
    clock.advance(moment - now)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ClockInvalid(f"{name} takes a number of seconds")
    return float(value)


def _moment(value: Any) -> float:
    if not isinstance(value, str):
        return _seconds("now", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ClockInvalid("now takes Unix seconds or an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise ClockInvalid("now needs an offset from UTC, such as Z")
    return moment.timestamp()
