"""The automatic retry of a card: which declines allow one, after how long, and what forbids it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.handlers import ERROR_HANDLERS, Outcome, PaymentDetails, Rule, load_rules, rule_on
from orchestrator.handlers.actions import allow_same_card_later
from orchestrator.handlers.retries import (
    DAY,
    FORBIDDING_NETWORK_CODES,
    HARD_CODES,
    HOUR,
    allowed_retries,
    forbids_retry,
)

SOFT = Outcome(
    code="card_declined",
    decline_code="insufficient_funds",
    charge="ch_1",
    outcome_read=True,
    outcome_type="issuer_declined",
)
DELAYS = (60, HOUR)
PAYMENT = PaymentDetails("cus_1", "order-1", 1000, "usd", (), 3)
# The rows that allow one, written down a second time, so that a change is made on purpose.
RETRIED = {
    "advice:try_again_later",
    "approve_with_id",
    "card_velocity_exceeded",
    "insufficient_funds",
    "issuer_not_available",
    "processing_error",
    "reenter_transaction",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
}
FORBIDDEN = {
    "its outcome was not read": {"outcome_read": False},
    "Stripe blocked it": {"outcome_type": "blocked"},
    "Stripe says not this card": {"advice_code": "do_not_try_again"},
    "Stripe says not these details": {"advice_code": "confirm_card_data"},
    "network says not again": {"network_advice_code": "03"},
    "network says canceled": {"network_advice_code": "21"},
    "network says new details": {"network_advice_code": "01"},
    "a hard decline beside softer advice": {
        "advice_code": "try_again_later",
        "decline_code": "transaction_not_allowed",
    },
    "needs authentication": {"decline_code": "authentication_required"},
    "a hard decline as the error's code": {"code": "expired_card", "decline_code": None},
}


def test_soft_decline_may_be_tried_again() -> None:
    """Without anything against it, a card is tried again after the rule's delays."""
    assert allowed_retries(SOFT, DELAYS) == DELAYS


@pytest.mark.parametrize("facts", FORBIDDEN.values(), ids=FORBIDDEN)
def test_evidence_forbids_it(facts: dict[str, object]) -> None:
    """Whatever the rule says, this evidence forbids a retry that nobody asked for."""
    assert allowed_retries(replace(SOFT, **facts), DELAYS) == ()  # type: ignore[arg-type]  # rows


@pytest.mark.parametrize("code", sorted(FORBIDDING_NETWORK_CODES))
def test_network_code_forbids_it(code: str) -> None:
    """A code that a network never wants to see again forbids a retry."""
    assert forbids_retry(replace(SOFT, network_decline_code=code))


@pytest.mark.parametrize(
    ("advice", "expected"),
    [("24", (HOUR, HOUR)), ("25", (DAY, DAY)), ("02", (3 * DAY, 3 * DAY)), ("99", DELAYS)],
)
def test_network_puts_it_off(advice: str, expected: tuple[int, ...]) -> None:
    """Where the network says when to try again, no retry comes before."""
    assert allowed_retries(replace(SOFT, network_advice_code=advice), DELAYS) == expected


def test_rows_that_allow_a_retry() -> None:
    """The rows with delays are these and no others."""
    found = {key for key, row in ERROR_HANDLERS.items() if isinstance(row, Rule) and row.auto_retry}

    assert found == RETRIED


def test_no_hard_code_has_delays() -> None:
    """What time does not mend has no delay in its row."""
    assert HARD_CODES.isdisjoint(RETRIED)
    assert ERROR_HANDLERS.keys() >= HARD_CODES


def test_ruling_carries_the_delays() -> None:
    """The ruling on a soft decline says after how long the card may be tried again."""
    row = ERROR_HANDLERS["insufficient_funds"]
    assert isinstance(row, Rule)

    assert rule_on(SOFT, PAYMENT, load_rules()).retry_delays == row.auto_retry


def test_a_deployments_function_has_none() -> None:
    """A handler that is no row of a table plans no retry; one that is a row may."""
    own = load_rules().with_overrides({"insufficient_funds": allow_same_card_later})

    assert rule_on(SOFT, PAYMENT, own).retry_delays == ()


def test_impossible_delay_is_refused() -> None:
    """A row cannot wait less than no time."""
    with pytest.raises(ValueError, match="automatic retry"):
        Rule(allow_same_card_later, "Later.", "later", auto_retry=(-1,))
