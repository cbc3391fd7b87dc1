"""When a delivery is tried again: the suggested schedule, stretched by chance or on request."""

from datetime import timedelta

import pytest

from orchestrator.outgoing.schedule import RETRY_SECONDS, next_try, read_retry_after
from tests.stored_payments import START


def test_the_schedule_is_three_days_and_ends() -> None:
    """Nine tries follow the first, over three days, and then no more."""
    waits = [next_try(tries, START) for tries in range(1, 11)]

    assert waits[-1] is None
    assert [wait - START for wait in waits if wait] == [
        timedelta(seconds=seconds) for seconds in RETRY_SECONDS
    ]
    assert timedelta(days=3) < timedelta(seconds=sum(RETRY_SECONDS)) < timedelta(days=4)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 5), (1, 5), (60, 60), (10**9, 24 * 3600), (0, 5)]
)
def test_a_receiver_may_ask_for_more_time(asked: float | None, seconds: float) -> None:
    """Retry-After lengthens a wait, by a day at most, and never shortens it."""
    assert next_try(1, START, retry_after=asked) == START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1" * 50, None),
        ("Sun, 01 Mar 2026 12:01:00", None),
    ],
)
def test_retry_after_is_read(value: str | None, seconds: float | None) -> None:
    """Seconds and dates are read; anything else says nothing."""
    assert read_retry_after(value, START) == seconds
