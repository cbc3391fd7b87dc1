"""A payment's situation is told from what is known of it, and is no matter of mere names."""

from __future__ import annotations

from orchestrator.explain import Ending, Situation, ending_of, situation_of
from tests.explain.cases import CASES
from tests.explain.told import NOW, decision


def test_a_situation_can_be_told_without_the_history() -> None:
    """A list, which reads no history, tells all but why a card is asked for."""
    assert situation_of(CASES["attempt not run"].payment, None, NOW) is Situation.declined


def test_a_deployments_reason_is_no_name_of_ours() -> None:
    """A deployment's handler may give any reason, also one that reads like an attempt not run."""
    declined = CASES["declined"]
    last = decision("require_new_card", "mine.hold", "do_not_honor", reason="attempt_not_run")

    assert situation_of(declined.payment, last, NOW) is Situation.declined


def test_any_other_reason_is_a_rules() -> None:
    """A reason that is a deployment's own words is an ending by rule."""
    assert ending_of("fail", "hold_large_orders") is Ending.by_rule
