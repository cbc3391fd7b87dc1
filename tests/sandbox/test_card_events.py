"""What is told of saved cards: attached, detached, changed, and renewed by their network."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_payment_methods import attach, new_customer


async def told(sandbox: Sandbox, type: str) -> list[Any]:
    """List the events of a type, oldest first."""
    listed: Any = await sandbox.sdk.v1.events.list_async({"type": type})
    return list(reversed(listed.data))


async def renew(sandbox: Sandbox, card: str, **expiry: Any) -> dict[str, Any]:
    """Renew a card as its network would."""
    return await sandbox.control("POST", f"/payment_methods/{card}/automatically_update", expiry)


async def test_a_network_renews_a_saved_card(sandbox: Sandbox) -> None:
    """A new expiry comes by itself, and an event by nobody's request tells old and new."""
    card = await attach(sandbox, "pm_card_visa", await new_customer(sandbox))
    renewed = await renew(sandbox, card.id, exp_month=3, exp_year=2040)
    read: Any = await sandbox.sdk.v1.payment_methods.retrieve_async(card.id)
    [event] = await told(sandbox, "payment_method.automatically_updated")

    assert (renewed["card"]["exp_month"], renewed["card"]["exp_year"]) == (3, 2040)
    assert (read.card.exp_month, read.card.exp_year) == (3, 2040)
    assert event.data.object.card.exp_year == 2040
    assert event.data.previous_attributes.card.to_dict() == {"exp_month": 12, "exp_year": 2034}
    assert (event.request.id, event.request.idempotency_key) == (None, None)


async def test_a_renewed_card_pays_again(sandbox: Sandbox) -> None:
    """A card that had expired pays once its network renewed it."""
    customer = await new_customer(sandbox)
    card = await attach(sandbox, "pm_sim_expired_card", customer)
    intent = await sandbox.intent(customer=customer)
    await sandbox.refusal(intent.id, card.id)
    await renew(sandbox, card.id, exp_month=3, exp_year=2040)

    assert (await sandbox.confirm(intent.id, card.id)).status == "succeeded"


@pytest.mark.parametrize(
    "expiry",
    [{}, {"exp_month": 1}, {"exp_month": "1", "exp_year": 2040}, {"exp_month": 13, "exp_year": 40}],
)
async def test_a_renewal_is_a_date(sandbox: Sandbox, expiry: dict[str, Any]) -> None:
    """A renewal to no date is refused."""
    card = await attach(sandbox, "pm_card_visa", await new_customer(sandbox))
    refused = await renew(sandbox, card.id, **expiry)

    assert refused["error"]["message"]
    assert await told(sandbox, "payment_method.automatically_updated") == []


async def test_only_saved_cards_are_renewed(sandbox: Sandbox) -> None:
    """A card that no customer keeps, or nobody knows, is not renewed."""
    loose = await sandbox.sdk.v1.payment_methods.retrieve_async("pm_card_visa")
    for id in (loose.id, "pm_nope"):
        refused = await renew(sandbox, id, exp_month=3, exp_year=2040)
        assert refused["error"]["message"]


async def test_an_update_tells_what_changed(sandbox: Sandbox) -> None:
    """The event of a change holds the old values of what changed, and nothing else."""
    card = await attach(sandbox, "pm_card_visa", await new_customer(sandbox))
    changes: Any = {"metadata": {"a": "b"}, "card": {"exp_year": 2041}}
    await sandbox.sdk.v1.payment_methods.update_async(card.id, changes)
    [event] = await told(sandbox, "payment_method.updated")

    assert event.data.previous_attributes.to_dict() == {
        "card": {"exp_year": 2034},
        "metadata": {"a": None},
    }


async def test_saving_while_paying_is_told(sandbox: Sandbox) -> None:
    """A card that is saved by paying is attached, once, and an event says so."""
    customer = await new_customer(sandbox)
    for _ in range(2):
        intent = await sandbox.intent(customer=customer, setup_future_usage="off_session")
        [saved] = await told(sandbox, "payment_method.attached") or [None]
        card = "pm_card_visa" if saved is None else saved.data.object.id
        await sandbox.confirm(intent.id, card)

    assert [
        each.data.object.customer for each in await told(sandbox, "payment_method.attached")
    ] == [customer]


async def test_a_first_card_and_a_last_farewell_are_told(sandbox: Sandbox) -> None:
    """A customer made with a card attaches it, and one that is deleted lets it go."""
    customers = sandbox.sdk.v1.customers
    made = await customers.create_async({"payment_method": "pm_card_visa"})
    await customers.delete_async(made.id)
    [attached] = await told(sandbox, "payment_method.attached")
    [detached] = await told(sandbox, "payment_method.detached")

    assert attached.data.object.customer == made.id
    assert detached.data.object.customer is None
    assert detached.data.previous_attributes.customer == made.id
