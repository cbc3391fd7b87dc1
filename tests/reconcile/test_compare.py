"""What differs between a payment and its intent, case by case."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from orchestrator.gateway.listed import ListedCharge
from orchestrator.gateway.views import IntentStatus
from orchestrator.payment import Actor, Intention, Payment
from orchestrator.reconcile.compare import (
    OPEN,
    VERDICTS,
    compare,
    compare_charge,
    missing,
    unknown,
)
from orchestrator.reconcile.differences import MEANING, Difference, DifferenceKind, UnderWay
from orchestrator.states import TERMINAL_STATES, PaymentState
from tests.reconcile.builders import CREATED, NOW, charge_of, intent_of, payment_of

SOON = NOW + timedelta(seconds=30)
LONG_AGO = NOW - timedelta(hours=1)
ENDING = Intention("cancel", "abandoned", Actor("api_key", "key1"))


def kinds(found: Any) -> list[str]:
    """Name what was found."""
    return [one.kind if isinstance(one, Difference) else "under_way" for one in found]


# The payment's columns, the intent's fields, and what is found. (Payments here are due soon.)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "paid on both sides": ({}, {}, []),
    "another amount": ({"amount": 900}, {}, ["amount_differs", "received_differs"]),
    "another currency": ({"currency": "eur"}, {}, ["amount_differs"]),
    "another amount received": ({}, {"amount_received": 400}, ["received_differs"]),
    "paid here, canceled there": ({}, {"status": "canceled"}, ["not_succeeded_at_stripe"]),
    "paid here, held there": ({}, {"status": "requires_capture"}, ["not_succeeded_at_stripe"]),
    "failed on both sides": ({"state": "failed"}, {"status": "canceled"}, []),
    "failed here, paid there": ({"state": "failed"}, {}, ["late_success"]),
    "failed here, open there": (
        {"state": "failed"},
        {"status": "requires_payment_method"},
        ["open_at_stripe"],
    ),
    "waiting on both sides": ({"state": "created"}, {"status": "requires_payment_method"}, []),
    "waiting here, challenged there": (
        {"state": "requires_new_card"},
        {"status": "requires_action"},
        [],
    ),
    "waiting here, paid there": ({"state": "card_disabled"}, {}, ["succeeded_at_stripe"]),
    "waiting here, canceled there": (
        {"state": "created"},
        {"status": "canceled"},
        ["canceled_at_stripe"],
    ),
    "a status nobody knows": ({"state": "failed"}, {"status": "new"}, ["open_at_stripe"]),
    "being found out": ({"state": "confirming"}, {"status": "processing"}, ["under_way"]),
    "being found out, paid there": ({"state": "confirming"}, {}, ["under_way"]),
    "being canceled": (
        {"state": "created", "intention": ENDING},
        {"status": "canceled"},
        ["under_way"],
    ),
    "being canceled, open there": (
        {"state": "created", "intention": ENDING},
        {"status": "requires_payment_method"},
        [],
    ),
    "found out by nobody": (
        {"state": "confirming", "due_at": LONG_AGO},
        {},
        ["succeeded_at_stripe"],
    ),
    "found out by nobody, open there": (
        {"state": "confirming", "due_at": LONG_AGO},
        {"status": "processing"},
        [],
    ),
    "another amount while being found out": (
        {"state": "confirming", "amount": 900},
        {"status": "processing"},
        ["amount_differs", "under_way"],
    ),
}


def _payment(columns: dict[str, Any]) -> Payment:
    state = PaymentState(columns.get("state", "succeeded"))
    due = None if state in TERMINAL_STATES else SOON
    return payment_of(**{"due_at": due, **columns, "state": state})


@pytest.mark.parametrize(("columns", "fields", "expected"), CASES.values(), ids=CASES)
def test_payment_is_compared_with_its_intent(
    columns: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    """Amount, currency, state and what was received are compared, and nothing is guessed."""
    assert kinds(compare(_payment(columns), intent_of(**fields), NOW)) == expected


def test_every_state_has_a_verdict_on_every_status() -> None:
    """Only a handled payment's own end at Stripe agrees with it; no pair is left out."""
    ends = {"succeeded": "succeeded", "failed": "canceled"}
    statuses = ["succeeded", "canceled", OPEN]

    assert set(VERDICTS) == set(PaymentState)
    for state, status in product(PaymentState, statuses):
        agrees = status == ends.get(state, OPEN)
        assert (VERDICTS[state][status] is None) == agrees, (state, status)
    assert {"succeeded", "canceled"} < set(IntentStatus)


def test_every_kind_has_a_meaning() -> None:
    """No difference is reported without words."""
    assert set(MEANING) == set(DifferenceKind)


def test_payment_whose_intent_stripe_does_not_know_is_missing() -> None:
    """It says which payment, and that Stripe holds nothing."""
    found = missing(payment_of())

    assert (found.kind, found.payment, found.theirs) == ("intent_missing", "pay_1", None)


# The intent, the payment that it names where that is stored, and what is found.
UNKNOWN: dict[str, tuple[dict[str, Any], Payment | None, str]] = {
    "names a payment that is not stored": ({}, None, "unknown_intent"),
    "names nobody": ({"metadata": {}}, None, "unrelated_intent"),
    "names somebody else's": ({"metadata": {"payment_id": "17"}}, None, "unrelated_intent"),
    "names a payment with another intent": (
        {"status": "processing"},
        payment_of(2),
        "foreign_intent",
    ),
    "paid for a payment that is paid": ({}, payment_of(2), "charged_twice"),
    "is being created": (
        {"status": "requires_payment_method", "charge": None, "created": CREATED + 3 * 3600},
        None,
        "under_way",
    ),
    "was never created here": (
        {"status": "requires_payment_method", "charge": None},
        None,
        "unknown_intent",
    ),
}


@pytest.mark.parametrize(("fields", "named", "expected"), UNKNOWN.values(), ids=UNKNOWN)
def test_intent_of_no_payment_is_told_by_whom_it_names(
    fields: dict[str, Any], named: Payment | None, expected: str
) -> None:
    """Ours, a stranger's, and one that is only just being stored are three things."""
    assert kinds([unknown(intent_of(1, **fields), named, NOW)]) == [expected]


# The charge, the payment of its intent where that is stored, and what is found.
CHARGES: dict[str, tuple[ListedCharge, Payment | None, list[str]]] = {
    "the one that paid": (charge_of(), payment_of(), []),
    "a second one that took money": (charge_of("ch_2"), payment_of(), ["charged_twice"]),
    "a second one that took nothing": (charge_of("ch_2", amount_captured=0), payment_of(), []),
    "of an intent that is not ours": (charge_of(), None, []),
    "of a payment that failed": (charge_of("ch_2"), payment_of(state=PaymentState.failed), []),
    "of no intent at all": (charge_of(intent=None), None, ["unrelated_charge"]),
}


@pytest.mark.parametrize(("charge", "payment", "expected"), CHARGES.values(), ids=CHARGES)
def test_charge_is_accounted_for(
    charge: ListedCharge, payment: Payment | None, expected: list[str]
) -> None:
    """Money was taken for a payment only by the charge that it was settled by."""
    assert kinds(compare_charge(charge, payment)) == expected


def test_difference_is_one_sentence() -> None:
    """A line names the payment, the kind and both sides."""
    (found,) = compare(payment_of(currency="eur"), intent_of(), NOW)

    assert str(found) == (
        "pay_1 (pi_1): amount_differs: the intent is over another amount or currency; "
        "here 1000 eur, at Stripe 1000 usd"
    )
    assert isinstance(found, Difference)
    assert str(UnderWay("pay_1", "pi_1", "confirming")) == "pay_1: confirming"
