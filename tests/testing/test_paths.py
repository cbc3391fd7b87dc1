"""``paths``: all of them, each once, none past the bound."""

from __future__ import annotations

import pytest

from orchestrator.states import (
    GUARDS,
    TERMINAL_STATES,
    TRANSITIONS,
    PaymentEvent,
    PaymentState,
    Transition,
    certify,
)
from orchestrator.testing import PathsUnbounded, paths

BUDGETS = [1, 2, 3, 4]


@pytest.mark.parametrize("attempts", BUDGETS)
def test_there_are_as_many_as_promised(attempts: int) -> None:
    """Every path is there, and none twice."""
    found = list(paths(attempts))

    assert len(found) == 6 * (2**attempts - 1)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("attempts", BUDGETS)
def test_the_longest_is_the_proven_one(attempts: int) -> None:
    """The longest path and the most confirmations are those that the certificate proves."""
    found = list(paths(attempts))
    proven = certify(attempts)

    assert max(len(path.steps) for path in found) == proven.longest_path
    assert max(path.confirmations for path in found) == proven.max_confirmations


def test_every_path_is_one() -> None:
    """Each starts in ``created``, goes from row to row of the table, and ends handled."""
    for path in paths(3):
        assert set(path.steps) <= set(TRANSITIONS)
        assert path.states[:-1] == tuple(step.source for step in path.steps)
        assert path.states[0] is PaymentState.created
        assert path.end in TERMINAL_STATES


def test_every_row_is_walked() -> None:
    """Two attempts are enough to take every row of the table."""
    assert {step for path in paths(2) for step in path.steps} == set(TRANSITIONS)


def test_a_path_reads_as_its_events() -> None:
    """As a test's name a path is its events."""
    assert str(next(paths(1))) == "confirm succeed"


def test_a_table_that_goes_round_is_told() -> None:
    """A row that leads back from an end makes paths without a bound, and the walk says which."""
    again = Transition(PaymentState.failed, PaymentEvent.require_new_card, PaymentState.created)
    guards = {event: guard for event, guard in GUARDS.items() if not guard.attempts_needed}

    with pytest.raises(PathsUnbounded, match="With 2 attempts a payment can go on"):
        list(paths(2, table=(*TRANSITIONS, again), guards=guards))


def test_no_attempt_is_no_payment() -> None:
    """A payment without an attempt is refused."""
    with pytest.raises(ValueError, match="at least one attempt"):
        next(paths(0))
