"""Whose a card is: who may see it, change it and pay with it."""

from __future__ import annotations

from tests.api.cards.wallet import Wallet, told


async def test_another_owners_card_is_not_found(wallet: Wallet) -> None:
    """Nobody sees, changes or takes away the card of another owner's customer."""
    card = await wallet.keep("pm_card_visa")
    _, other = await wallet.api.key("other")
    answers = [
        await wallet.api.get(f"/v1/cards/{card}", secret=other),
        await wallet.api.post(f"/v1/cards/{card}", {"exp_year": 2040}, secret=other),
        await wallet.api.client.delete(
            f"/v1/cards/{card}", headers={"Authorization": f"Bearer {other}"}
        ),
    ]

    assert [told(answer) for answer in answers] == [(404, "not_found")] * 3
    assert (await wallet.card(card))["customer"] == wallet.customer


async def test_a_card_that_only_others_tried_is_not_found(wallet: Wallet) -> None:
    """A card without a customer is theirs who tried it."""
    async with wallet.api.world.http.get(
        f"{wallet.api.world.url}/v1/payment_methods/pm_card_visa"
    ) as answer:
        card = (await answer.json())["id"]
    before = await wallet.api.get(f"/v1/cards/{card}")
    _, other = await wallet.api.key("other")
    payment = await wallet.api.post(
        "/v1/payments", {"amount": 1000, "currency": "usd"}, secret=other
    )
    path = f"/v1/payments/{payment.json()['id']}/confirm"
    paid = await wallet.api.post(path, {"payment_method": card}, secret=other)
    after = await wallet.api.get(f"/v1/cards/{card}")

    assert (before.status_code, paid.json()["state"]) == (200, "succeeded")
    assert told(after) == (404, "not_found")


async def test_stripe_out_of_reach_is_503(wallet: Wallet) -> None:
    """Where Stripe gives no answer nothing is written, and the answer says so."""
    card = await wallet.keep("pm_card_visa")
    await wallet.api.world.fault("drop_before", "*", times=None)
    answers = [
        await wallet.api.get(f"/v1/cards/{card}"),
        await wallet.update(card, exp_year=2040),
        await wallet.detach(card),
        await wallet.by_hand("disable", card, "x"),
        await wallet.by_hand("enable", card, "x"),
    ]

    assert [told(answer) for answer in answers] == [(503, "stripe_unavailable")] * 5
    assert await wallet.record() == []


async def test_a_card_kept_by_another_is_not_tried(wallet: Wallet) -> None:
    """Stripe would refuse the card of another customer: no attempt is spent to learn so."""
    card = await wallet.keep("pm_card_visa")
    other = (await wallet.api.post("/v1/customers", {})).json()["id"]
    payments = [await wallet.api.create(), await wallet.api.create(customer=other)]
    answers = [await wallet.api.confirm(payment, card) for payment in payments]
    after = [await wallet.api.get(f"/v1/payments/{payment['id']}") for payment in payments]

    assert [told(answer) for answer in answers] == [(422, "card_unknown")] * 2
    assert [payment.json()["attempts_used"] for payment in after] == [0, 0]


async def test_it_is_not_tried_either_once_it_has_paid(wallet: Wallet) -> None:
    """A card that is known from a payment of its customer is refused for another's."""
    card = await wallet.keep("pm_card_visa")
    paid = await wallet.pay(card)
    payment = await wallet.api.create()
    answer = await wallet.api.confirm(payment, card)

    assert paid["state"] == "succeeded"
    assert told(answer) == (422, "card_unknown")


async def test_a_card_saved_by_paying_pays_again(wallet: Wallet) -> None:
    """A card that a payment saved with its customer is listed, and pays the next one."""
    first = await wallet.api.create(customer=wallet.customer, setup_future_usage="off_session")
    saved = (await wallet.api.confirm(first, "pm_card_visa")).json()
    (card,) = await wallet.ids()
    again = await wallet.api.create(customer=wallet.customer)
    path = f"/v1/payments/{again['id']}/confirm"
    paid = await wallet.api.post(path, {"payment_method": card, "off_session": True})

    assert (saved["state"], paid.json()["state"]) == ("succeeded", "succeeded")
