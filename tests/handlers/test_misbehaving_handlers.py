"""Handlers that raise, answer nonsense, never decide, or claim what is not theirs to say."""

from collections.abc import Callable

import pytest

from orchestrator.handlers import (
    HandlerResult,
    Outcome,
    PaymentDetails,
    ask_for_new_card,
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

UNDECIDED = HandlerResult(completed=False, requires_retry=False, message="Please wait.")
NEW_CARD = HandlerResult(completed=True, requires_retry=True, message="Another card, please.")


def raising(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Stand for a deployment's handler with a bug."""
    raise LookupError("no such item")


@pytest.mark.parametrize("attempts_left", [0, 1])
def test_raising_handler_counts_as_completed_and_requiring_a_retry(attempts_left: int) -> None:
    """A bug in a handler costs an attempt, keeps the card, and is on the record."""
    ruling = rule_on(declined(), details(attempts_left), rules_with(do_not_honor=raising))

    assert ruling.event == ("require_new_card" if attempts_left else "fail")
    assert (ruling.result.completed, ruling.result.requires_retry) == (True, True)
    assert (ruling.handler_error, ruling.alert) == ("LookupError: no such item", True)
    assert (ruling.result.message, ruling.disable_scope) == (GENERIC, None)


@pytest.mark.parametrize("answer", [None, True, {"completed": True}, "require_new_card"])
def test_wrong_answer_counts_as_raising(answer: object) -> None:
    """Anything but a result is a bug like any other."""
    ruling = rule_on(declined(), details(), rules_with(do_not_honor=answering(answer)))

    assert ruling.event == "require_new_card"
    assert ruling.handler_error == (
        f"TypeError: returned {type(answer).__name__}, not HandlerResult"
    )


def test_error_text_is_bounded_and_on_one_line() -> None:
    """However much a handler shouts, the record stays short."""

    def shouting(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        raise ValueError("no\n" * 1000)

    error = rule_on(declined(), details(), rules_with(do_not_honor=shouting)).handler_error

    assert error is not None
    assert len(error) == 300
    assert error.startswith("ValueError: no no no")


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_51Habc",
        "rk_test_51Habc",
        "whsec_5e8f",
        "pi_3Nabc_secret_9xyz",
        "4242424242424242",
        "4242 4242 4242 4242",
    ],
)
def test_error_text_holds_no_secret(secret: str) -> None:
    """Keys, client secrets and card numbers do not reach the record."""

    def leaking(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        raise ValueError(f"refused {secret} today")

    ruling = rule_on(declined(), details(), rules_with(do_not_honor=leaking))

    assert ruling.handler_error == "ValueError: refused [removed] today"


def test_exception_that_cannot_be_printed_is_survived() -> None:
    """Even an exception whose text raises is recorded by its class."""

    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def broken(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        raise Unprintable

    ruling = rule_on(declined(), details(), rules_with(do_not_honor=broken))

    assert ruling.handler_error is not None
    assert "Unprintable" in ruling.handler_error


@pytest.mark.parametrize(
    ("asks_so_far", "event", "counted"),
    [
        (0, None, True),
        (1, None, True),
        (2, "require_new_card", False),
        (3, "require_new_card", False),
    ],
)
def test_undecided_handler_is_asked_three_times(
    asks_so_far: int, event: str | None, counted: bool
) -> None:
    """A handler may say three times that it has not completed; the third counts as raising."""
    rules = rules_with(do_not_honor=answering(UNDECIDED))

    ruling = rule_on(declined(), details(), rules, asks_so_far)

    assert (ruling.event, ruling.counts_as_ask) == (event, counted)
    assert ruling.handler_error == (None if event is None else "not completed after 3 asks")


def test_handler_that_decides_late_is_heard() -> None:
    """The third ask still takes a decision."""
    ruling = rule_on(declined(), details(), rules_with(do_not_honor=answering(NEW_CARD)), 2)

    assert (ruling.event, ruling.handler_error) == ("require_new_card", None)


@pytest.mark.parametrize(
    "code", ["payment_intent_unexpected_state", "lock_timeout", "api_key_expired"]
)
@pytest.mark.parametrize("asks_so_far", [0, 2, 50])
def test_waiting_by_design_is_no_ask(code: str, asks_so_far: int) -> None:
    """Reading, re-sending and standing still may go on for ever."""
    ruling = rule_on(Outcome(code=code), details(), BUILT_IN, asks_so_far)

    assert (ruling.event, ruling.counts_as_ask, ruling.handler_error) == (None, False, None)


@pytest.mark.parametrize(
    "handler",
    [
        raising,
        answering(UNDECIDED),
        answering(NEW_CARD),
        answering(HandlerResult(True, False, disable_card=True)),
        answering(None),
    ],
    ids=["raises", "undecided", "retries", "disables", "nonsense"],
)
def test_no_handler_undoes_a_charge(
    handler: Callable[[Outcome, PaymentDetails], HandlerResult],
) -> None:
    """Whatever a success handler does about money that was paid, the payment succeeds."""
    ruling = rule_on(Outcome(status="succeeded"), details(), rules_with_success(succeeded=handler))

    assert (ruling.event, ruling.disable_scope) == ("succeed", None)
    assert (ruling.result.completed, ruling.result.requires_retry) == (True, False)
    assert ruling.handler_error
    assert ruling.alert


@pytest.mark.parametrize(
    "handler",
    [raising, complete_payment, ask_for_new_card],
    ids=["raises", "completes", "retries"],
)
def test_no_handler_completes_what_is_not_paid(
    handler: Callable[[Outcome, PaymentDetails], HandlerResult],
) -> None:
    """Whatever a success handler says about an open challenge, nothing moves."""
    ruling = rule_on(
        Outcome(status="requires_action"), details(), rules_with_success(requires_action=handler)
    )

    assert (ruling.event, ruling.result.completed, ruling.disable_scope) == (None, False, None)
    assert ruling.handler_error
