"""Cards that customers keep: attached once, listed without those that are out of use."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.cards.wallet import REVOKED, STOLEN, Wallet, told
from tests.api.test_customers import customers_at_stripe


async def test_a_card_is_attached(wallet: Wallet) -> None:
    """The card is the customer's, under the id that Stripe gave it."""
    card = (await wallet.attach("pm_card_visa")).json()

    assert card["id"] != "pm_card_visa"
    assert card | {"id": ""} == {
        "id": "",
        "object": "card",
        "customer": wallet.customer,
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2034,
        "usable": True,
        "disabled_reason": None,
        "disabled_at": None,
    }


async def test_cards_are_listed_newest_first(wallet: Wallet) -> None:
    """The list is the customer's cards and nobody else's."""
    first, second = await wallet.keep("pm_card_visa"), await wallet.keep("pm_card_mastercard")

    assert await wallet.ids() == [second, first]


async def test_more_cards_than_a_page_of_stripes(wallet: Wallet) -> None:
    """The list is whole, whatever Stripe's pages hold."""
    for _ in range(101):
        await wallet.keep("pm_card_visa")

    assert len(set(await wallet.ids())) == 101


async def test_the_same_attach_is_done_once(wallet: Wallet) -> None:
    """Sent again under its key, an attach answers with the card it attached."""
    first = await wallet.attach("pm_card_visa", idempotency_key="a")
    again = await wallet.attach("pm_card_visa", idempotency_key="a")
    other = await wallet.attach("pm_card_mastercard", idempotency_key="a")

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert told(other) == (422, "idempotency_key_reused")
    assert await wallet.ids() == [first.json()["id"]]


async def test_a_card_its_issuer_declines_is_not_attached(wallet: Wallet) -> None:
    """Where the issuer would not have the card kept, Stripe's code says why."""
    answer = await wallet.attach("pm_card_visa_chargeDeclinedLostCard")

    assert told(answer) == (422, "stripe_refused")
    assert answer.json()["stripe_code"] == "card_declined"
    assert await wallet.ids() == []


@pytest.mark.parametrize("id", ["pm_nobody", "pm_usBankAccount_success"])
async def test_what_is_no_card_is_not_attached(wallet: Wallet, id: str) -> None:
    """An unknown payment method, or one of another kind, is refused."""
    answer = await wallet.attach(id)

    assert told(answer) == (422, "card_unknown")
    assert answer.json()["param"] == "payment_method"
    assert await wallet.ids() == []


async def test_another_owners_card_is_unknown_to_an_attach(wallet: Wallet) -> None:
    """The card of another owner's customer is refused as an id that Stripe does not know is."""
    card = await wallet.keep("pm_card_visa")
    _, other = await wallet.api.key("other")
    customer = (await wallet.api.post("/v1/customers", {}, secret=other)).json()["id"]
    path = f"/v1/customers/{customer}/cards"
    known, unknown = [
        await wallet.api.post(path, {"payment_method": id}, secret=other)
        for id in (card, "pm_nobody")
    ]

    assert told(known) == told(unknown) == (422, "card_unknown")
    assert known.json()["detail"] == unknown.json()["detail"]


async def test_twins_of_an_attach_are_replays(wallet: Wallet) -> None:
    """Of ten at once under one key one did it, and the others say that they are replays."""
    answers = await asyncio.gather(
        *(wallet.attach("pm_card_visa", idempotency_key="a") for _ in range(10))
    )
    marked = [answer.headers.get("Idempotent-Replayed") for answer in answers]

    assert {answer.status_code for answer in answers} == {201}
    assert (marked.count(None), marked.count("true")) == (1, 9)
    assert len(await wallet.ids()) == 1


async def test_one_key_for_two_kinds_at_once_does_one(wallet: Wallet) -> None:
    """Of an attach and a new customer under one key at once, the one refused did nothing."""
    before = await customers_at_stripe(wallet.api)
    attached, made = await asyncio.gather(
        wallet.attach("pm_card_visa", idempotency_key="k"),
        wallet.api.post("/v1/customers", {}, idempotency_key="k"),
    )
    done = (len(await wallet.ids()), await customers_at_stripe(wallet.api) - before)

    assert {attached.status_code, made.status_code} == {201, 422}
    assert done == ((1, 0) if attached.status_code == 201 else (0, 1))


async def test_a_disabled_card_leaves_the_list(wallet: Wallet) -> None:
    """A stolen card is gone from the list, and shown with its reason when asked for."""
    stolen, good = await wallet.keep(STOLEN), await wallet.keep("pm_card_mastercard")
    payment = await wallet.pay(stolen)
    card = next(card for card in await wallet.listed("?include=disabled") if card["id"] == stolen)

    assert payment["state"] == "card_disabled"
    assert await wallet.ids() == [good]
    assert await wallet.ids("?include=disabled") == [good, stolen]
    assert (card["usable"], card["disabled_reason"]) == (False, "stolen_card")
    assert card["disabled_at"].endswith("Z")


async def test_a_disabled_card_is_the_same_under_another_id(wallet: Wallet) -> None:
    """A stolen card that is attached again is still out of use."""
    await wallet.pay(await wallet.keep(STOLEN))
    again = (await wallet.attach(STOLEN)).json()

    assert (again["usable"], again["disabled_reason"]) == (False, "stolen_card")
    assert await wallet.ids() == []


async def test_a_revocation_reaches_its_customer_alone(wallet: Wallet) -> None:
    """A card that one customer revoked may be another customer's."""
    await wallet.pay(await wallet.keep(REVOKED))
    other = (await wallet.api.post("/v1/customers", {})).json()["id"]
    card = await wallet.api.post(f"/v1/customers/{other}/cards", {"payment_method": REVOKED})

    assert await wallet.ids() == []
    assert card.json()["usable"] is True


async def test_a_disablement_reaches_its_owner_alone(wallet: Wallet) -> None:
    """What one owner disabled another owner's customers may use."""
    await wallet.pay(await wallet.keep(STOLEN))
    _, other = await wallet.api.key("other")
    customer = (await wallet.api.post("/v1/customers", {}, secret=other)).json()["id"]
    card = await wallet.api.post(
        f"/v1/customers/{customer}/cards", {"payment_method": STOLEN}, secret=other
    )

    assert card.json()["usable"] is True
