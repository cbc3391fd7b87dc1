"""An explanation shows the rule that decided, wherever one did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.handlers import ERROR_HANDLERS, HandlerResult, Outcome, PaymentDetails, Rule
from tests.explain.cases import CASES
from tests.explain.told import RULES, Row, Told, decision, explained


def test_the_rule_is_the_last_rows() -> None:
    """The rule shown has code, handler, meaning, event and version of the last history row."""
    rule = explained(CASES["declined"]).rule

    assert rule is not None
    assert (rule.code, rule.decline_code) == ("card_declined", "insufficient_funds")
    assert (rule.handler, rule.meaning) == ("ask_for_new_card", "not enough funds")
    assert (rule.completed, rule.requires_retry, rule.event) == (True, True, "require_new_card")
    assert rule.rules_version == "v1"


def test_the_rule_of_an_intention() -> None:
    """While a payment is to fail, the rule shown is the one in force that wants it to."""
    rule = explained(CASES["ending, exhausted"]).rule

    assert rule is not None
    assert (rule.event, rule.meaning) == ("fail", "reported stolen")
    assert rule.rules_version == RULES.rules_version


MEANINGS = {
    "succeeded": "paid",
    "advice decided": "issuer: try again later",
    "attempt not run": "Stripe did not run the attempt",
    "a code from the future": "code unknown",
    "no code at all": None,
}


@pytest.mark.parametrize(("name", "meaning"), MEANINGS.items())
def test_what_a_rule_means(name: str, meaning: str | None) -> None:
    """A meaning is told wherever the row that decided is known."""
    rule = explained(CASES[name]).rule

    assert rule is not None
    assert rule.meaning == meaning


NO_RULE = ["created", "in flight", "undecided", "failed, canceled"]


@pytest.mark.parametrize("name", [*NO_RULE, "failed, expired", "ending, canceled"])
def test_no_rule_where_none_decided(name: str) -> None:
    """Where nothing was decided yet, or a wish or the clock decided, there is no rule."""
    assert explained(CASES[name]).rule is None


def hold(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Stand for a deployment's own handler."""
    return HandlerResult(completed=True, requires_retry=True)


def test_a_deployments_handler_borrows_the_meaning() -> None:
    """Where a deployment's function stands over our row, the code still means what it means."""
    rules = RULES.with_overrides({"insufficient_funds": hold})
    own = decision("require_new_card", "mine.hold", "insufficient_funds", reason="because I say")
    told = replace_last(CASES["declined"], own)

    rule = explained(told, rules).rule

    assert rule is not None
    assert (rule.handler, rule.meaning) == ("mine.hold", "not enough funds")


def test_a_deployments_row_words_itself() -> None:
    """Where a deployment's row has words of its own, they are told."""
    ours = ERROR_HANDLERS["insufficient_funds"]
    assert isinstance(ours, Rule)
    rules = RULES.with_overrides({"insufficient_funds": replace(ours, meaning="payday is near")})

    rule = explained(CASES["declined"], rules).rule

    assert rule is not None
    assert rule.meaning == "payday is near"


def replace_last(told: Told, last: Row) -> Told:
    """Return a case with another last row."""
    return told._replace(last=last)
