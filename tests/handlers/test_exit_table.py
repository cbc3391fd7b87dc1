"""Every cell of the exit table: what a handler's answer comes to."""

from itertools import product

import pytest

from orchestrator.handlers import (
    EXIT_TABLE,
    HandlerResult,
    choose_event,
    choose_exit,
)

YES, NO = True, False

# completed, of a success, requires retry, card disabled, attempts left: event and its reason
CELLS: dict[tuple[bool, bool, bool, bool, int], tuple[str | None, str | None]] = {
    (NO, NO, NO, NO, 0): (None, None),
    (NO, NO, NO, NO, 1): (None, None),
    (NO, NO, NO, YES, 0): (None, None),
    (NO, NO, NO, YES, 1): (None, None),
    (NO, NO, YES, NO, 0): (None, None),
    (NO, NO, YES, NO, 1): (None, None),
    (NO, NO, YES, YES, 0): (None, None),
    (NO, NO, YES, YES, 1): (None, None),
    (NO, YES, NO, NO, 0): (None, None),
    (NO, YES, NO, NO, 1): (None, None),
    (NO, YES, NO, YES, 0): (None, None),
    (NO, YES, NO, YES, 1): (None, None),
    (NO, YES, YES, NO, 0): (None, None),
    (NO, YES, YES, NO, 1): (None, None),
    (NO, YES, YES, YES, 0): (None, None),
    (NO, YES, YES, YES, 1): (None, None),
    (YES, NO, NO, NO, 0): ("fail", None),
    (YES, NO, NO, NO, 1): ("fail", None),
    (YES, NO, NO, YES, 0): ("fail", None),
    (YES, NO, NO, YES, 1): ("fail", None),
    (YES, NO, YES, NO, 0): ("fail", "attempts_exhausted"),
    (YES, NO, YES, NO, 1): ("require_new_card", None),
    (YES, NO, YES, YES, 0): ("fail", "attempts_exhausted"),
    (YES, NO, YES, YES, 1): ("disable_card", None),
    (YES, YES, NO, NO, 0): ("succeed", None),
    (YES, YES, NO, NO, 1): ("succeed", None),
    (YES, YES, NO, YES, 0): ("succeed", None),
    (YES, YES, NO, YES, 1): ("succeed", None),
    (YES, YES, YES, NO, 0): ("succeed", None),
    (YES, YES, YES, NO, 1): ("succeed", None),
    (YES, YES, YES, YES, 0): ("succeed", None),
    (YES, YES, YES, YES, 1): ("succeed", None),
}


def test_no_cell_is_missing() -> None:
    """The table of this test has every combination."""
    assert set(CELLS) == set(product((NO, YES), (NO, YES), (NO, YES), (NO, YES), (0, 1)))


@pytest.mark.parametrize(("cell", "expected"), CELLS.items())
def test_cell_leads_to_its_event(
    cell: tuple[bool, bool, bool, bool, int], expected: tuple[str | None, str | None]
) -> None:
    """Every combination of an answer and what it is about has its one event and reason."""
    completed, succeeded, requires_retry, disable_card, attempts_left = cell
    result = HandlerResult(completed, requires_retry, disable_card)

    row = choose_exit(result, succeeded, attempts_left)

    assert (row.event, row.reason) == expected
    assert choose_event(result, succeeded, attempts_left) == expected[0]


@pytest.mark.parametrize("cell", CELLS)
def test_rows_do_not_overlap(cell: tuple[bool, bool, bool, bool, int]) -> None:
    """Each cell is matched by one row only, so that the order of rows means nothing."""
    matching = [
        row
        for row in EXIT_TABLE
        if all(wanted in (None, fact) for wanted, fact in zip(row[:5], cell, strict=True))
    ]

    assert len(matching) == 1


def test_more_attempts_change_nothing() -> None:
    """One attempt left and ten lead to the same event."""
    result = HandlerResult(completed=True, requires_retry=True)

    assert {choose_event(result, False, left) for left in range(1, 11)} == {"require_new_card"}
