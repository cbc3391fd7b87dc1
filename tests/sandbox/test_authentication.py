"""3-D Secure: challenges, how they end, and off-session payments."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

CARD = "pm_card_authenticationRequired"
BACK = "https://shop.test/back"


async def challenged(sandbox: Sandbox, card: str = CARD, **params: Any) -> str:
    """Bring a new intent to its challenge and return its id."""
    intent = await sandbox.intent()
    confirmed = await sandbox.confirm(intent.id, card, **params)
    assert confirmed.status == "requires_action"
    return str(intent.id)


async def authenticate(sandbox: Sandbox, intent: str, outcome: str) -> dict[str, Any]:
    """End the challenge as the customer would."""
    path = f"/payment_intents/{intent}/authenticate"
    return await sandbox.control("POST", path, {"outcome": outcome})


async def test_a_return_url_makes_it_a_redirect(sandbox: Sandbox) -> None:
    """With a return_url the next action is a redirect, without one it is for Stripe.js."""
    intent, other = await sandbox.intent(), await sandbox.intent()
    redirect = await sandbox.confirm(intent.id, CARD, return_url="https://shop.test/back")
    for_sdk = await sandbox.confirm(other.id, CARD)

    assert redirect.next_action is not None
    assert redirect.next_action.type == "redirect_to_url"
    assert redirect.next_action.redirect_to_url is not None
    assert redirect.next_action.redirect_to_url.return_url == "https://shop.test/back"
    assert for_sdk.next_action is not None
    assert for_sdk.next_action.type == "use_stripe_sdk"


async def test_passing_pays(sandbox: Sandbox) -> None:
    """A passed challenge pays without a second confirm."""
    intent = await challenged(sandbox)
    paid = await authenticate(sandbox, intent, "succeed")

    assert (paid["status"], paid["next_action"]) == ("succeeded", None)
    assert await sandbox.charged(intent) == 1


async def test_failing_leaves_no_charge(sandbox: Sandbox) -> None:
    """A failed challenge is an error without a charge."""
    intent = await challenged(sandbox)
    failed = await authenticate(sandbox, intent, "fail")

    assert failed["status"] == "requires_payment_method"
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert (failed["payment_method"], failed["latest_charge"]) == (None, None)


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "insufficient_funds",
        ),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
        ("pm_sim_requires_action_then_lost_card", "lost_card"),
    ],
)
async def test_passing_may_still_decline(sandbox: Sandbox, card: str, decline_code: str) -> None:
    """Some cards pass the challenge and are declined after it."""
    intent = await challenged(sandbox, card)
    declined = await authenticate(sandbox, intent, "succeed")

    assert declined["status"] == "requires_payment_method"
    assert declined["last_payment_error"]["decline_code"] == decline_code
    assert declined["last_payment_error"]["charge"] == declined["latest_charge"]


@pytest.mark.parametrize("card", [CARD, "pm_card_threeDSecure2Required"])
async def test_off_session_is_declined_instead(sandbox: Sandbox, card: str) -> None:
    """Off-session nobody can be challenged: 402 authentication_required, back to waiting."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, card, off_session=True)
    after = await sandbox.retrieve(intent.id)
    recovered = await sandbox.confirm(intent.id, card)

    assert refused.error is not None
    assert refused.error.code == "authentication_required"
    assert refused.error.decline_code == "authentication_required"
    assert after.status == "requires_payment_method"
    assert recovered.status == "requires_action"


async def test_a_card_set_up_elsewhere_pays_off_session(sandbox: Sandbox) -> None:
    """The card that is already set up pays off-session and is challenged on-session."""
    intent = await sandbox.intent()
    paid = await sandbox.confirm(
        intent.id, "pm_card_authenticationRequiredSetupForOffSession", off_session=True
    )

    assert paid.status == "succeeded"


async def test_setting_up_allows_off_session(sandbox: Sandbox) -> None:
    """A card that authenticates while being saved pays off-session later, and not before."""
    customer = await sandbox.sdk.v1.customers.create_async()
    card = await sandbox.sdk.v1.payment_methods.attach_async(
        "pm_card_authenticationRequiredOnSetup", {"customer": customer.id}
    )
    first = await sandbox.intent(customer=customer.id)
    early = await sandbox.refusal(first.id, card.id, off_session=True)
    await sandbox.confirm(first.id, card.id, setup_future_usage="off_session")
    await authenticate(sandbox, first.id, "succeed")
    second = await sandbox.intent(customer=customer.id)
    late = await sandbox.confirm(second.id, card.id, off_session=True)

    assert early.error is not None
    assert early.error.code == "authentication_required"
    assert late.status == "succeeded"


async def test_error_on_requires_action_fails_instead(sandbox: Sandbox) -> None:
    """``error_on_requires_action`` turns the needed action into a failed attempt."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, CARD, error_on_requires_action=True)

    assert refused.http_status == 402
    assert (await sandbox.retrieve(intent.id)).status == "requires_payment_method"


async def test_an_optional_challenge_can_be_asked_for(sandbox: Sandbox) -> None:
    """A card that supports 3-D Secure is challenged where the request asks for it."""
    options = {"card": {"request_three_d_secure": "any"}}

    await challenged(sandbox, "pm_card_threeDSecureOptional", payment_method_options=options)


async def test_another_card_supersedes_the_challenge(sandbox: Sandbox) -> None:
    """A confirm with a payment method ends the open challenge; the old one is over."""
    intent = await challenged(sandbox)
    paid = await sandbox.confirm(intent, "pm_card_visa")
    late = await authenticate(sandbox, intent, "succeed")

    assert paid.status == "succeeded"
    assert late["error"]["code"] == "payment_intent_unexpected_state"
    assert await sandbox.charged(intent) == 1


async def test_another_challenge_supersedes_the_challenge(sandbox: Sandbox) -> None:
    """A second card that must be authenticated opens a challenge of its own; the first is gone."""
    intent = await sandbox.intent()
    first: Any = await sandbox.confirm(intent.id, CARD, return_url=BACK)
    second: Any = await sandbox.confirm(intent.id, "pm_card_threeDSecure2Required", return_url=BACK)
    old, new = (each.next_action.redirect_to_url.url for each in (first, second))
    async with sandbox.http.get(old) as answer:
        page = await answer.text()
    async with sandbox.http.post(old, data={"outcome": "succeed"}) as answer:
        status = answer.status
    waiting = await sandbox.retrieve(intent.id)
    told: Any = await sandbox.sdk.v1.events.list_async({"type": "payment_intent.requires_action"})

    assert old != new
    assert "<form" not in page
    assert (status, waiting.status) == (409, "requires_action")
    assert len(told.data) == 2
    assert await sandbox.charged(intent.id) == 0


async def test_an_abandoned_challenge_waits_until_it_is_canceled(sandbox: Sandbox) -> None:
    """Nobody comes back: the intent waits for days, and can be canceled."""
    intent = await challenged(sandbox)
    await sandbox.control("POST", "/clock", {"advance": 30 * 24 * 3600})
    waiting = await sandbox.retrieve(intent)
    canceled = await sandbox.sdk.v1.payment_intents.cancel_async(intent)

    assert (waiting.status, canceled.status) == ("requires_action", "canceled")


async def test_superseding_can_be_refused(sandbox: Sandbox) -> None:
    """A setting makes Stripe refuse a confirm while a challenge is open."""
    await sandbox.control("POST", "/settings", {"confirm_while_action": "refuse"})
    intent = await challenged(sandbox)
    refused = await sandbox.refusal(intent, "pm_card_visa")

    assert refused.error is not None
    assert refused.error.code == "payment_intent_unexpected_state"
    assert refused.error.payment_intent is not None
    assert refused.error.payment_intent.status == "requires_action"


async def test_manual_confirmation_confirms_again(sandbox: Sandbox) -> None:
    """With manual confirmation the server confirms once more after the challenge."""
    intent = await sandbox.intent(confirmation_method="manual")
    await sandbox.confirm(intent.id, CARD)
    passed = await authenticate(sandbox, intent.id, "succeed")
    paid = await sandbox.sdk.v1.payment_intents.confirm_async(intent.id)

    assert (passed["status"], paid.status) == ("requires_confirmation", "succeeded")


async def test_a_challenge_clears_the_last_error(sandbox: Sandbox) -> None:
    """While a challenge is open the error of the card before it is gone."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    waiting = await sandbox.confirm(intent.id, CARD)

    assert (waiting.status, waiting.last_payment_error) == ("requires_action", None)
