"""3-D Secure as far as a server gets by itself: the challenge opens, or cannot open."""

import pytest

from tests.conformance.sides import Side

CARD = "pm_card_authenticationRequired"
BACK = "https://example.com/back"
CARDS = (
    CARD,
    "pm_card_threeDSecure2Required",
    "pm_card_threeDSecureRequiredChargeDeclined",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
)


@pytest.mark.parametrize("card", CARDS)
def test_a_challenge_with_a_way_back_redirects(side: Side, card: str) -> None:
    """With a ``return_url`` the next action is an address to open, and nothing is charged."""
    intent = side.confirm(side.intent().id, card, return_url=BACK)

    assert (intent.status, intent.amount_received) == ("requires_action", 0)
    assert intent.next_action is not None
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == BACK
    assert str(intent.next_action.redirect_to_url.url).startswith(("https://", "http://127.0.0.1"))


def test_a_challenge_without_a_way_back_is_for_the_page(side: Side) -> None:
    """Without a ``return_url`` the next action is for Stripe.js."""
    intent = side.confirm(side.intent().id, CARD)

    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


@pytest.mark.parametrize("card", [CARD, "pm_card_threeDSecure2Required"])
def test_nobody_can_be_asked_off_session(side: Side, card: str) -> None:
    """Off-session the same card is declined with ``authentication_required`` instead."""
    intent = side.intent()
    refused = side.refused_confirm(intent.id, card, off_session=True)
    after = side.read(intent.id)

    assert (refused.status, refused.error.code) == (402, "authentication_required")
    assert after.status == "requires_payment_method"
    assert after.last_payment_error.code == "authentication_required"


def test_the_same_card_is_asked_on_session_then(side: Side) -> None:
    """After ``authentication_required`` the same card opens a challenge on-session."""
    intent = side.intent()
    side.refused_confirm(intent.id, CARD, off_session=True)

    assert side.confirm(intent.id, CARD, return_url=BACK).status == "requires_action"


def test_a_needed_challenge_can_be_an_error(side: Side) -> None:
    """``error_on_requires_action`` turns the challenge into a failed attempt."""
    intent = side.intent()
    refused = side.refused_confirm(intent.id, CARD, error_on_requires_action=True)

    assert refused.status == 402
    assert side.read(intent.id).status == "requires_payment_method"


def test_a_card_set_up_elsewhere_is_not_asked_off_session(side: Side) -> None:
    """The card that counts as set up pays off-session without a challenge."""
    paid = side.confirm(
        side.intent().id, "pm_card_authenticationRequiredSetupForOffSession", off_session=True
    )

    assert paid.status == "succeeded"


def test_another_card_replaces_the_challenge(side: Side) -> None:
    """A confirm with another card gives an open challenge up and pays."""
    intent = side.confirm(side.intent().id, CARD, return_url=BACK)
    paid = side.confirm(intent.id, "pm_card_visa", return_url=BACK)

    assert (paid.status, paid.next_action) == ("succeeded", None)


def test_an_open_challenge_can_be_canceled(side: Side) -> None:
    """An intent that waits for its customer can be canceled, and waits no more."""
    intent = side.confirm(side.intent().id, CARD, return_url=BACK)
    canceled = side.v1.payment_intents.cancel(intent.id)

    assert (canceled.status, canceled.next_action) == ("canceled", None)
