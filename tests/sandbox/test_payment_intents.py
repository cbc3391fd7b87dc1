"""The PaymentIntents endpoints: creating, the status machine, what is refused."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Sandbox


async def error_of_create(sandbox: Sandbox, **params: Any) -> stripe.ErrorObject:
    """Create an intent and return the error this must raise."""
    with pytest.raises(stripe.StripeError) as caught:
        await sandbox.intent(**params)
    assert caught.value.error is not None
    return caught.value.error


async def test_an_intent_starts_unpaid(sandbox: Sandbox) -> None:
    """A new intent wants a payment method and has no error and no charge."""
    intent = await sandbox.intent(metadata={"payment_id": "pay_1"}, description="Tea")

    assert intent.status == "requires_payment_method"
    assert (intent.amount, intent.currency, intent.amount_received) == (1000, "usd", 0)
    assert intent.metadata.to_dict() == {"payment_id": "pay_1"}
    assert (intent.last_payment_error, intent.latest_charge) == (None, None)
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.id}_secret_")


async def test_a_payment_method_makes_it_ready(sandbox: Sandbox) -> None:
    """An intent created with a payment method waits for its confirmation."""
    intent = await sandbox.intent(payment_method="pm_card_visa")

    assert intent.status == "requires_confirmation"


async def test_success_shows_the_money(sandbox: Sandbox) -> None:
    """A paid intent has received its amount and names its charge."""
    intent = await sandbox.intent()
    paid = await sandbox.confirm(intent.id, "pm_card_visa", expand=["latest_charge"])
    charge: Any = paid.latest_charge

    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert charge.payment_method == paid.payment_method
    assert charge.payment_method_details.card.last4 == "4242"
    assert charge.outcome.type == "authorized"


async def test_a_decline_carries_the_intent(sandbox: Sandbox) -> None:
    """A 402 carries the intent with its last error, the charge and the payment method."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    error = refused.error

    assert isinstance(refused, stripe.CardError)
    assert error is not None
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.payment_method is None
    assert error.payment_intent.latest_charge == error.charge
    assert error.payment_intent.last_payment_error is not None
    assert error.payment_intent.last_payment_error.decline_code == "generic_decline"
    assert error.payment_method is not None
    assert error.payment_method.card is not None


async def test_a_later_confirm_clears_the_error(sandbox: Sandbox) -> None:
    """After a decline another card may pay the same intent, and the error is gone."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    paid = await sandbox.confirm(intent.id, "pm_card_visa")

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


async def test_an_update_clears_the_error(sandbox: Sandbox) -> None:
    """``last_payment_error`` goes whenever the intent is updated for any reason."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    updated = await sandbox.sdk.v1.payment_intents.update_async(
        intent.id, {"metadata": {"seen": "1"}}
    )

    assert updated.last_payment_error is None
    assert updated.metadata.to_dict() == {"seen": "1"}


async def test_an_intent_succeeds_once(sandbox: Sandbox) -> None:
    """A confirm of a paid intent is refused with the intent, and no second charge is made."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa")
    refused = await sandbox.refusal(intent.id, "pm_card_mastercard")

    assert refused.http_status == 400
    assert refused.error is not None
    assert refused.error.code == "payment_intent_unexpected_state"
    assert refused.error.payment_intent is not None
    assert refused.error.payment_intent.status == "succeeded"
    assert await sandbox.charged(intent.id) == 1


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_sim_processing"])
async def test_what_is_paid_or_processing_cannot_be_canceled(sandbox: Sandbox, card: str) -> None:
    """A cancel of a paid or processing intent is refused with the intent as it is."""
    intent = await sandbox.intent()
    confirmed = await sandbox.confirm(intent.id, card)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.payment_intents.cancel_async(intent.id)

    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.status == confirmed.status


@pytest.mark.parametrize("card", [None, "pm_card_authenticationRequired"])
async def test_a_cancel_ends_it(sandbox: Sandbox, card: str | None) -> None:
    """A waiting intent is canceled with its reason; a second cancel is refused."""
    intent = await sandbox.intent()
    if card is not None:
        await sandbox.confirm(intent.id, card)
    canceled = await sandbox.sdk.v1.payment_intents.cancel_async(
        intent.id, {"cancellation_reason": "abandoned"}
    )
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.payment_intents.cancel_async(intent.id)

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at is not None
    assert caught.value.code == "payment_intent_unexpected_state"


async def test_a_canceled_intent_takes_no_card(sandbox: Sandbox) -> None:
    """Nothing can be paid on a canceled intent."""
    intent = await sandbox.intent()
    await sandbox.sdk.v1.payment_intents.cancel_async(intent.id)
    refused = await sandbox.refusal(intent.id, "pm_card_visa")

    assert refused.error is not None
    assert refused.error.code == "payment_intent_unexpected_state"
    assert await sandbox.charged(intent.id) == 0


async def test_redirects_need_a_return_url(sandbox: Sandbox) -> None:
    """With the Dashboard's methods and redirects allowed, a confirm must bring a return_url."""
    intent: Any = await sandbox.sdk.v1.payment_intents.create_async(
        {"amount": 1000, "currency": "usd", "automatic_payment_methods": {"enabled": True}}
    )
    refused = await sandbox.refusal(intent.id, "pm_card_visa")
    paid = await sandbox.confirm(intent.id, "pm_card_visa", return_url="https://shop.test/back")

    assert refused.http_status == 400
    assert "return_url" in str(refused.user_message)
    assert paid.status == "succeeded"


async def test_without_redirects_none_is_needed(sandbox: Sandbox) -> None:
    """With redirects ruled out, a confirm needs no return_url."""
    intent: Any = await sandbox.sdk.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    paid = await sandbox.confirm(intent.id, "pm_card_visa")

    assert paid.status == "succeeded"


async def test_a_card_only_intent_refuses_a_bank_account(sandbox: Sandbox) -> None:
    """A payment method of another type is refused and moves nothing."""
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, "pm_usBankAccount_success")
    unmoved = await sandbox.retrieve(intent.id)

    assert refused.error is not None
    assert refused.error.code == "payment_intent_incompatible_payment_method"
    assert (unmoved.status, unmoved.last_payment_error) == ("requires_payment_method", None)


async def test_a_confirm_needs_a_payment_method(sandbox: Sandbox) -> None:
    """A confirm of an intent without a payment method is refused."""
    intent = await sandbox.intent()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.payment_intents.confirm_async(intent.id)

    assert caught.value.code == "payment_intent_unexpected_state"


async def test_create_can_confirm_at_once(sandbox: Sandbox) -> None:
    """``confirm=true`` pays while creating."""
    intent = await sandbox.intent(confirm=True, payment_method="pm_card_visa")

    assert intent.status == "succeeded"


async def test_a_declined_create_leaves_the_intent(sandbox: Sandbox) -> None:
    """A decline while creating still leaves an intent, which the error carries."""
    error = await error_of_create(
        sandbox, confirm=True, payment_method="pm_card_visa_chargeDeclined"
    )
    assert error.payment_intent is not None
    kept = await sandbox.retrieve(error.payment_intent.id)

    assert kept.status == "requires_payment_method"


async def test_past_the_limit_a_confirm_cancels(sandbox: Sandbox) -> None:
    """Past Stripe's limit of confirmations the next one cancels the intent."""
    await sandbox.control("POST", "/settings", {"confirm_limit": 2})
    intent = await sandbox.intent()
    for _ in range(2):
        await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    ended = await sandbox.confirm(intent.id, "pm_card_visa")

    assert ended.status == "canceled"
    assert await sandbox.charged(intent.id) == 0


async def test_manual_capture_holds_then_takes(sandbox: Sandbox) -> None:
    """A manual capture holds the money until it is captured, in part if so asked."""
    intent = await sandbox.intent(capture_method="manual")
    held = await sandbox.confirm(intent.id, "pm_card_visa")
    before = await sandbox.charged(intent.id)
    taken = await sandbox.sdk.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 400}
    )

    assert (held.status, held.amount_capturable, before) == ("requires_capture", 1000, 0)
    assert (taken.status, taken.amount_received) == ("succeeded", 400)
    assert await sandbox.charged(intent.id) == 1


async def test_a_hold_can_be_canceled(sandbox: Sandbox) -> None:
    """Canceling what is only held moves no money."""
    intent = await sandbox.intent(capture_method="manual")
    await sandbox.confirm(intent.id, "pm_card_visa")
    canceled = await sandbox.sdk.v1.payment_intents.cancel_async(intent.id)

    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    assert await sandbox.charged(intent.id) == 0


async def test_processing_ends_by_a_control_call(sandbox: Sandbox) -> None:
    """What the network processes ends when a test says so, either way."""
    good, bad = await sandbox.intent(), await sandbox.intent()
    await sandbox.confirm(good.id, "pm_sim_processing")
    await sandbox.confirm(bad.id, "pm_sim_processing")
    path = "/payment_intents/{}/finish_processing"
    ended_good = await sandbox.control("POST", path.format(good.id), {"outcome": "succeed"})
    ended_bad = await sandbox.control("POST", path.format(bad.id), {"outcome": "fail"})

    assert ended_good["status"] == "succeeded"
    assert ended_bad["status"] == "requires_payment_method"
    assert ended_bad["last_payment_error"]["decline_code"] == "generic_decline"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 10**12}, "amount_too_large", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 10.5}, "parameter_invalid_integer", "amount"),
        ({"currency": "zzz"}, None, "currency"),
        ({"nonsense": "1"}, "parameter_unknown", "nonsense"),
        ({"customer": "cus_nope"}, "resource_missing", "customer"),
        ({"customer": ""}, "parameter_invalid_empty", "customer"),
        ({"payment_method_options": {"card": {"huh": 1}}}, "parameter_unknown", None),
        ({"automatic_payment_methods": {"enabled": True}}, "parameters_exclusive", None),
        ({"expand": ["nothing"]}, None, "expand"),
        ({"return_url": "https://shop.test"}, None, "return_url"),
    ],
)
async def test_bad_parameters_are_refused(
    sandbox: Sandbox, params: dict[str, Any], code: str | None, param: str | None
) -> None:
    """A create with a bad parameter is a 400 that names it, and creates nothing."""
    error = await error_of_create(sandbox, **params)
    listed = await sandbox.sdk.v1.payment_intents.list_async()

    assert (error.type, error.code) == ("invalid_request_error", code)
    assert param in (None, error.param)
    assert listed.data == []


async def test_required_parameters_are_named(sandbox: Sandbox) -> None:
    """A create without an amount says which parameter is missing."""
    status, body, _ = await sandbox.raw("POST", "/v1/payment_intents", "currency=usd")

    assert status == 400
    assert (body["error"]["code"], body["error"]["param"]) == ("parameter_missing", "amount")


async def test_an_unknown_intent_is_404(sandbox: Sandbox) -> None:
    """An id nobody has is 404 resource_missing, another account's too."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.retrieve("pi_nope")

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


async def test_the_list_pages_newest_first(sandbox: Sandbox) -> None:
    """Intents are listed newest first, a page at a time."""
    created = [(await sandbox.intent()).id for _ in range(3)]
    first = await sandbox.sdk.v1.payment_intents.list_async({"limit": 2})
    rest = await sandbox.sdk.v1.payment_intents.list_async(
        {"limit": 2, "starting_after": first.data[-1].id}
    )

    assert [intent.id for intent in first.data] == [created[2], created[1]]
    assert [intent.id for intent in rest.data] == [created[0]]
    assert (first.has_more, rest.has_more) == (True, False)


async def test_a_publishable_key_needs_the_secret(sandbox: Sandbox) -> None:
    """A publishable key reads an intent with its client secret only, and nothing else."""
    intent = await sandbox.intent()
    bearer = {"Authorization": "Bearer " + sandbox.key.replace("sk_", "pk_")}
    path = f"/v1/payment_intents/{intent.id}"
    without, _, _ = await sandbox.raw("GET", path, **bearer)
    wrong, _, _ = await sandbox.raw("GET", f"{path}?client_secret=x", **bearer)
    right, body, _ = await sandbox.raw(
        "GET", f"{path}?client_secret={intent.client_secret}", **bearer
    )
    listed, _, _ = await sandbox.raw("GET", "/v1/payment_intents", **bearer)

    assert (without, wrong, right, listed) == (400, 400, 200, 401)
    assert body["id"] == intent.id
