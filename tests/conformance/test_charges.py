"""Charges: what they say of the card and of the outcome, and their lists."""

from tests.conformance.sides import Side


def test_a_good_charge_says_all_of_its_outcome(side: Side) -> None:
    """A charge that went through says what took it, what was taken, and who approved it."""
    intent = side.intent(metadata={"payment_id": "pay_1"}, description="Tea")
    side.confirm(intent.id, "pm_card_visa")
    charge = side.read(intent.id).latest_charge
    card = charge.payment_method_details.card

    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (1000, 1000, 0)
    assert (charge.payment_intent, charge.description) == (intent.id, "Tea")
    assert charge.metadata.to_dict() == {"payment_id": "pay_1"}
    assert (charge.failure_code, charge.failure_message) == (None, None)
    assert (charge.outcome.type, charge.outcome.network_status) == (
        "authorized",
        "approved_by_network",
    )
    assert charge.outcome.risk_level == "normal"
    assert charge.outcome.seller_message == "Payment complete."
    assert (card.brand, card.last4, card.country) == ("visa", "4242", "US")
    assert card.fingerprint


def test_an_intents_tries_are_listed(side: Side) -> None:
    """Every try is a charge of the intent, newest first, a page at a time."""
    intent = side.intent()
    side.refused_confirm(intent.id, "pm_card_visa_chargeDeclined")
    side.refused_confirm(intent.id, "pm_card_chargeDeclinedExpiredCard")
    paid = side.confirm(intent.id, "pm_card_visa")
    listing = side.v1.charges.list
    first = listing({"payment_intent": intent.id, "limit": 2})
    rest = listing({"payment_intent": intent.id, "starting_after": first.data[-1].id})

    assert first.data[0].id == paid.latest_charge
    assert [charge.status for charge in [*first.data, *rest.data]] == [
        "succeeded",
        "failed",
        "failed",
    ]
    assert (first.has_more, rest.has_more) == (True, False)


def test_a_charge_is_read_by_its_id(side: Side) -> None:
    """A failed charge is found by the id that its error names."""
    refused = side.refused_confirm(side.intent().id, "pm_card_visa_chargeDeclinedLostCard")
    charge = side.v1.charges.retrieve(refused.error.charge)

    assert (charge.id, charge.status) == (refused.error.charge, "failed")
    assert charge.outcome is not None
    assert charge.outcome.reason == "lost_card"


def test_an_elevated_risk_is_told(side: Side) -> None:
    """The card of elevated risk pays, and its charge says that somebody should look at it."""
    intent = side.intent()
    side.confirm(intent.id, "pm_card_riskLevelElevated")
    charge = side.read(intent.id).latest_charge

    assert (charge.status, charge.outcome.risk_level) == ("succeeded", "elevated")
