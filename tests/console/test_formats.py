"""How the console writes what is stored."""

import json
from typing import Any

import pytest

from api.console.formats import plainly


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
