"""A rate lets so many through within any stretch of its length, and says when there is room."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from orchestrator.rates import Rate, RateLimiter, read_rate


@dataclass
class Ticks:
    """A clock moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("100/second", Rate(100, 1)),
        ("1000/minute", Rate(1000, 60)),
        ("5 per hour", Rate(5, 3600)),
        ("3/10 seconds", Rate(3, 10)),
    ],
)
def test_rates_are_read(written: str, rate: Rate) -> None:
    """The common ways to write a rate are understood."""
    assert read_rate(written) == rate


@pytest.mark.parametrize("written", ["", "fast", "10", "/second", "0/second", "1/fortnight"])
def test_what_is_no_rate_is_refused(written: str) -> None:
    """What cannot be meant is refused, with how to write one."""
    with pytest.raises(ValueError, match="100/second"):
        read_rate(written)


def test_the_window_moves() -> None:
    """Whatever a minute's edges, no minute sees more than so many."""
    ticks = Ticks()
    limiter = RateLimiter(Rate(2, 60), ticks)
    let = [limiter.enter("a") for ticks.now in (0.0, 50.0, 59.9, 60.0, 109.9, 110.0)]

    assert let == [None, None, 1, None, 1, None]


def test_who_is_refused_is_told_when() -> None:
    """The wait is until the oldest leaves the window, in whole seconds."""
    ticks = Ticks()
    limiter = RateLimiter(Rate(1, 60), ticks)
    limiter.enter("a")
    ticks.now += 17.5

    assert limiter.enter("a") == 43


def test_waiting_as_told_is_enough() -> None:
    """Who comes again after the wait is let through, however often it was refused meanwhile."""
    ticks = Ticks()
    limiter = RateLimiter(Rate(3, 10), ticks)
    for _ in range(20):
        wait = limiter.enter("a")
    assert wait is not None
    ticks.now += wait

    assert limiter.enter("a") is None


def test_names_do_not_share() -> None:
    """One name's haste is no other's wait."""
    limiter = RateLimiter(Rate(1, 60), Ticks())
    limiter.enter("a")

    assert (limiter.enter("b"), limiter.enter("a")) == (None, 60)
