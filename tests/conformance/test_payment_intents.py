"""An intent's life: create, confirm, cancel, retrieve, list, and what each state refuses."""

from typing import Any

import pytest
import stripe

from tests.conformance.sides import Refusal, Side, refusal

UNEXPECTED = "payment_intent_unexpected_state"


def expect_unexpected(refused: Refusal, status: str) -> None:
    """Expect the refusal of a call that an intent's status does not allow, with the intent."""
    assert refused.status == 400
    assert isinstance(refused.raised, stripe.InvalidRequestError)
    assert refused.error.code == UNEXPECTED
    assert refused.error.payment_intent.status == status


def test_an_intent_begins_unpaid(side: Side) -> None:
    """A new intent wants a payment method and has taken nothing."""
    intent = side.intent(metadata={"payment_id": "pay_1"}, description="Tea")

    assert (intent.object, intent.livemode) == ("payment_intent", False)
    assert intent.id.startswith("pi_")
    assert intent.status == "requires_payment_method"
    assert (intent.amount, intent.currency, intent.amount_received) == (1000, "usd", 0)
    assert str(intent.client_secret).startswith(f"{intent.id}_secret_")
    assert intent.metadata is not None
    assert intent.metadata.to_dict() == {"payment_id": "pay_1"}
    assert (intent.description, intent.payment_method_types) == ("Tea", ["card"])
    assert (intent.latest_charge, intent.last_payment_error, intent.next_action) == (
        None,
        None,
        None,
    )
    assert (intent.capture_method, intent.confirmation_method) == ("automatic_async", "automatic")


def test_an_intent_is_read_again(side: Side) -> None:
    """Retrieving an intent gives what creating it gave."""
    intent = side.intent()
    read = side.v1.payment_intents.retrieve(intent.id)

    assert (read.id, read.status, read.client_secret) == (
        intent.id,
        intent.status,
        intent.client_secret,
    )


def test_a_good_card_pays(side: Side) -> None:
    """Confirming with a good card takes the money by one charge."""
    intent = side.intent()
    paid = side.confirm(intent.id, "pm_card_visa")

    assert (paid.id, paid.status, paid.amount_received) == (intent.id, "succeeded", 1000)
    assert str(paid.latest_charge).startswith("ch_")
    assert str(paid.payment_method).startswith("pm_")
    assert (paid.last_payment_error, paid.next_action) == (None, None)


def test_a_payment_method_makes_it_ready(side: Side) -> None:
    """An intent that has a payment method waits for its confirmation, and needs no other."""
    intent = side.intent(payment_method="pm_card_visa")
    paid = side.v1.payment_intents.confirm(intent.id)

    assert (intent.status, paid.status) == ("requires_confirmation", "succeeded")


def test_create_can_confirm_at_once(side: Side) -> None:
    """``confirm`` at create pays in one call."""
    intent = side.intent(confirm=True, payment_method="pm_card_visa")

    assert intent.status == "succeeded"


def test_an_intent_can_be_changed(side: Side) -> None:
    """Amount and description change while nothing is paid; metadata is merged."""
    intent = side.intent(metadata={"a": "1", "b": "2"})
    changed = side.v1.payment_intents.update(
        intent.id, {"amount": 2000, "description": "More tea", "metadata": {"a": ""}}
    )

    assert (changed.amount, changed.description) == (2000, "More tea")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2"}


def test_a_cancel_ends_it(side: Side) -> None:
    """A canceled intent says why and when, and takes no card any more."""
    intent = side.intent()
    canceled = side.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    refused = side.refused_confirm(intent.id, "pm_card_visa")

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at is not None
    expect_unexpected(refused, "canceled")


def test_canceling_twice_is_an_error(side: Side) -> None:
    """What is canceled cannot be canceled again, and the error carries it."""
    intent = side.intent()
    side.v1.payment_intents.cancel(intent.id)

    expect_unexpected(refusal(lambda: side.v1.payment_intents.cancel(intent.id)), "canceled")


def test_an_intent_succeeds_once(side: Side) -> None:
    """What succeeded refuses another confirm, and the error carries the intent."""
    intent = side.intent()
    paid = side.confirm(intent.id, "pm_card_visa")
    refused = side.refused_confirm(intent.id, "pm_card_mastercard")

    expect_unexpected(refused, "succeeded")
    assert refused.error.payment_intent.latest_charge == paid.latest_charge


def test_what_succeeded_cannot_be_canceled(side: Side) -> None:
    """A succeeded intent cannot be canceled."""
    intent = side.intent()
    side.confirm(intent.id, "pm_card_visa")

    expect_unexpected(refusal(lambda: side.v1.payment_intents.cancel(intent.id)), "succeeded")


def test_a_confirm_needs_a_payment_method(side: Side) -> None:
    """A confirm without any payment method is refused as an unexpected state."""
    intent = side.intent()
    refused = refusal(lambda: side.v1.payment_intents.confirm(intent.id))

    expect_unexpected(refused, "requires_payment_method")


def test_redirects_need_a_way_back(side: Side) -> None:
    """Where payment methods may redirect, a confirm without ``return_url`` is refused."""
    intent = side.v1.payment_intents.create(
        {"amount": 1000, "currency": "usd", "automatic_payment_methods": {"enabled": True}}
    )
    refused = side.refused_confirm(intent.id, "pm_card_visa")

    assert refused.status == 400
    assert "return_url" in str(refused.error.message)
    assert side.read(intent.id).status == "requires_payment_method"


def test_without_redirects_no_way_back_is_needed(side: Side) -> None:
    """Where redirects are ruled out, the same confirm pays."""
    intent = side.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )

    assert side.confirm(intent.id, "pm_card_visa").status == "succeeded"


def test_a_hold_is_captured(side: Side) -> None:
    """With manual capture the amount is held first, and the rest of it is released."""
    intent = side.intent(capture_method="manual")
    held = side.confirm(intent.id, "pm_card_visa")
    taken = side.v1.payment_intents.capture(intent.id, {"amount_to_capture": 600})

    charge = side.read(intent.id).latest_charge

    assert (held.status, held.amount_capturable) == ("requires_capture", 1000)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (600, 0, False)
    assert (taken.status, taken.amount_received) == ("succeeded", 600)


@pytest.mark.parametrize(("amount", "code"), [(1, "amount_too_small"), (49, "amount_too_small")])
def test_too_little_is_refused(side: Side, amount: int, code: str) -> None:
    """Less than 0.50 USD is refused with the parameter's name."""
    refused = refusal(lambda: side.intent(amount=amount))

    assert (refused.status, refused.error.code, refused.error.param) == (400, code, "amount")


def test_intents_come_in_pages(side: Side, customer: str) -> None:
    """Intents are listed newest first, and pages lead through them both ways."""
    intents = [side.intent(customer=customer).id for _ in range(3)]
    listing = side.v1.payment_intents.list
    first = listing({"customer": customer, "limit": 2})
    second = listing({"customer": customer, "limit": 2, "starting_after": first.data[-1].id})
    back: Any = listing({"customer": customer, "limit": 2, "ending_before": second.data[0].id})

    assert [each.id for each in [*first.data, *second.data]] == intents[::-1]
    assert (first.has_more, second.has_more) == (True, False)
    assert [each.id for each in back.data] == [each.id for each in first.data]
