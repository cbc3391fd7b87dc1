"""Every decline of the core set: the error, the intent after it, and the charge that failed."""

from typing import Any

import pytest
import stripe

from tests.conformance.sides import Side, refusal

# From docs.stripe.com/testing: the code of the error, and the decline code where it has one.
DECLINES: dict[str, tuple[str, str | None]] = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": (
        "card_declined",
        "card_velocity_exceeded",
    ),
}
# The documentation leaves the decline code of these open.
OPEN: dict[str, str] = {
    "pm_card_radarBlock": "card_declined",
    "pm_card_threeDSecureRequiredProcessingError": "card_declined",
}
ALL = {**{card: code for card, (code, _) in DECLINES.items()}, **OPEN}


@pytest.mark.parametrize("card", DECLINES)
def test_a_decline_has_its_codes(side: Side, card: str) -> None:
    """A decline is a 402 with the documented codes."""
    code, decline_code = DECLINES[card]
    refused = side.refused_confirm(side.intent().id, card)

    assert isinstance(refused.raised, stripe.CardError)
    assert (refused.status, refused.error.type, refused.error.code) == (402, "card_error", code)
    # Where the table has no decline code Stripe may repeat the code.
    assert (refused.error.decline_code or code) == (decline_code or code)
    assert refused.error.message


@pytest.mark.parametrize("card", ALL)
def test_a_decline_carries_the_intent(side: Side, card: str) -> None:
    """The error holds the intent, back at wanting a payment method, its charge and the card."""
    intent = side.intent()
    refused = side.refused_confirm(intent.id, card)
    carried = refused.error.payment_intent

    assert (refused.status, refused.error.code) == (402, ALL[card])
    assert (carried.id, carried.status) == (intent.id, "requires_payment_method")
    assert carried.last_payment_error.code == ALL[card]
    assert carried.latest_charge == refused.error.charge
    assert refused.error.payment_method.type == "card"


@pytest.mark.parametrize("card", ALL)
def test_a_decline_leaves_the_intent_waiting(side: Side, card: str) -> None:
    """Read again, the intent waits for a payment method, tells the error and has no money."""
    intent = side.intent()
    side.refused_confirm(intent.id, card)
    after = side.read(intent.id)

    assert (after.status, after.amount_received) == ("requires_payment_method", 0)
    assert after.payment_method is None
    assert after.last_payment_error.code == ALL[card]
    assert after.last_payment_error.payment_method.card.last4


@pytest.mark.parametrize("card", DECLINES)
def test_a_decline_is_a_failed_charge(side: Side, card: str) -> None:
    """The charge of a decline failed, names the code, and the issuer said so."""
    code, decline_code = DECLINES[card]
    intent = side.intent()
    side.refused_confirm(intent.id, card)
    charge: Any = side.read(intent.id).latest_charge

    assert (charge.status, charge.paid, charge.captured) == ("failed", False, False)
    assert charge.failure_code == code
    assert charge.outcome.type == "issuer_declined"
    assert charge.outcome.network_status == "declined_by_network"
    assert charge.outcome.reason == (decline_code or code)


def test_a_block_is_stripes_own(side: Side) -> None:
    """A payment Radar stops never reaches the network, and its charge says who stopped it."""
    intent = side.intent()
    side.refused_confirm(intent.id, "pm_card_radarBlock")
    charge: Any = side.read(intent.id).latest_charge

    assert (charge.status, charge.outcome.type) == ("failed", "blocked")
    assert charge.outcome.network_status == "not_sent_to_network"
    assert (charge.outcome.reason, charge.outcome.risk_level) == ("highest_risk_level", "highest")


def test_another_card_pays_after_a_decline(side: Side) -> None:
    """The same intent is paid by another card, and the error is gone."""
    intent = side.intent()
    side.refused_confirm(intent.id, "pm_card_visa_chargeDeclined")
    paid = side.confirm(intent.id, "pm_card_visa")

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


def test_a_declined_create_leaves_the_intent(side: Side) -> None:
    """A create that confirms at once and is declined leaves an intent, which the error names."""
    refused = refusal(
        lambda: side.intent(confirm=True, payment_method="pm_card_visa_chargeDeclined")
    )
    carried = refused.error.payment_intent

    assert refused.status == 402
    assert side.read(carried.id).status == "requires_payment_method"


@pytest.mark.parametrize("card", DECLINES)
def test_a_declining_card_cannot_be_saved(side: Side, customer: str, card: str) -> None:
    """Attaching a card that declines is a 402 with the card's codes."""
    code, decline_code = DECLINES[card]
    methods = side.v1.payment_methods
    refused = refusal(lambda: methods.attach(card, {"customer": customer}))

    assert isinstance(refused.raised, stripe.CardError)
    assert (refused.status, refused.error.code) == (402, code)
    assert (refused.error.decline_code or code) == (decline_code or code)


def test_a_saved_card_can_decline(side: Side, customer: str) -> None:
    """The card made for it is saved and declines when it is to pay."""
    card = side.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    intent = side.intent(customer=customer)
    refused = side.refused_confirm(intent.id, card.id)

    assert card.customer == customer
    assert (refused.status, refused.error.code) == (402, "card_declined")
