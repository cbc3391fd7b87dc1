"""How far a card is out of use: for its owner, for everybody, for one payment."""

from __future__ import annotations

from orchestrator.card_scopes import EVERYBODY
from tests.api.cards.wallet import REVOKED, STOLEN, Wallet, elsewhere, told


async def test_a_card_of_nobodys_customer_is_disabled_for_everybody(wallet: Wallet) -> None:
    """A customer made elsewhere is anybody's: the card is out of use for who has never tried it."""
    customer, card = await elsewhere(wallet, "pm_card_visa")
    disabled = await wallet.by_hand("disable", card, "reported")
    listed = await wallet.api.get(f"/v1/customers/{customer}/cards")
    refused = await wallet.api.confirm(await wallet.api.create(customer=customer), card)

    assert disabled.json()["usable"] is False
    assert listed.json()["data"] == []
    assert told(refused) == (409, "card_disabled")
    assert [row["owner"] for row in await wallet.record()] == [EVERYBODY]


async def test_it_is_out_of_use_for_owners_to_come(wallet: Wallet) -> None:
    """A key made later finds it out of use as well, also where the card is remembered."""
    customer, card = await elsewhere(wallet, "pm_card_visa")
    paid = await wallet.api.confirm(await wallet.api.create(customer=customer), card)
    await wallet.by_hand("disable", card, "reported")
    _, later = await wallet.api.key("later")
    body = {"amount": 1000, "currency": "usd", "customer": customer}
    payment = (await wallet.api.post("/v1/payments", body, secret=later)).json()
    path = f"/v1/payments/{payment['id']}/confirm"
    refused = [
        await wallet.api.post(path, {"payment_method": card}, secret=later),
        await wallet.api.confirm(await wallet.api.create(customer=customer), card),
    ]

    assert paid.json()["state"] == "succeeded"
    assert [told(answer) for answer in refused] == [(409, "card_disabled")] * 2


async def test_a_card_of_nobodys_customer_is_enabled_for_everybody(wallet: Wallet) -> None:
    """What payments of several owners and an administrator disabled is usable for each again."""
    customer, card = await elsewhere(wallet, STOLEN)
    _, other = await wallet.api.key("other")
    body = {"amount": 1000, "currency": "usd", "customer": customer}
    for secret in (wallet.api.secret, other):
        payment = (await wallet.api.post("/v1/payments", body, secret=secret)).json()
        path = f"/v1/payments/{payment['id']}/confirm"
        await wallet.api.post(path, {"payment_method": card}, secret=secret)
    await wallet.by_hand("disable", card, "reported")
    before = await wallet.by_hand("enable", card, "returned")
    lists = [
        await wallet.api.get(f"/v1/customers/{customer}/cards", secret=secret)
        for secret in (wallet.api.secret, other, wallet.admin)
    ]

    assert before.json()["usable"] is True
    assert [[kept["id"] for kept in answer.json()["data"]] for answer in lists] == [[card]] * 3
    assert len([row for row in await wallet.record() if row["enabled_at"]]) == 3


async def test_enabling_for_one_owner_leaves_others_safe(wallet: Wallet) -> None:
    """A loose card is out of use for everybody; the same card of a shop's customer is enabled."""
    url = f"{wallet.api.world.url}/v1/payment_methods/pm_card_visa"
    async with wallet.api.world.http.get(url) as answer:
        loose = (await answer.json())["id"]
    kept = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", loose, "stolen everywhere")
    enabled = await wallet.by_hand("enable", kept, "this one is fine")
    refused = await wallet.api.confirm(await wallet.api.create(), loose)

    assert (enabled.status_code, enabled.json()["usable"]) == (200, False)
    assert told(refused) == (409, "card_disabled")


async def test_a_card_that_another_owner_tries_is_not_taken_over(wallet: Wallet) -> None:
    """A loose card is theirs who tried it: another owner cannot give it to its own customer."""
    url = f"{wallet.api.world.url}/v1/payment_methods/pm_card_visa"
    async with wallet.api.world.http.get(url) as answer:
        loose = (await answer.json())["id"]
    await wallet.api.confirm(await wallet.api.create(), loose)
    _, other = await wallet.api.key("other")
    customer = (await wallet.api.post("/v1/customers", {}, secret=other)).json()["id"]
    path = f"/v1/customers/{customer}/cards"
    taken = await wallet.api.post(path, {"payment_method": loose}, secret=other)

    assert told(taken) == (422, "card_unknown")


async def test_a_card_without_a_customer_is_disabled_for_everybody(wallet: Wallet) -> None:
    """A card that was only tried on a payment is out of use for whoever tries it next."""
    await wallet.api.confirm(await wallet.api.create(), "pm_card_visa")
    await wallet.by_hand("disable", "pm_card_visa", "reported")
    refused = await wallet.api.confirm(await wallet.api.create(), "pm_card_visa")

    assert told(refused) == (409, "card_disabled")
    assert [row["owner"] for row in await wallet.record()] == [EVERYBODY]


async def test_what_reached_one_payment_is_enabled_by_hand(wallet: Wallet) -> None:
    """A revocation on a payment without a customer is shown and ended under the card's id."""
    payment = await wallet.api.create()
    declined = (await wallet.api.confirm(payment, REVOKED)).json()
    refused = await wallet.api.confirm(payment, REVOKED)
    enabled = await wallet.by_hand("enable", REVOKED, "the customer changed their mind")
    (row,) = await wallet.record()
    tried = await wallet.api.confirm(payment, REVOKED)

    assert declined["state"] == "card_disabled"
    assert told(refused) == (409, "card_disabled")
    assert (enabled.json()["usable"], row["enabled_actor_kind"]) == (True, "api_key")
    assert tried.status_code == 200


async def test_an_administrator_sees_the_cards_it_may_disable(wallet: Wallet) -> None:
    """A card of the shop's is read, and stands for the administrator as it does for the shop."""
    card = await wallet.keep(STOLEN)
    await wallet.pay(card)
    answer = await wallet.api.get(f"/v1/cards/{card}", secret=wallet.admin)

    assert (answer.status_code, answer.json()) == (200, await wallet.card(card))
    assert answer.json()["disabled_reason"] == "stolen_card"
