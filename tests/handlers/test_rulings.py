"""What a ruling says of each kind of outcome."""

import pytest

from orchestrator.handlers import (
    HandlerResult,
    Outcome,
    PaymentDetails,
    complete_payment,
    rule_on,
)
from orchestrator.handlers.wording import GENERIC
from tests.handlers.builders import (
    BUILT_IN,
    answering,
    declined,
    details,
    rules_with,
    rules_with_success,
)

NEW_CARD = HandlerResult(completed=True, requires_retry=True, message="Another card, please.")


def test_ruling_on_a_decline_cites_its_row() -> None:
    """A ruling names the row, the handler, the meaning and the action."""
    ruling = rule_on(declined("lost_card"), details(), BUILT_IN)

    assert (ruling.key, ruling.handler, ruling.reason, ruling.action) == (
        "lost_card",
        "disable_card",
        "reported lost",
        "card_disabled",
    )
    assert (ruling.handler_error, ruling.unknown_code, ruling.alert) == (None, None, False)


def test_last_attempt_fails_for_being_the_last() -> None:
    """The reason of the end is the spent budget, not the last decline."""
    ruling = rule_on(declined("insufficient_funds"), details(attempts_left=0), BUILT_IN)

    assert (ruling.event, ruling.reason) == ("fail", "attempts_exhausted")


def test_a_failure_for_good_keeps_its_own_reason() -> None:
    """A payment failed by its handler ends for that reason, also on the last attempt."""
    ruling = rule_on(declined("duplicate_transaction"), details(attempts_left=0), BUILT_IN)

    assert ruling.reason == "same amount and card submitted very recently"


@pytest.mark.parametrize(
    ("outcome", "unknown"),
    [
        (declined("new_decline"), "new_decline"),
        (declined("new_decline", advice_code="try_again_later"), "new_decline"),
        (Outcome(code="incorrect_cvc", decline_code="new_decline"), "new_decline"),
        (Outcome(code="new_code", http_status=400), "new_code"),
        (declined("do_not_honor"), None),
    ],
)
def test_unknown_code_is_named(outcome: Outcome, unknown: str | None) -> None:
    """A code nobody has a row for is reported, whichever evidence decided."""
    ruling = rule_on(outcome, details(), BUILT_IN)

    assert (ruling.unknown_code, ruling.alert) == (unknown, unknown is not None)


def test_alerting_row_alerts() -> None:
    """A row that wants a person to look makes the ruling say so."""
    assert rule_on(Outcome(code="api_key_expired"), details(), BUILT_IN).alert


def test_an_error_is_never_a_success() -> None:
    """A deployment that completes an error without a retry fails the payment."""
    rules = rules_with(do_not_honor=complete_payment)

    assert rule_on(declined(), details(), rules).event == "fail"


def test_disabling_without_a_scope_means_the_card() -> None:
    """A deployment that disables and names no reach disables the card for its owner."""
    rules = rules_with(do_not_honor=answering(HandlerResult(True, True, disable_card=True)))

    ruling = rule_on(declined(), details(), rules)

    assert (ruling.event, ruling.disable_scope) == ("disable_card", "fingerprint")


def test_an_undecided_handler_disables_nothing() -> None:
    """What has not completed has no effect."""
    rules = rules_with(do_not_honor=answering(HandlerResult(False, True, disable_card=True)))

    assert rule_on(declined(), details(), rules).disable_scope is None


def test_stripes_sentence_about_a_secret_reason_is_withheld() -> None:
    """A deployment that passes Stripe's sentence on does not leak a secret reason by it."""
    stripes = "Your card was reported lost."

    def echo(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        return HandlerResult(True, True, message=f"Sorry: {outcome.message}")

    rules = rules_with(lost_card=echo, insufficient_funds=echo)

    secret = rule_on(declined("lost_card", message=stripes), details(), rules)
    plain = rule_on(declined("insufficient_funds", message="No funds."), details(), rules)

    assert secret.result.message == GENERIC
    assert plain.result.message == "Sorry: No funds."


def test_a_deployments_own_sentence_stands() -> None:
    """A sentence of the deployment's own making is shown as it is."""
    rules = rules_with(lost_card=answering(NEW_CARD))

    ruling = rule_on(declined("lost_card", message="Stripe's."), details(), rules)

    assert ruling.result.message == "Another card, please."


def test_a_deployments_handler_sees_the_outcome_and_the_payment() -> None:
    """A handler is given the very outcome and payment that are ruled on."""
    seen: list[tuple[Outcome, PaymentDetails]] = []

    def handler(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        seen.append((outcome, payment))
        return NEW_CARD

    rule_on(declined(), details(), rules_with(do_not_honor=handler))

    assert seen == [(declined(), details())]


@pytest.mark.parametrize("attempts_left", [0, 1])
def test_paid_is_succeed(attempts_left: int) -> None:
    """A payment that Stripe calls succeeded succeeds, also on the last attempt."""
    ruling = rule_on(Outcome(status="succeeded"), details(attempts_left), BUILT_IN)

    assert (ruling.event, ruling.handler, ruling.key) == (
        "succeed",
        "complete_payment",
        "succeeded",
    )


@pytest.mark.parametrize(
    "status", ["requires_action", "processing", "requires_capture", "requires_confirmation"]
)
def test_unfinished_status_moves_nothing(status: str) -> None:
    """Whatever is neither paid nor failed leaves the payment confirming, and is no ask."""
    ruling = rule_on(Outcome(status=status), details(), BUILT_IN)

    assert (ruling.event, ruling.action, ruling.counts_as_ask) == (None, "wait", False)
    assert (ruling.alert, ruling.handler_error) == (False, None)


@pytest.mark.parametrize("status", ["new_status", "canceled"])
def test_unknown_status_waits_and_alerts(status: str) -> None:
    """A status without a row can complete nothing."""
    ruling = rule_on(Outcome(status=status), details(), BUILT_IN)

    assert (ruling.event, ruling.unknown_code, ruling.alert) == (None, status, True)


def test_a_deployments_success_handler_words_the_success() -> None:
    """A well-behaved success handler's own words are kept."""
    thanks = HandlerResult(True, False, message="Thank you!", reason="paid by card")

    ruling = rule_on(
        Outcome(status="succeeded"), details(), rules_with_success(succeeded=answering(thanks))
    )

    assert (ruling.event, ruling.result, ruling.handler_error) == ("succeed", thanks, None)
