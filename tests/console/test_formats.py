"""How the console writes what is stored."""

import json
from typing import Any

import pytest

from api.console.formats import lasting, plainly


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([], "none"),
        (["payment.created", "payment.failed"], "payment.created, payment.failed"),
        ({"allow_retry": True, "delays": [60, 300]}, "allow retry yes, delays 60, 300"),
    ],
    ids=json.dumps,
)
def test_details_are_written_plainly(value: Any, written: str) -> None:
    """A record's details are written as a person would, not as a program."""
    assert plainly(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (300, "5 minutes"),
        (3600, "1 hour"),
        (86_400, "1 day"),
        (259_200, "3 days"),
    ],
)
def test_a_wait_has_the_unit_that_it_is_whole_in(seconds: int, written: str) -> None:
    """A rule's wait is told as a person would, and never rounded."""
    assert lasting(seconds) == written
