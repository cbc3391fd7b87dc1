"""Which evidence of a failure counts, and what gives way to what."""

import pytest

from orchestrator.handlers import (
    HandlerResult,
    Outcome,
    Rule,
    allow_same_card_later,
    complete_payment,
    evidence_keys,
    rule_on,
    select,
)
from tests.handlers.builders import (
    BUILT_IN,
    answering,
    blocked,
    declined,
    details,
    rules_with,
)

NEW_CARD = HandlerResult(completed=True, requires_retry=True, message="Another card, please.")


def test_all_evidence_is_listed_weightiest_first() -> None:
    """Stripe's block, Stripe's advice, the network's advice, the codes, then the default."""
    outcome = Outcome(
        code="processing_error",
        decline_code="lost_card",
        advice_code="try_again_later",
        network_advice_code="03",
        outcome_read=True,
        outcome_type="blocked",
        reason="rule",
    )

    assert evidence_keys(outcome) == (
        "blocked:rule",
        "blocked:*",
        "advice:try_again_later",
        "network_advice:03",
        "lost_card",
        "processing_error",
        "*",
    )


@pytest.mark.parametrize(
    ("outcome", "key"),
    [
        (blocked("highest_risk_level"), "blocked:highest_risk_level"),
        (blocked("rule"), "blocked:rule"),
        (
            blocked("previously_declined_do_not_retry"),
            "blocked:previously_declined_do_not_retry",
        ),
        (
            blocked("low_probability_of_authorization"),
            "blocked:low_probability_of_authorization",
        ),
        (blocked("something_new"), "blocked:*"),
        (blocked(None), "blocked:*"),
        (
            blocked("highest_risk_level", advice_code="do_not_try_again"),
            "blocked:highest_risk_level",
        ),
        (blocked("something_new", advice_code="do_not_try_again"), "blocked:*"),
        (declined("stolen_card", outcome_type="blocked", reason="rule"), "blocked:rule"),
        (blocked("rule", outcome_read=False), "generic_decline"),
        (declined("do_not_honor", advice_code="do_not_try_again"), "advice:do_not_try_again"),
        (declined(None, advice_code="do_not_try_again"), "advice:do_not_try_again"),
        (
            declined("do_not_honor", advice_code="do_not_try_again", outcome_read=False),
            "do_not_honor",
        ),
        (
            declined("do_not_honor", advice_code="do_not_try_again", outcome_type="invalid"),
            "do_not_honor",
        ),
        (
            Outcome(
                code="card_declined",
                decline_code="do_not_honor",
                advice_code="do_not_try_again",
                network_advice_code="02",
            ),
            "do_not_honor",
        ),
        (declined("new_decline", network_advice_code="03"), "network_advice:03"),
        (declined("do_not_honor", advice_code="confirm_card_data"), "advice:confirm_card_data"),
        (declined("expired_card", advice_code="confirm_card_data"), "advice:confirm_card_data"),
        (declined("insufficient_funds", advice_code="try_again_later"), "advice:try_again_later"),
        (declined("new_decline", advice_code="try_again_later"), "advice:try_again_later"),
        (declined("do_not_honor", advice_code="new_advice"), "do_not_honor"),
        (declined("issuer_not_available", network_advice_code="03"), "network_advice:03"),
        (declined("incorrect_cvc", network_advice_code="21"), "network_advice:21"),
        (declined("issuer_not_available", network_advice_code="02"), "issuer_not_available"),
        (declined("insufficient_funds"), "insufficient_funds"),
        (declined(None), "card_declined"),
        (Outcome(code="incorrect_cvc"), "incorrect_cvc"),
        (Outcome(code="incorrect_cvc", decline_code="new_decline"), "incorrect_cvc"),
        (declined("new_decline"), "*"),
        (Outcome(code="new_code"), "*"),
        (Outcome(code="new_code", http_status=402), "*"),
        (Outcome(), "*"),
        (Outcome(code="new_code", http_status=400), "refused:*"),
        (Outcome(http_status=400), "refused:*"),
        (Outcome(code="amount_too_small", http_status=400), "amount_too_small"),
        (Outcome(http_status=409), "refused:409"),
        (Outcome(code="idempotency_key_in_use", http_status=409), "idempotency_key_in_use"),
        (Outcome(code="new_code", http_status=429), "refused:429"),
        (Outcome(code="amount_too_small", http_status=401), "refused:401"),
        (Outcome(http_status=403), "refused:403"),
    ],
)
def test_first_evidence_that_counts_decides(outcome: Outcome, key: str) -> None:
    """Each outcome is judged by the weightiest of the evidence it has."""
    assert select(outcome, BUILT_IN) == (key, BUILT_IN.errors[key])


@pytest.mark.parametrize(
    ("outcome", "key"),
    [
        (declined("lost_card", advice_code="do_not_try_again"), "lost_card"),
        (declined("expired_card", advice_code="do_not_try_again"), "expired_card"),
        (declined("revocation_of_authorization", advice_code="do_not_try_again"),
         "revocation_of_authorization"),
        (declined("duplicate_transaction", advice_code="do_not_try_again"),
         "duplicate_transaction"),
        (declined("stolen_card", advice_code="confirm_card_data"), "stolen_card"),
        (declined("incorrect_cvc", advice_code="confirm_card_data"), "incorrect_cvc"),
        (declined("stolen_card", advice_code="try_again_later"), "stolen_card"),
        (declined("fraudulent", advice_code="try_again_later"), "fraudulent"),
        (declined("authentication_required", advice_code="try_again_later"),
         "authentication_required"),
        (declined("processing_error", advice_code="try_again_later"), "processing_error"),
        (declined("insufficient_funds", advice_code="try_again_later", network_advice_code="03"),
         "insufficient_funds"),
        (declined("new_decline", advice_code="try_again_later", network_advice_code="03"),
         "network_advice:03"),
        (declined("lost_card", advice_code="try_again_later", network_advice_code="03"),
         "lost_card"),
        (declined("lost_card", network_advice_code="03"), "lost_card"),
        (declined("expired_card", network_advice_code="21"), "expired_card"),
        (declined("fraudulent", network_advice_code="03"), "fraudulent"),
        (declined("insufficient_funds", network_advice_code="03"), "insufficient_funds"),
    ],
)  # fmt: skip
def test_advice_gives_way_to_what_is_firmer(outcome: Outcome, key: str) -> None:
    """Advice never softens a code that ends the payment or the card, nor repeats it less well."""
    assert select(outcome, BUILT_IN)[0] == key


def test_do_not_try_again_disables_only_on_an_issuers_word() -> None:
    """The same advice takes a card out of use from its issuer, and not from Stripe's own block."""
    by_issuer = rule_on(declined(advice_code="do_not_try_again"), details(), BUILT_IN)
    by_stripe = rule_on(
        blocked("low_probability_of_authorization", advice_code="do_not_try_again"),
        details(),
        BUILT_IN,
    )
    unread = rule_on(
        declined(advice_code="do_not_try_again", outcome_read=False), details(), BUILT_IN
    )

    assert (by_issuer.event, by_issuer.disable_scope) == ("disable_card", "fingerprint")
    assert (by_stripe.event, by_stripe.disable_scope) == ("require_new_card", None)
    assert (unread.event, unread.disable_scope) == ("require_new_card", None)


def test_a_deployments_code_is_heeded_before_our_advice() -> None:
    """Who writes a handler for a code gets it asked, also when Stripe adds advice."""
    rules = rules_with(insufficient_funds=answering(NEW_CARD))
    outcome = declined("insufficient_funds", advice_code="try_again_later")

    assert select(outcome, rules)[0] == "insufficient_funds"


def test_a_deployments_advice_is_heeded_before_its_code() -> None:
    """Where a deployment wrote both, the order of evidence holds."""
    advice = Rule(allow_same_card_later, "Later.", "own advice", yields_to=(complete_payment,))
    rules = BUILT_IN.with_overrides(
        {"insufficient_funds": answering(NEW_CARD), "advice:try_again_later": advice}
    )
    outcome = declined("insufficient_funds", advice_code="try_again_later")

    assert select(outcome, rules)[0] == "advice:try_again_later"


def test_a_deployments_default_does_not_outrank_advice() -> None:
    """A default of the deployment's is asked only when nothing else speaks."""
    rules = BUILT_IN.with_overrides({"*": answering(NEW_CARD)})

    assert select(declined("new", advice_code="try_again_later"), rules)[0] == (
        "advice:try_again_later"
    )
    assert select(declined("new"), rules)[0] == "*"
