"""What differs between the refunds and disputes of both sides, case by case."""

from typing import Any

import pytest

from orchestrator.payment import Payment
from orchestrator.reconcile.compare_money_back import (
    compare_disputes,
    compare_refunds,
    speaks_of_disputes,
    speaks_of_refunds,
)
from orchestrator.reconcile.differences import Difference
from orchestrator.refund import REFUND_LABEL, RefundState
from tests.reconcile.builders import (
    charge_of,
    dispute_at_stripe,
    dispute_of,
    intent_of,
    payment_of,
    refund_at_stripe,
    refund_of,
)

ASKED = refund_of(stripe_refund=None, state=RefundState.pending)


def kinds(found: Any) -> list[str]:
    """Name what was found."""
    return [one.kind if isinstance(one, Difference) else "under_way" for one in found]


# What is stored, what Stripe has, and what is found.
REFUNDS: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "the same": ([refund_of()], [refund_at_stripe()], []),
    "none": ([], [], []),
    "one that nobody knows here": ([], [refund_at_stripe()], ["refund_unknown"]),
    "one that Stripe does not have": ([refund_of()], [], ["refund_missing"]),
    "another amount": ([refund_of()], [refund_at_stripe(amount=200)], ["refund_amount_differs"]),
    "another currency": (
        [refund_of()],
        [refund_at_stripe(currency="eur")],
        ["refund_amount_differs"],
    ),
    "another state": ([refund_of()], [refund_at_stripe(status="failed")], ["refund_state_differs"]),
    "the same state in other words": (
        [refund_of(state=RefundState.failed)],
        [refund_at_stripe(status="canceled")],
        [],
    ),
    "asked for, not answered": ([ASKED], [], ["under_way"]),
    "asked for, made, not answered": (
        [ASKED],
        [refund_at_stripe(metadata={REFUND_LABEL: "ref_1"})],
        ["under_way"],
    ),
    "refused by Stripe": ([refund_of(stripe_refund=None, state=RefundState.failed)], [], []),
}


@pytest.mark.parametrize(("ours", "theirs", "expected"), REFUNDS.values(), ids=REFUNDS)
def test_refunds_are_compared_one_by_one(
    ours: list[Any], theirs: list[Any], expected: list[str]
) -> None:
    """A refund is known by Stripe's id, and one whose answer is awaited is under way."""
    assert kinds(compare_refunds(payment_of(), ours, theirs)) == expected


DISPUTES: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "the same": ([dispute_of()], [dispute_at_stripe()], []),
    "one that nobody knows here": ([], [dispute_at_stripe()], ["dispute_unknown"]),
    "one that Stripe does not have": ([dispute_of()], [], ["dispute_missing"]),
    "another status": ([dispute_of()], [dispute_at_stripe(status="won")], ["dispute_differs"]),
    "another amount": ([dispute_of()], [dispute_at_stripe(amount=1)], ["dispute_differs"]),
}


@pytest.mark.parametrize(("ours", "theirs", "expected"), DISPUTES.values(), ids=DISPUTES)
def test_disputes_are_compared_one_by_one(
    ours: list[Any], theirs: list[Any], expected: list[str]
) -> None:
    """A dispute is one thing on both sides: its id, its amount and its status."""
    assert kinds(compare_disputes(payment_of(), ours, theirs)) == expected


@pytest.mark.parametrize(
    ("payment", "charge", "expected"),
    [
        (payment_of(), {}, (False, False)),
        (payment_of(amount_refunded=300), {}, (True, False)),
        (payment_of(amount_disputed=300), {}, (False, True)),
        (payment_of(), {"amount_refunded": 300}, (True, False)),
        (payment_of(), {"disputed": True}, (False, True)),
    ],
    ids=["nothing", "refunded here", "disputed here", "refunded there", "disputed there"],
)
def test_either_side_may_speak_of_money_back(
    payment: Payment, charge: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    """Refunds and disputes are listed where one side says that there are some."""
    listed = intent_of(charge=charge_of(**charge))

    assert (speaks_of_refunds(payment, listed), speaks_of_disputes(payment, listed)) == expected
