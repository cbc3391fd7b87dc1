"""Cards over HTTP: what a customer keeps, what is out of use, and who may see and change it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from orchestrator.card_scopes import EVERYBODY
from orchestrator.store.schema import card_disablements
from tests.api.conftest import Api
from tests.api.test_customers import customers_at_stripe

Document = dict[str, Any]
EXPIRED = "pm_sim_expired_card"
STOLEN = "pm_sim_stolen_card"
REVOKED = "pm_sim_revocation_of_authorization"


@dataclass
class Wallet:
    """A customer with cards, and the keys that may look at them."""

    api: Api
    customer: str
    admin: str

    async def attach(self, card: str, **more: Any) -> httpx2.Response:
        """Attach a card."""
        path = f"/v1/customers/{self.customer}/cards"
        return await self.api.post(path, {"payment_method": card}, **more)

    async def keep(self, card: str) -> str:
        """Attach a card and return its new id."""
        answer = await self.attach(card)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    async def listed(self, query: str = "") -> list[Document]:
        """List the cards."""
        answer = await self.api.get(f"/v1/customers/{self.customer}/cards{query}")
        assert answer.status_code == 200, answer.text
        cards: list[Document] = answer.json()["data"]
        return cards

    async def ids(self, query: str = "") -> list[str]:
        """List the ids of the cards."""
        return [card["id"] for card in await self.listed(query)]

    async def card(self, id: str) -> Document:
        """Read a card."""
        card: Document = (await self.api.get(f"/v1/cards/{id}")).json()
        return card

    async def pay(self, card: str) -> Document:
        """Try a card on a new payment of the customer."""
        payment = await self.api.create(customer=self.customer)
        paid: Document = (await self.api.confirm(payment, card)).json()
        return paid

    async def by_hand(self, verb: str, card: str, reason: str, **more: Any) -> httpx2.Response:
        """Disable or enable a card."""
        path = f"/v1/cards/{card}/{verb}"
        return await self.api.post(path, {"reason": reason}, **{"secret": self.admin} | more)

    async def update(self, card: str, **fields: Any) -> httpx2.Response:
        """Update a card."""
        return await self.api.post(f"/v1/cards/{card}", fields)

    async def detach(self, card: str) -> httpx2.Response:
        """Detach a card."""
        headers = {"Authorization": f"Bearer {self.api.secret}"}
        return await self.api.client.delete(f"/v1/cards/{card}", headers=headers)

    async def record(self) -> list[Document]:
        """Read all that is on record of disabled cards, oldest first."""
        return await self.api.world.runtime.database.read(_disablements)


def _disablements(connection: Connection) -> list[Document]:
    query = select(card_disablements).order_by(card_disablements.c.disabled_at)
    return [dict(row) for row in connection.execute(query).mappings()]


@pytest.fixture
async def wallet(api: Api) -> Wallet:
    """Give the test a customer of the shop's, and an administrator of another name."""
    customer = (await api.post("/v1/customers", {"name": "Ada"})).json()["id"]
    _, admin = await api.key("ops", "admin")
    return Wallet(api, customer, admin)


def told(answer: httpx2.Response) -> tuple[int, str]:
    """Return a refusal's status and code."""
    return answer.status_code, answer.json()["code"]


# ── attach and list ──────────────────────────────────────────────────────────────────────────


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


# ── out of use by a payment ──────────────────────────────────────────────────────────────────


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


# ── update ───────────────────────────────────────────────────────────────────────────────────


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


# ── detach ───────────────────────────────────────────────────────────────────────────────────


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


# ── by hand ──────────────────────────────────────────────────────────────────────────────────


async def test_a_card_is_disabled_by_hand(wallet: Wallet) -> None:
    """An administrator takes a shop's card out of use: it is not listed and not tried."""
    card = await wallet.keep("pm_card_visa")
    answer = await wallet.by_hand("disable", card, "reported by phone")
    refused = await wallet.api.confirm(await wallet.api.create(), card)

    assert answer.status_code == 200
    assert (answer.json()["usable"], answer.json()["disabled_reason"]) == (
        False,
        "reported by phone",
    )
    assert await wallet.ids() == []
    assert told(refused) == (409, "card_disabled")


async def test_a_card_is_enabled_by_hand(wallet: Wallet) -> None:
    """An administrator puts a card back that a payment disabled, and it pays."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "a mistake")
    answer = await wallet.by_hand("enable", card, "it was a mistake")
    paid = await wallet.pay(card)

    assert (answer.status_code, answer.json()["usable"]) == (200, True)
    assert await wallet.ids() == [card]
    assert paid["state"] == "succeeded"


async def test_what_a_payment_disabled_is_enabled_by_hand(wallet: Wallet) -> None:
    """Whatever the scope of its disablement, the card is usable again."""
    for kind in (STOLEN, EXPIRED, REVOKED):
        card = await wallet.keep(kind)
        await wallet.pay(card)
        answer = await wallet.by_hand("enable", card, "the issuer says it is fine")

        assert answer.json()["usable"] is True, kind


async def test_both_are_on_record(wallet: Wallet) -> None:
    """Who took a card out of use and who put it back stands with the reason and the request."""
    card = await wallet.keep("pm_card_visa")
    disabled = await wallet.by_hand("disable", card, "reported")
    enabled = await wallet.by_hand("enable", card, "found again")
    (row,) = await wallet.record()

    assert (row["owner"], row["reason"], row["enabled_reason"]) == (
        "shop",
        "reported",
        "found again",
    )
    assert (row["actor_kind"], row["enabled_actor_kind"]) == ("api_key", "api_key")
    assert row["actor_id"] == row["enabled_actor_id"] != ""
    assert row["request_id"] == disabled.headers["Request-Id"]
    assert row["enabled_request_id"] == enabled.headers["Request-Id"]
    assert row["payment_id"] is None


async def test_again_is_no_news(wallet: Wallet) -> None:
    """Disabling a disabled card and enabling a usable one change nothing."""
    card = await wallet.keep("pm_card_visa")
    first = await wallet.by_hand("disable", card, "one")
    second = await wallet.by_hand("disable", card, "two")
    for _ in range(2):
        usable = await wallet.by_hand("enable", card, "three")

    assert second.json() == first.json()
    assert usable.json()["usable"] is True
    assert len(await wallet.record()) == 1


async def test_ten_at_once_disable_once(wallet: Wallet) -> None:
    """Ten administrators at the same moment leave one row on record, and all are told so."""
    card = await wallet.keep("pm_card_visa")
    answers = await asyncio.gather(
        *(wallet.by_hand("disable", card, f"reason {number}") for number in range(10))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["disabled_reason"] for answer in answers}) == 1
    assert len(await wallet.record()) == 1


async def test_the_same_request_is_done_once(wallet: Wallet) -> None:
    """Sent again after the card was enabled, a disable does not disable it again."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported", idempotency_key="d")
    await wallet.by_hand("enable", card, "found again")
    again = await wallet.by_hand("disable", card, "reported", idempotency_key="d")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["usable"] is True


async def elsewhere(wallet: Wallet, card: str) -> tuple[str, str]:
    """Make a customer at Stripe itself, with a card; return both ids."""
    http, url = wallet.api.world.http, wallet.api.world.url
    async with http.post(f"{url}/v1/customers") as answer:
        customer: str = (await answer.json())["id"]
    path = f"{url}/v1/payment_methods/{card}/attach"
    async with http.post(path, data={"customer": customer}) as answer:
        kept: str = (await answer.json())["id"]
    return customer, kept


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


async def test_what_is_out_of_use_is_so_while_it_cannot_be_looked_up(wallet: Wallet) -> None:
    """Stripe does not show the card, and its very id is on record: it is not tried."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported")
    payment = await wallet.api.create(customer=wallet.customer)
    await wallet.api.world.fault("rate_limit_429", "payment_methods.retrieve")
    refused = await wallet.api.confirm(payment, card)

    assert told(refused) == (409, "card_disabled")


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


async def test_enabling_does_not_bring_back_a_detached_card(wallet: Wallet) -> None:
    """Stripe does not take a detached card again, whatever an administrator says."""
    card = await wallet.keep("pm_card_visa")
    await wallet.by_hand("disable", card, "reported")
    await wallet.detach(card)
    answer = await wallet.by_hand("enable", card, "found again")
    refused = await wallet.api.confirm(await wallet.api.create(), card)

    assert (answer.json()["usable"], answer.json()["disabled_reason"]) == (False, "detached")
    assert told(refused) == (409, "card_disabled")


async def test_an_administrator_sees_the_cards_it_may_disable(wallet: Wallet) -> None:
    """A card of the shop's is read, and stands for the administrator as it does for the shop."""
    card = await wallet.keep(STOLEN)
    await wallet.pay(card)
    answer = await wallet.api.get(f"/v1/cards/{card}", secret=wallet.admin)

    assert (answer.status_code, answer.json()) == (200, await wallet.card(card))
    assert answer.json()["disabled_reason"] == "stolen_card"


async def test_the_log_tells_what_was_done_by_hand(wallet: Wallet) -> None:
    """Each change is one line with who, why and in which request; nothing changed, no line."""
    card = await wallet.keep("pm_card_visa")
    with capture_logs() as lines:
        for verb in ("disable", "disable", "enable", "enable"):
            await wallet.by_hand(verb, card, "reported")
        for _ in range(2):
            await wallet.detach(card)
    by_hand = [line for line in lines if line.get("payment_method") == card]

    assert [line["event"] for line in by_hand] == [
        "card_disabled_by_hand",
        "card_enabled_by_hand",
        "card_detached",
    ]
    assert {line["owner"] for line in by_hand} == {"shop"}
    assert all(line["actor"] and line["request_id"] for line in by_hand)


@pytest.mark.parametrize("verb", ["disable", "enable"])
async def test_only_an_administrator_may(wallet: Wallet, verb: str) -> None:
    """Other keys may not, whoever's card it is."""
    card = await wallet.keep("pm_card_visa")
    _, audit = await wallet.api.key("shop", "audit")
    answers = [
        await wallet.by_hand(verb, card, "x", secret=secret)
        for secret in (wallet.api.secret, audit)
    ]

    assert [told(answer) for answer in answers] == [(403, "forbidden")] * 2
    assert await wallet.record() == []


@pytest.mark.parametrize("verb", ["disable", "enable"])
async def test_an_unknown_card_is_not_found(wallet: Wallet, verb: str) -> None:
    """What Stripe does not know cannot be taken out of use."""
    assert told(await wallet.by_hand(verb, "pm_nobody", "x")) == (404, "not_found")


# ── others ───────────────────────────────────────────────────────────────────────────────────


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


# ── whose card a payment may take ────────────────────────────────────────────────────────────


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
