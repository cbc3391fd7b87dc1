"""Good requests at the wrong moment, or about what Stripe does not know: refused, nothing moved."""

from __future__ import annotations

import pytest

from tests.api.bad_input.conftest import Ground, told

CREATE = {"amount": 1000, "currency": "usd"}
UNKNOWN_CARDS = ("pm_nobodys", "pm_" + "a" * 250, "pm_1")


async def test_a_card_stripe_does_not_know(ground: Ground) -> None:
    """A card's id that Stripe does not know is 422, and spends no attempt."""
    payment = await ground.api.create()
    before = await ground.stands()

    answers = [told(await ground.api.confirm(payment, card)) for card in UNKNOWN_CARDS]

    assert answers == [(422, "card_unknown", "payment_method")] * len(UNKNOWN_CARDS)
    assert await ground.stands() == before


async def test_a_customer_stripe_does_not_know(ground: Ground) -> None:
    """What Stripe calls invalid is told with Stripe's code, and leaves no payment."""
    before = await ground.stands(done=True)

    answer = await ground.call("create", body=CREATE | {"customer": "cus_nobodys"})

    assert told(answer) == (422, "stripe_refused", "customer")
    assert answer.json()["stripe_code"] == "resource_missing"
    assert await ground.stands(done=True) == before


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
async def test_a_handled_payment_stays(ground: Ground, ending: str) -> None:
    """A handled payment takes neither confirm nor cancel; a refresh shows it unchanged."""
    payment = await ground.api.create()
    if ending == "succeeded":
        await ground.api.confirm(payment)
    else:
        await ground.call("cancel", on=payment["id"])
    shown = await ground.call("get", on=payment["id"])
    before = await ground.stands()

    confirm = await ground.api.confirm(payment)
    cancel = await ground.call("cancel", on=payment["id"])
    refresh = await ground.call("refresh", on=payment["id"])

    assert [told(confirm), told(cancel)] == [(409, "payment_handled", None)] * 2
    facts = [
        (answer.json()["state"], answer.json()["allowed_events"]) for answer in (confirm, cancel)
    ]
    assert facts == [(ending, [])] * 2
    assert (refresh.status_code, refresh.json()) == (200, shown.json())
    assert await ground.stands() == before


async def test_a_second_confirm_in_flight(ground: Ground) -> None:
    """While an outcome is unknown, another confirm is 409 and says what may happen instead."""
    payment = await ground.api.create()
    await ground.api.world.fault("drop_before")
    first = await ground.api.confirm(payment)
    before = await ground.stands()

    second = await ground.api.confirm(payment, "pm_card_mastercard")

    assert first.status_code == 202
    assert told(second) == (409, "attempt_in_progress", None)
    assert second.json()["state"] == "confirming"
    assert "confirm" not in second.json()["allowed_events"]
    assert await ground.stands() == before


async def test_a_disabled_card(ground: Ground) -> None:
    """A card that was taken out of use is 409 for the next confirm, and spends nothing."""
    payment = await ground.api.create()
    declined = await ground.api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")
    before = await ground.stands()

    answer = await ground.api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")

    assert declined.json()["state"] == "card_disabled"
    assert told(answer) == (409, "card_disabled", "payment_method")
    assert answer.json()["state"] == "card_disabled"
    assert await ground.stands() == before


async def test_what_stripe_does_not_know_is_not_attached(ground: Ground) -> None:
    """A card's id that Stripe does not know is 422 for a customer, too."""
    before = await ground.stands()

    answers = [
        told(await ground.call("attach", body={"payment_method": card})) for card in UNKNOWN_CARDS
    ]

    assert answers == [(422, "card_unknown", "payment_method")] * len(UNKNOWN_CARDS)
    assert await ground.stands() == before


async def test_a_card_that_nobody_keeps(ground: Ground) -> None:
    """A card that was taken from its customer is neither updated nor attached again."""
    await ground.call("detach")
    before = await ground.stands(done=True)

    update = await ground.call("update card")
    attach = await ground.call("attach", body={"payment_method": ground.ids["card"]})
    confirm = await ground.call("confirm", body={"payment_method": ground.ids["card"]})

    assert [told(update), told(attach)] == [(422, "stripe_refused", None)] * 2
    assert told(confirm) == (409, "card_disabled", "payment_method")
    assert await ground.stands(done=True) == before
