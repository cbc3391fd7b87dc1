"""A card taken away from its customer: once, for good, and on record."""

from __future__ import annotations

import asyncio

from tests.api.cards.wallet import Wallet, elsewhere, told


async def test_a_detached_card_is_gone(wallet: Wallet) -> None:
    """A detached card is no longer listed, and not usable."""
    card = await wallet.keep("pm_card_visa")
    answer = await wallet.detach(card)

    assert answer.status_code == 200
    assert (answer.json()["customer"], answer.json()["usable"]) == (None, False)
    assert answer.json()["disabled_reason"] == "detached"
    assert await wallet.ids("?include=disabled") == []


async def test_a_detached_card_spends_no_attempt(wallet: Wallet) -> None:
    """Stripe would refuse a detached card, so a payment does not try it."""
    card = await wallet.keep("pm_card_visa")
    await wallet.detach(card)
    payment = await wallet.api.create()
    answer = await wallet.api.confirm(payment, card)
    after = await wallet.api.get(f"/v1/payments/{payment['id']}")

    assert told(answer) == (409, "card_disabled")
    assert after.json()["attempts_used"] == 0


async def test_the_card_itself_may_come_back(wallet: Wallet) -> None:
    """A detached card may be kept again, under another id."""
    await wallet.detach(await wallet.keep("pm_card_visa"))
    again = await wallet.attach("pm_card_visa")

    assert again.json()["usable"] is True


async def test_detaching_again_is_no_news(wallet: Wallet) -> None:
    """A detach that is sent again, its answer lost, answers as the first did."""
    card = await wallet.keep("pm_card_visa")
    first, again = await wallet.detach(card), await wallet.detach(card)

    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_detach_whose_answer_was_lost_is_sent_again(wallet: Wallet) -> None:
    """The card is away at Stripe already: sent again, the request is answered and on record."""
    card = await wallet.keep("pm_card_visa")
    await wallet.api.world.fault("drop_after", "payment_methods.detach")
    lost = await wallet.detach(card)
    again = await wallet.detach(card)
    refused = await wallet.api.confirm(await wallet.api.create(), card)

    assert lost.status_code == 503
    assert (again.status_code, again.json()["disabled_reason"]) == (200, "detached")
    assert told(refused) == (409, "card_disabled")
    assert await wallet.ids() == []


async def test_a_detach_that_stripe_answers_with_an_error_is_seen_to_be_done(
    wallet: Wallet,
) -> None:
    """A stored 500 hides what became of the card; reading it tells."""
    card = await wallet.keep("pm_card_visa")
    await wallet.api.world.fault("error_500_stored", "payment_methods.detach", effect=True)
    answer = await wallet.detach(card)

    assert (answer.status_code, answer.json()["disabled_reason"]) == (200, "detached")


async def test_a_card_that_was_out_of_use_is_detached_as_readily(wallet: Wallet) -> None:
    """Whatever was on record of a card before, a detach that is sent again is no news."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported")
    first, again = await wallet.detach(card), await wallet.detach(card)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert {row["scope"] for row in await wallet.record()} == {"fingerprint", "payment_method"}


async def test_a_refused_detach_does_not_stand_in_the_way(wallet: Wallet) -> None:
    """Stripe keeps a refusal for a day: a card kept since is detached all the same."""
    url = f"{wallet.api.world.url}/v1/payment_methods"
    new = {"type": "card", "card[token]": "tok_visa"}
    async with wallet.api.world.http.post(url, data=new) as answer:
        loose = (await answer.json())["id"]
    refused = await wallet.detach(loose)
    card = (await wallet.attach(loose)).json()["id"]
    detached = await wallet.detach(card)

    assert told(refused) == (422, "stripe_refused")
    assert card == loose
    assert (detached.status_code, detached.json()["usable"]) == (200, False)


async def test_ten_at_once_detach_once(wallet: Wallet) -> None:
    """Ten of the same detach are all answered, and one row stands on record."""
    card = await wallet.keep("pm_card_visa")
    answers = await asyncio.gather(*(wallet.detach(card) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(await wallet.record()) == 1


async def test_a_twin_that_finds_the_card_gone_is_on_record_as_the_first(wallet: Wallet) -> None:
    """Between its answer and its record no customer tells whose the card was."""
    card = await wallet.keep("pm_card_visa")
    cards = wallet.api.world.runtime.cards
    await cards.gateway.detach_card(card, idempotency_key=f"{card}:detach")
    answer = await wallet.detach(card)

    assert answer.status_code == 200
    assert [row["owner"] for row in await wallet.record()] == ["shop"]


async def test_a_card_of_nobodys_customer_is_detached_for_everybody(wallet: Wallet) -> None:
    """No other owner spends an attempt on it either."""
    _, card = await elsewhere(wallet, "pm_card_visa")
    _, other = await wallet.api.key("other")
    detached = await wallet.detach(card)
    payment = await wallet.api.post(
        "/v1/payments", {"amount": 1000, "currency": "usd"}, secret=other
    )
    path = f"/v1/payments/{payment.json()['id']}/confirm"
    refused = await wallet.api.post(path, {"payment_method": card}, secret=other)

    assert detached.status_code == 200
    assert told(refused) == (409, "card_disabled")


async def test_a_detached_card_is_not_shown_to_others(wallet: Wallet) -> None:
    """Without its customer it is still who detached it that may see it."""
    card = await wallet.keep("pm_card_visa")
    await wallet.detach(card)
    _, other = await wallet.api.key("other")
    answer = await wallet.api.get(f"/v1/cards/{card}", secret=other)

    assert told(answer) == (404, "not_found")


async def test_a_card_without_a_customer_cannot_be_detached(wallet: Wallet) -> None:
    """A card that no customer keeps cannot be taken away; Stripe says so."""
    assert told(await wallet.detach("pm_card_visa")) == (422, "stripe_refused")
