"""A card renewed: usable with a later date, and with no other."""

from __future__ import annotations

import pytest

from tests.api.cards.wallet import EXPIRED, STOLEN, Wallet, told


async def test_a_renewed_card_is_usable(wallet: Wallet) -> None:
    """A card disabled for its expiry is usable with a new date, and pays."""
    card = await wallet.keep(EXPIRED)
    declined = await wallet.pay(card)
    before = await wallet.ids()
    renewed = await wallet.update(card, exp_year=2040)
    paid = await wallet.pay(card)

    assert (declined["state"], before) == ("card_disabled", [])
    assert (renewed.status_code, renewed.json()["usable"]) == (200, True)
    assert (renewed.json()["exp_month"], renewed.json()["exp_year"]) == (12, 2040)
    assert await wallet.ids() == [card]
    assert paid["state"] == "succeeded"


async def test_another_name_renews_nothing(wallet: Wallet) -> None:
    """A card disabled for its expiry stays so while its date does."""
    card = await wallet.keep(EXPIRED)
    await wallet.pay(card)
    updated = await wallet.update(card, billing_details={"name": "Ada Lovelace"}, exp_year=2034)

    assert (updated.status_code, updated.json()["usable"]) == (200, False)


async def test_a_new_date_does_not_bring_back_a_stolen_card(wallet: Wallet) -> None:
    """Only a card disabled for its expiry is renewed by a date."""
    card = await wallet.keep(STOLEN)
    await wallet.pay(card)
    updated = await wallet.update(card, exp_year=2040)

    assert (updated.json()["usable"], updated.json()["disabled_reason"]) == (False, "stolen_card")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"exp_year": 2020}, "exp_year"),
        ({"exp_year": 2020, "exp_month": 12}, "exp_year"),
    ],
)
async def test_a_date_that_is_over_is_refused(
    wallet: Wallet, fields: dict[str, int], param: str
) -> None:
    """An expiry date in the past would look like another card, and is refused."""
    card = await wallet.keep("pm_card_visa")
    answer = await wallet.update(card, **fields)

    assert told(answer) == (422, "validation_error")
    assert answer.json()["param"] == param
    assert (await wallet.card(card))["exp_year"] == 2034


async def test_a_month_that_is_over_is_refused(wallet: Wallet) -> None:
    """With the year it has, the card would have expired last month."""
    card = await wallet.keep("pm_card_visa")
    await wallet.update(card, exp_year=2034, exp_month=6)
    wallet.api.world.clock.advance(8 * 366 * 86400)
    now = wallet.api.world.clock()
    answer = await wallet.update(card, exp_month=1)

    assert now.year > 2034 or (now.year == 2034 and now.month > 1)
    assert told(answer) == (422, "validation_error")
    assert answer.json()["param"] == "exp_month"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"exp_year": 2033}, "exp_year"),
        ({"exp_month": 11}, "exp_month"),
        ({"exp_month": 11, "exp_year": 2034}, "exp_year"),
    ],
)
async def test_an_earlier_date_renews_nothing(
    wallet: Wallet, fields: dict[str, int], param: str
) -> None:
    """To the rules it would be another card, as with a later date."""
    card = await wallet.keep(EXPIRED)
    await wallet.pay(card)
    answer = await wallet.update(card, **fields)

    assert told(answer) == (422, "validation_error")
    assert answer.json()["param"] == param
    assert await wallet.ids() == []


async def test_a_renewed_card_does_not_go_back(wallet: Wallet) -> None:
    """Once renewed, the card takes no date with which it was out of use, nor an earlier one."""
    card = await wallet.keep(EXPIRED)
    await wallet.pay(card)
    await wallet.update(card, exp_year=2040)
    answers = [
        await wallet.update(card, exp_month=12, exp_year=2034),
        await wallet.update(card, exp_month=6, exp_year=2034),
        await wallet.update(card, exp_month=1, exp_year=2035),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 200]
    assert answers[-1].json()["usable"] is True


async def test_an_empty_update_changes_nothing(wallet: Wallet) -> None:
    """Nothing asked for, nothing changed, and Stripe is not asked to."""
    card = await wallet.keep("pm_card_visa")
    before = await wallet.card(card)
    answer = await wallet.update(card)

    assert answer.json() == before


async def test_a_card_without_a_customer_is_not_updated(wallet: Wallet) -> None:
    """Stripe updates cards that a customer keeps; it says so."""
    answer = await wallet.update("pm_card_visa", exp_year=2040)

    assert told(answer) == (422, "stripe_refused")


async def test_the_same_update_is_done_once(wallet: Wallet) -> None:
    """Sent again under its key, an update answers with the card as it is."""
    card = await wallet.keep("pm_card_visa")
    path, body = f"/v1/cards/{card}", {"exp_year": 2040}
    await wallet.api.post(path, body, idempotency_key="u")
    await wallet.update(card, exp_year=2041)
    again = await wallet.api.post(path, body, idempotency_key="u")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["exp_year"] == 2041
