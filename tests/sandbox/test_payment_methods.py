"""Payment methods and customers: well-known ids, attaching, updating, listing."""

import pytest
import stripe

from tests.sandbox.conftest import Sandbox


async def new_customer(sandbox: Sandbox) -> str:
    """Create a customer and return its id."""
    return (await sandbox.sdk.v1.customers.create_async({"email": "ada@example.test"})).id


async def attach(sandbox: Sandbox, card: str, customer: str) -> stripe.PaymentMethod:
    """Attach ``card`` to ``customer``."""
    return await sandbox.sdk.v1.payment_methods.attach_async(card, {"customer": customer})


async def test_a_shared_id_is_a_new_object_each_time(sandbox: Sandbox) -> None:
    """A well-known id gives a new id and the same fingerprint each time it is used."""
    methods = sandbox.sdk.v1.payment_methods
    first = await methods.retrieve_async("pm_card_visa")
    second = await methods.retrieve_async("pm_card_visa")
    other = await methods.retrieve_async("pm_card_amex")
    again = await methods.retrieve_async(first.id)

    assert first.card is not None
    assert second.card is not None
    assert other.card is not None
    assert first.id != second.id
    assert first.card.fingerprint == second.card.fingerprint != other.card.fingerprint
    assert again.id == first.id
    assert (other.card.brand, other.card.last4) == ("amex", "0005")


async def test_a_tag_is_another_card(sandbox: Sandbox) -> None:
    """A tag gives a synthetic card a fingerprint of its own, the same each time."""
    methods = sandbox.sdk.v1.payment_methods
    ids = ("pm_sim_lost_card__a", "pm_sim_lost_card__a", "pm_sim_lost_card__b")
    cards = [(await methods.retrieve_async(id)).card for id in ids]
    a, again, b = (card.fingerprint for card in cards if card is not None)

    assert a == again
    assert a != b


async def test_the_intent_carries_the_new_id(sandbox: Sandbox) -> None:
    """Confirming with a well-known id leaves the new object's id on intent and charge."""
    intent = await sandbox.intent()
    paid = await sandbox.confirm(intent.id, "pm_card_visa")

    assert str(paid.payment_method).startswith("pm_1")


async def test_an_attached_card_is_listed(sandbox: Sandbox) -> None:
    """A customer's cards are listed by both routes, and gone once detached."""
    customer = await new_customer(sandbox)
    card = await attach(sandbox, "pm_card_visa", customer)
    by_customer = await sandbox.sdk.v1.customers.payment_methods.list_async(customer)
    by_filter = await sandbox.sdk.v1.payment_methods.list_async(
        {"customer": customer, "type": "card"}
    )
    await sandbox.sdk.v1.payment_methods.detach_async(card.id)
    after = await sandbox.sdk.v1.customers.payment_methods.list_async(customer)

    assert card.customer == customer
    assert [method.id for method in by_customer.data] == [card.id]
    assert [method.id for method in by_filter.data] == [card.id]
    assert after.data == []


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
async def test_a_declining_card_cannot_be_attached(
    sandbox: Sandbox, card: str, code: str, decline_code: str | None
) -> None:
    """The issuer declines the attachment of Stripe's declining test cards."""
    customer = await new_customer(sandbox)
    with pytest.raises(stripe.CardError) as caught:
        await attach(sandbox, card, customer)

    assert caught.value.error is not None
    assert (caught.value.error.code, caught.value.error.decline_code) == (code, decline_code)


@pytest.mark.parametrize("card", ["pm_card_chargeCustomerFail", "pm_sim_lost_card"])
async def test_a_saved_card_can_go_bad(sandbox: Sandbox, card: str) -> None:
    """Some cards attach and decline afterwards."""
    customer = await new_customer(sandbox)
    saved = await attach(sandbox, card, customer)
    intent = await sandbox.intent(customer=customer)
    refused = await sandbox.refusal(intent.id, saved.id)

    assert refused.http_status == 402


async def test_saving_while_paying_attaches(sandbox: Sandbox) -> None:
    """``setup_future_usage`` attaches the payment method once it has paid."""
    customer = await new_customer(sandbox)
    intent = await sandbox.intent(customer=customer, setup_future_usage="off_session")
    paid = await sandbox.confirm(intent.id, "pm_card_visa")
    listed = await sandbox.sdk.v1.customers.payment_methods.list_async(customer)

    assert [method.id for method in listed.data] == [paid.payment_method]


async def test_a_card_of_nobody_pays_once(sandbox: Sandbox) -> None:
    """A payment method that belongs to no customer cannot pay a second time."""
    card = await sandbox.sdk.v1.payment_methods.retrieve_async("pm_card_visa")
    first, second = await sandbox.intent(), await sandbox.intent()
    await sandbox.confirm(first.id, card.id)
    refused = await sandbox.refusal(second.id, card.id)

    assert refused.error is not None
    assert refused.error.code == "payment_method_unexpected_state"


async def test_a_card_of_another_customer_is_refused(sandbox: Sandbox) -> None:
    """A saved card pays only for its own customer."""
    card = await attach(sandbox, "pm_card_visa", await new_customer(sandbox))
    stranger = await sandbox.intent(customer=await new_customer(sandbox))
    nobody = await sandbox.intent()

    assert (await sandbox.refusal(stranger.id, card.id)).http_status == 400
    assert (await sandbox.refusal(nobody.id, card.id)).http_status == 400


async def test_a_new_date_renews_an_expired_card(sandbox: Sandbox) -> None:
    """A card declined for its age keeps its fingerprint and pays with its new date."""
    customer = await new_customer(sandbox)
    card = await attach(sandbox, "pm_sim_expired_card", customer)
    updated = await sandbox.sdk.v1.payment_methods.update_async(
        card.id, {"card": {"exp_month": 1, "exp_year": 2039}}
    )
    intent = await sandbox.intent(customer=customer)
    paid = await sandbox.confirm(intent.id, card.id)

    assert card.card is not None
    assert updated.card is not None
    assert (updated.card.exp_month, updated.card.exp_year) == (1, 2039)
    assert updated.card.fingerprint == card.card.fingerprint
    assert paid.status == "succeeded"


async def test_an_unknown_payment_method_is_404(sandbox: Sandbox) -> None:
    """Retrieving an id nobody published is 404."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.payment_methods.retrieve_async("pm_nope")

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.param == "payment_method"


async def test_a_bank_account_is_no_card(sandbox: Sandbox) -> None:
    """Bank account ids exist, so that callers can see they are not cards."""
    method = await sandbox.sdk.v1.payment_methods.retrieve_async("pm_usBankAccount_success")

    assert method.type == "us_bank_account"
    assert "card" not in method


async def test_a_customer_can_be_changed_and_deleted(sandbox: Sandbox) -> None:
    """A customer is created, changed, listed and deleted."""
    customers = sandbox.sdk.v1.customers
    made = await customers.create_async({"name": "Ada", "metadata": {"a": "1", "b": "2"}})
    changed = await customers.update_async(made.id, {"email": "a@b.test", "metadata": {"a": ""}})
    listed = await customers.list_async({"email": "a@b.test"})
    await customers.delete_async(made.id)
    gone = await customers.retrieve_async(made.id)

    assert (changed.name, changed.email) == ("Ada", "a@b.test")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2"}
    assert [customer.id for customer in listed.data] == [made.id]
    assert gone["deleted"] is True
