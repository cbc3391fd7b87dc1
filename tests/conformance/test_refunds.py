"""Refunds: whole, in parts, once under one key, and refused when nothing is left."""

import pytest

from tests.conformance.sides import Side, refusal, with_key


def paid(side: Side, card: str = "pm_card_visa") -> str:
    """Pay a new intent and return its id."""
    return str(side.confirm(side.intent().id, card).id)


def test_a_payment_is_refunded(side: Side) -> None:
    """The whole amount is given back; the charge says so, the intent stays succeeded."""
    intent = paid(side)
    made = side.v1.refunds.create({"payment_intent": intent})
    after = side.read(intent)

    assert (made.amount, made.status, made.payment_intent) == (1000, "succeeded", intent)
    assert (after.status, after.latest_charge.refunded) == ("succeeded", True)


def test_a_payment_is_refunded_in_parts(side: Side) -> None:
    """Parts are given back until nothing is left, and no more than is left."""
    intent = paid(side)
    side.v1.refunds.create({"payment_intent": intent, "amount": 300})
    too_much = refusal(lambda: side.v1.refunds.create({"payment_intent": intent, "amount": 701}))
    side.v1.refunds.create({"payment_intent": intent, "amount": 700})
    again = refusal(lambda: side.v1.refunds.create({"payment_intent": intent}))

    assert (too_much.status, too_much.error.type) == (400, "invalid_request_error")
    assert (again.status, again.error.code) == (400, "charge_already_refunded")


def test_one_key_refunds_once(side: Side, key: str) -> None:
    """A refund sent again under its key is the same refund."""
    intent = paid(side)
    first = side.v1.refunds.create({"payment_intent": intent, "amount": 100}, with_key(key))
    second = side.v1.refunds.create({"payment_intent": intent, "amount": 100}, with_key(key))

    assert first.id == second.id
    assert side.read(intent).latest_charge.amount_refunded == 100


@pytest.mark.parametrize("status", ["created", "held"])
def test_what_was_not_taken_is_not_refunded(side: Side, status: str) -> None:
    """An intent without a captured charge has nothing to give back."""
    intent = side.intent(capture_method="manual")
    if status == "held":
        side.confirm(intent.id, "pm_card_visa")
    refused = refusal(lambda: side.v1.refunds.create({"payment_intent": intent.id}))

    assert (refused.status, refused.error.type) == (400, "invalid_request_error")


def test_a_refund_can_be_pending(side: Side) -> None:
    """One test card's refund begins as pending."""
    made = side.v1.refunds.create({"payment_intent": paid(side, "pm_card_pendingRefund")})

    assert made.status == "pending"
