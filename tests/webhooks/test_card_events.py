"""Cards that Stripe tells of: renewed, changed, taken away."""

from __future__ import annotations

from orchestrator.store.schema import (
    card_disablements,
    cards,
)
from tests.protocol.steps import (
    GOOD,
    browser_confirms,
)
from tests.webhooks.conftest import Hooks, rows


async def saved_card(hooks: Hooks) -> tuple[str, str]:
    """Let a new customer pay with a card that is kept; return both ids."""
    customer = (await hooks.api.post("/v1/customers", {})).json()["id"]
    path = f"/v1/customers/{customer}/cards"
    card = (await hooks.api.post(path, {"payment_method": GOOD})).json()["id"]
    paid = await hooks.api.confirm(await hooks.api.create(customer=customer), card)
    assert paid.json()["state"] == "succeeded"
    return customer, card


async def test_a_card_taken_away_at_stripe_spends_no_attempt(hooks: Hooks) -> None:
    """Detached in the Dashboard, the card is out of use here by the event."""
    customer, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}/detach"
    async with hooks.world.http.post(url) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_method.detached"))
    payment = await hooks.api.create(customer=customer)
    refused = await hooks.api.confirm(payment, card)
    (row,) = await rows(hooks, card_disablements)

    assert (refused.status_code, refused.json()["code"]) == (409, "card_disabled")
    assert (row["actor_kind"], row["reason"]) == ("stripe", "detached")


async def test_a_card_taken_away_is_so_whatever_is_told_last(hooks: Hooks) -> None:
    """An older change of the card comes in after its end, in one round of the worker."""
    customer, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}"
    async with hooks.world.http.post(url, data={"card[exp_year]": "2041"}) as answer:
        assert answer.status == 200
    async with hooks.world.http.post(f"{url}/detach") as answer:
        assert answer.status == 200
    for type in ("payment_method.detached", "payment_method.updated"):
        (event,) = await hooks.events(type)
        await hooks.send(event)
    await hooks.world.work()
    refused = await hooks.api.confirm(await hooks.api.create(customer=customer), card)

    assert refused.json()["code"] == "card_disabled"


async def test_what_no_database_stores_is_left_out(hooks: Hooks) -> None:
    """A character that PostgreSQL takes in no text keeps neither the event nor others out."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    event["request"] = {"id": None, "idempotency_key": "a\0b"}
    event["data"]["object"]["cancellation_reason"] = "a\0b"
    await hooks.deliver(event)

    assert (await hooks.world.load(payment)).state == "succeeded"


async def test_a_card_that_nobody_knows_here_leaves_nothing(hooks: Hooks) -> None:
    """Another program's card on the same account is none of ours."""
    customer, card = await saved_card(hooks)
    await hooks.api.client.delete(
        f"/v1/cards/{card}", headers={"Authorization": f"Bearer {hooks.api.secret}"}
    )
    before = await rows(hooks, card_disablements)
    (event,) = await hooks.events("payment_method.detached")
    event["data"]["object"]["id"] = "pm_another"
    await hooks.deliver(event)

    assert customer
    assert await rows(hooks, card_disablements) == before
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}


async def test_a_renewed_card_is_known_by_its_new_date(hooks: Hooks) -> None:
    """A date changed at Stripe is the date that the next confirm goes by."""
    _, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}"
    async with hooks.world.http.post(url, data={"card[exp_year]": "2041"}) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_method.updated"))
    known = [row for row in await rows(hooks, cards) if row["payment_method"] == card]

    assert [row["exp_year"] for row in known] == [2041]
