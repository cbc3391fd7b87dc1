"""``assert_table``: silent where tables are the same, and a line for each row that differs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pytest

from orchestrator.states import TRANSITIONS
from orchestrator.testing import TablesDiffer, assert_table

OURS: Final = [(str(row.source), str(row.event), str(row.target)) for row in TRANSITIONS]
FAIL: Final = ("confirming", "fail", "failed")
WRONG: Final[Mapping[str, tuple[list[tuple[str, str, str]], str]]] = MappingProxyType(
    {
        "row missing": (
            [*OURS, ("failed", "confirm", "confirming")],
            "missing:   failed --confirm--> confirming",
        ),
        "row besides": (
            [row for row in OURS if row != FAIL],
            "besides:   confirming --fail--> failed",
        ),
        "leads elsewhere": (
            [("confirming", "fail", "created") if row == FAIL else row for row in OURS],
            "elsewhere: confirming --fail--> failed, expected created",
        ),
    }
)


def test_the_same_table_in_any_order() -> None:
    """Words or members, first row first or last: the same rows are the same table."""
    assert_table(reversed(OURS))
    assert_table(TRANSITIONS, OURS)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_difference_is_told(wrong: str) -> None:
    """One line says which row, and how it differs."""
    expected, line = WRONG[wrong]
    with pytest.raises(TablesDiffer) as differ:
        assert_table(expected)

    assert str(differ.value) == f"The table is not the expected one.\n  {line}"


def test_a_doubled_row_is_told() -> None:
    """A row that a table has twice is no row of an equal table."""
    with pytest.raises(TablesDiffer, match="twice:     confirming --fail--> failed"):
        assert_table(OURS, [*OURS, FAIL])
