"""No admitted set of rules guesses, pays, frees a card, or leaves the machine's bound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.handlers import ERROR_HANDLERS, Outcome, Rule, RuleSet, rule_on, select
from orchestrator.handlers.admission import (
    LIMITS,
    NAMED_HANDLERS,
    RuleNotAdmitted,
    make_rule,
    may_have_rule,
    outcomes_about,
    problem_with,
)
from orchestrator.states import Configuration, PaymentEvent, PaymentState, permitted_events
from tests.handlers.builders import BUILT_IN, declined, details, rules_with

FRAUD = ("stolen_card", "lost_card", "pickup_card", "restricted_card", "do_not_try_again")
CODES = [*ERROR_HANDLERS, "a_code_of_tomorrow"]
FAILURES = {PaymentEvent.fail, PaymentEvent.require_new_card, PaymentEvent.disable_card}


def stored(code: str, handler: str, base: RuleSet = BUILT_IN) -> Rule:
    """Make a stored rule without delays."""
    return make_rule(code, handler, base, source="stored", auto_retry=())


@st.composite
def admitted_rules(draw: st.DrawFn) -> RuleSet:
    """Make up changes one after the other, and leave out what is not admitted."""
    rules = BUILT_IN
    for _ in range(draw(st.integers(1, 3))):
        code = draw(st.sampled_from(CODES))
        changed = rules.with_stored({code: stored(code, draw(st.sampled_from([*NAMED_HANDLERS])))})
        merged = BUILT_IN.with_stored(
            {key: row for key, row in changed.errors.items() if row is not BUILT_IN.errors.get(key)}  # type: ignore[misc]  # all are rules
        )
        if problem_with(code, merged, BUILT_IN) is None:
            rules = merged
    return rules


OUTCOMES = st.builds(
    Outcome,
    code=st.sampled_from(
        ["card_declined", "expired_card", "stolen_card", "rate_limit", "new_code"]
    ),
    decline_code=st.sampled_from([None, *(code for code in CODES if ":" not in code)]),
    advice_code=st.sampled_from([None, "do_not_try_again", "try_again_later", "confirm_card_data"]),
    network_advice_code=st.sampled_from([None, "02", "03", "21", "99"]),
    outcome_read=st.booleans(),
    outcome_type=st.sampled_from([None, "issuer_declined", "blocked", "invalid"]),
    reason=st.sampled_from([None, "rule", "highest_risk_level", "other"]),
    http_status=st.sampled_from([None, 400, 401, 409, 429]),
)


@settings(max_examples=60, deadline=None)
@given(admitted_rules(), st.lists(OUTCOMES, min_size=5, max_size=20), st.integers(0, 3))
def test_no_admitted_set_breaks_the_bound(
    rules: RuleSet, outcomes: list[Outcome], attempts_left: int
) -> None:
    """Whatever is declined, the event is one that the machine permits, and none is a success."""
    permitted = permitted_events(Configuration(PaymentState.confirming, attempts_left))
    for outcome in outcomes:
        before = rule_on(outcome, details(attempts_left), BUILT_IN)
        ruling = rule_on(outcome, details(attempts_left), rules)

        assert ruling.event is None or ruling.event in FAILURES & set(permitted)
        assert (ruling.event is None) == (before.event is None)
        assert attempts_left > 0 or ruling.event in {None, PaymentEvent.fail}
        assert not any(limit.broken(outcome, before, ruling, BUILT_IN) for limit in LIMITS)


@settings(max_examples=60, deadline=None)
@given(admitted_rules(), OUTCOMES)
def test_no_admitted_set_changes_the_precedence(rules: RuleSet, outcome: Outcome) -> None:
    """The row that decides is the same as ever, but for codes that had none."""
    chosen = select(outcome, rules)[0]

    assert chosen == select(outcome, BUILT_IN)[0] or chosen not in BUILT_IN.errors


@pytest.mark.parametrize("code", FRAUD)
def test_a_card_out_of_use_stays_out(code: str) -> None:
    """A lost, stolen or fraudulent card's rule takes only what takes it out as far."""
    admitted = [
        name
        for name in NAMED_HANDLERS
        if problem_with(code, BUILT_IN.with_stored({code: stored(code, name)}), BUILT_IN) is None
    ]

    assert admitted == ["disable_card"]


def test_each_of_ours_is_admitted() -> None:
    """A rule that is stored as it was is never refused."""
    for code in ("expired_card", "do_not_honor", "advice:try_again_later", "*", "refused:429"):
        row = ERROR_HANDLERS[code]
        assert isinstance(row, Rule)
        same = make_rule(code, row.handler.__name__, BUILT_IN, source="stored")

        assert problem_with(code, BUILT_IN.with_stored({code: same}), BUILT_IN) is None


REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a handler that there is not": (
        "do_not_honor",
        {"handler": "be_kind"},
        "handler",
        "must be one of",
    ),
    "delays where no card is tried again": (
        "do_not_honor",
        {"handler": "fail_payment", "auto_retry": (60,)},
        "auto_retry",
        "after fail_payment no card is tried again",
    ),
    "a reason that nobody may be told": (
        "stolen_card",
        {"handler": "disable_card", "message": "Your card was stolen."},
        "message",
        "must not be told",
    ),
}


@pytest.mark.parametrize(("code", "fields", "param", "words"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_contradicts_itself_is_refused(
    code: str, fields: dict[str, Any], param: str, words: str
) -> None:
    """It is refused as it is made, with the field that is wrong."""
    with pytest.raises(RuleNotAdmitted, match=words) as refused:
        make_rule(code, base=BUILT_IN, source="stored", **fields)

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("code", "may"),
    [
        ("do_not_honor", True),
        ("advice:try_again_later", True),
        ("a_code_of_tomorrow", True),
        ("advice:of_tomorrow", False),
        ("Not A Code", False),
        ("", False),
        ("a" * 101, False),
    ],
)
def test_a_code_that_may_have_a_rule(code: str, may: bool) -> None:
    """Known rows may, and codes that Stripe may add; nothing else is shaped like one."""
    assert may_have_rule(code) is may


def test_a_kind_rule_gives_way_to_advice() -> None:
    """A stored rule that lets the same card be tried does not where the network advises against."""
    rules = BUILT_IN.with_stored({"do_not_honor": stored("do_not_honor", "allow_same_card_later")})
    kind = rule_on(declined("do_not_honor"), details(), rules)
    against = rule_on(declined("do_not_honor", network_advice_code="03"), details(), rules)
    for_good = rule_on(declined("do_not_honor", advice_code="do_not_try_again"), details(), rules)

    assert kind.result.same_card_allowed
    assert not against.result.same_card_allowed
    assert (for_good.key, for_good.event) == ("advice:do_not_try_again", "disable_card")


def test_a_rule_of_a_new_code_knows_declines_alone() -> None:
    """Refused requests with that code are judged as they were: nobody was asked to pay."""
    rules = BUILT_IN.with_stored({"new_code": stored("new_code", "fail_payment")})

    assert rule_on(Outcome(code="new_code"), details(), rules).event == "fail"
    assert rule_on(Outcome(code="new_code", http_status=400), details(), rules).event is None


@pytest.mark.parametrize("code", ["expired_card", "stolen_card", "fraudulent", "rate_limit"])
def test_a_rule_of_a_new_code_stands_last(code: str) -> None:
    """It judges where the default did: never before what is known of the code beside it."""
    rules = BUILT_IN.with_stored({"new_code": stored("new_code", "ask_for_new_card")})
    outcome = declined("new_code", code=code)

    assert select(outcome, rules)[0] == select(outcome, BUILT_IN)[0] == code


def test_the_version_tells_whose_place_a_rule_has() -> None:
    """The same stored row decides otherwise over another one, so it is another set."""
    row = stored("do_not_honor", "ask_for_new_card")
    firm = BUILT_IN.with_overrides({"do_not_honor": ERROR_HANDLERS["stolen_card"]})
    here, there = (base.with_stored({"do_not_honor": row}) for base in (BUILT_IN, firm))
    later = declined("do_not_honor", advice_code="try_again_later")

    assert select(later, here)[0] != select(later, there)[0]
    assert here.rules_version != there.rules_version


def test_a_stored_rule_stands_over_a_deployments() -> None:
    """It takes the place of a deployment's own row, with the place that that had."""
    own = rules_with(do_not_honor=lambda outcome, payment: None)  # type: ignore[arg-type, return-value]  # never asked
    rules = own.with_stored({"do_not_honor": stored("do_not_honor", "fail_payment", own)})

    assert rule_on(declined("do_not_honor"), details(), rules).event == "fail"


def test_outcomes_are_about_the_code() -> None:
    """What is made up for a code has it; for advice, every kind of code beside it."""
    plain = {
        outcome.decline_code or outcome.code for outcome in outcomes_about("lost_card", BUILT_IN)
    }
    advised = {
        outcome.advice_code for outcome in outcomes_about("advice:try_again_later", BUILT_IN)
    }

    assert (plain, advised) == ({"lost_card"}, {"try_again_later"})
