"""The table of failures, row by row, against a second table."""

import re

import pytest

from orchestrator.handlers import ERROR_HANDLERS, Outcome, Rule, rule_on
from orchestrator.handlers.wording import GENERIC
from tests.handlers.builders import BUILT_IN, details
from tests.handlers.expectations import (
    ALERTS,
    DECLINE_CODES,
    ERROR_CODES,
    EVIDENCE,
    GENERIC_CODES,
    Row,
)

TELLTALE = re.compile(
    r"lost|stolen|fraud|block|list|pick|restrict|suspect|risk|violat|police|report|never|illegal",
    re.IGNORECASE,
)
STRIPES_SENTENCE = "Your card was reported stolen and is blocked for fraud."

EVERY_ROW = [*DECLINE_CODES.items(), *ERROR_CODES.items(), *EVIDENCE.items()]


def rule_of(key: str) -> Rule:
    """Return a built-in row."""
    rule = ERROR_HANDLERS[key]
    assert isinstance(rule, Rule)
    return rule


def test_no_code_is_missing_or_left_over() -> None:
    """Every known code has a row and every row is a known code."""
    assert set(ERROR_HANDLERS) == {*DECLINE_CODES, *ERROR_CODES, *EVIDENCE}


def test_classes_are_disjoint() -> None:
    """No code stands in two classes."""
    assert len(ERROR_HANDLERS) == len(DECLINE_CODES) + len(ERROR_CODES) + len(EVIDENCE)


def test_card_codes_are_fifty_one() -> None:
    """Stripe documents fifty decline codes for cards, and one more is seen in practice."""
    assert len(DECLINE_CODES) == 51


@pytest.mark.parametrize(("code", "expected"), DECLINE_CODES.items(), ids=DECLINE_CODES)
def test_decline_code_comes_to_its_row(code: str, expected: Row) -> None:
    """A decline code under the umbrella code decides as its row says."""
    ruling = rule_on(Outcome(code="card_declined", decline_code=code), details(), BUILT_IN)

    assert ruling.key == code
    assert (
        ruling.event,
        ruling.disable_scope,
        ruling.result.same_card_allowed,
        ruling.action,
    ) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [*ERROR_CODES.items(), *DECLINE_CODES.items()],
    ids=[*ERROR_CODES, *DECLINE_CODES],
)
def test_code_alone_comes_to_its_row(code: str, expected: Row) -> None:
    """A code that arrives without a decline code decides as its row says."""
    ruling = rule_on(Outcome(code=code), details(), BUILT_IN)

    assert ruling.key == code
    assert (
        ruling.event,
        ruling.disable_scope,
        ruling.result.same_card_allowed,
        ruling.action,
    ) == expected


@pytest.mark.parametrize(("key", "expected"), EVIDENCE.items(), ids=EVIDENCE)
def test_evidence_row_does_what_it_says(key: str, expected: Row) -> None:
    """A row of evidence that precedes codes has the handler it should have."""
    rule = rule_of(key)
    result = rule(Outcome(), details())

    assert (rule.disable_scope, result.same_card_allowed, rule.action) == expected[1:]


@pytest.mark.parametrize(("code", "expected"), EVERY_ROW, ids=[key for key, _ in EVERY_ROW])
def test_last_attempt_never_waits_for_a_card(code: str, expected: Row) -> None:
    """With no attempt left, whatever would ask for another card fails; the card still goes."""
    ruling = rule_on(Outcome(code=code), details(attempts_left=0), BUILT_IN)

    assert ruling.event == (None if expected[0] is None else "fail")
    assert ruling.disable_scope == expected[1]


@pytest.mark.parametrize("code", sorted(GENERIC_CODES))
def test_generic_code_leaks_nothing(code: str) -> None:
    """The customer is told of these exactly what a decline without a reason tells."""
    outcome = Outcome(code="card_declined", decline_code=code, message=STRIPES_SENTENCE)
    plain = rule_on(
        Outcome(code="card_declined", decline_code="generic_decline"), details(), BUILT_IN
    )

    ruling = rule_on(outcome, details(), BUILT_IN)

    assert ruling.result.message == plain.result.message == GENERIC


@pytest.mark.parametrize("key", sorted(ERROR_HANDLERS))
def test_no_row_says_a_telltale_word(key: str) -> None:
    """Whichever row judges a secret reason, its sentence does not hint at it."""
    assert TELLTALE.findall(rule_of(key).message) == []


@pytest.mark.parametrize("key", sorted(ERROR_HANDLERS))
def test_every_row_is_worded(key: str) -> None:
    """Every row has a sentence for the customer, a meaning for the record, and a source."""
    rule = rule_of(key)

    assert rule.message.endswith(".")
    assert rule.meaning
    assert rule.source


def test_generic_rows_are_the_secret_ones() -> None:
    """Exactly the codes with a secret reason, and Stripe's own blocks, are marked generic."""
    marked = {key for key in ERROR_HANDLERS if rule_of(key).generic}

    assert marked == GENERIC_CODES | {key for key in EVIDENCE if key.startswith("blocked:")}


def test_alerts_are_what_a_person_must_see() -> None:
    """Exactly our own faults and the unknown raise an alert."""
    assert {key for key in ERROR_HANDLERS if rule_of(key).alert} == ALERTS


def test_only_allowed_cards_have_a_delay() -> None:
    """A delay is given only where the same card may be presented again."""
    delayed = {key for key in ERROR_HANDLERS if rule_of(key).retry_after_seconds}

    assert {rule_of(key).action for key in delayed} == {"retry_same_card_later"}


def test_map_cannot_be_changed() -> None:
    """Nobody changes a rule of a running process."""
    with pytest.raises(TypeError):
        ERROR_HANDLERS["lost_card"] = rule_of("do_not_honor")  # type: ignore[index]  # the point
