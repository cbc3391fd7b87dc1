"""The shop's server, asked without a page: what it refuses, and what it says twice."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from examples.checkout.settings import STRIPE_JS, Settings, SettingsIncomplete
from examples.checkout.shop import create_app

PRODUCTION = Settings("https://orchestrator.test", "ork_k_s", "pk_test_k")


class Visitor:
    """A customer's browser, without the page."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Ask as the page does, unless other headers are given."""
        return await self.http.post(f"/api/{path}", json=body or {}, headers=headers)

    async def pay(self, number: int, card: str, **more: Any) -> httpx2.Response:
        """Try a card."""
        body = {"try": number, "payment_method": card, "save": False, **more}
        return await self.post("pay", body)


@pytest.fixture
async def visitor(shop: str) -> AsyncIterator[Visitor]:
    """Visit the shop as a new customer."""
    async with httpx2.AsyncClient(base_url=shop, trust_env=False, timeout=30) as http:
        visitor = Visitor(http)
        await visitor.post("checkout")
        yield visitor


async def test_the_same_try_is_the_same_request(visitor: Visitor, settings: Settings) -> None:
    """A try that is sent again, even with another card, asks Stripe nothing more."""
    first = await visitor.pay(1, "pm_card_visa_chargeDeclinedInsufficientFunds")
    again = await visitor.pay(1, "pm_card_visa")
    ledger = (await visitor.http.get(f"{settings.stand_in}/_sandbox/ledger")).json()
    order = first.json()["order"]["id"]
    tried = [
        charge["metadata"]["transaction_id"] for charge in ledger["charges"] + ledger["failed"]
    ]

    assert tried.count(order) == 1
    assert first.json()["payment"]["state"] == "requires_new_card"
    assert again.json()["payment"] == first.json()["payment"]
    assert again.json()["try"] == 2


async def test_a_try_must_be_the_next_one(visitor: Visitor) -> None:
    """A page that skips a try shows an old state, and is told so."""
    answer = await visitor.pay(2, "pm_card_visa")

    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_turn")


async def test_an_unknown_card_is_refused_in_words(visitor: Visitor) -> None:
    """A card that the orchestrator refuses is answered with what the customer can do."""
    answer = await visitor.pay(1, "pm_nobody_knows")

    assert (answer.status_code, answer.json()["code"]) == (422, "card_refused")
    assert "choose another card" in answer.json()["message"]


async def test_a_second_payment_waits_for_the_first_to_fail(visitor: Visitor) -> None:
    """As long as a payment may still succeed there is no second one for the order."""
    await visitor.pay(1, "pm_card_visa_chargeDeclined")
    answer = await visitor.post("start_over")

    assert (answer.status_code, answer.json()["code"]) == (409, "still_open")


@pytest.mark.parametrize(
    "more",
    [
        {"amount": 1},
        {"payment_method": "pm_"},
        {"payment_method": 1},
        {"save": "yes"},
        {"try": 0},
        {"try": True},
        {"try": "1"},
    ],
    ids=str,
)
async def test_only_the_pages_own_questions_are_answered(
    visitor: Visitor, more: dict[str, Any]
) -> None:
    """A field too many, or of another kind, is refused before anything happens."""
    body = {"try": 1, "payment_method": "pm_card_visa", "save": False, **more}
    answer = await visitor.post("pay", body)

    assert answer.status_code == 400


@pytest.mark.parametrize("body", ["", "[]", "{", '"pay"', "{" * 5000], ids=len)
async def test_what_is_no_document_is_refused(visitor: Visitor, body: str) -> None:
    """Anything but a JSON object of reasonable length is refused."""
    headers = {"Content-Type": "application/json"}
    answer = await visitor.http.post("/api/pay", content=body, headers=headers)

    assert answer.status_code == 400


async def test_other_sites_cannot_ask(visitor: Visitor) -> None:
    """Neither a script nor a form of another site acts in a customer's name."""
    script = await visitor.post("checkout", **{"Sec-Fetch-Site": "cross-site"})
    form = await visitor.http.post("/api/checkout", data={"a": "b"})

    assert (script.status_code, form.status_code) == (403, 403)


async def test_nobody_pays_without_a_session(shop: str) -> None:
    """Whoever has no cookie of the shop's is told to reload."""
    async with httpx2.AsyncClient(base_url=shop, trust_env=False) as http:
        answer = await Visitor(http).pay(1, "pm_card_visa")

    assert (answer.status_code, answer.json()["code"]) == (401, "no_session")


async def test_scripts_cannot_read_the_session(shop: str) -> None:
    """The session's cookie is for the server alone, and not sent along from other sites."""
    async with httpx2.AsyncClient(base_url=shop, trust_env=False) as http:
        cookie = (await Visitor(http).post("checkout")).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_production_loads_stripe_from_stripe() -> None:
    """Without a stand-in there is no stub, and the policy lets Stripe's own script in."""
    transport = httpx2.ASGITransport(app=create_app(PRODUCTION))
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.test") as http:
        page, stub = await http.get("/"), await http.get("/stripe_stub.js")
    policy = page.headers["Content-Security-Policy"]

    assert PRODUCTION.stripe_script == STRIPE_JS
    assert stub.status_code == 404
    assert "script-src 'self' https://js.stripe.com" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy


@pytest.mark.parametrize(
    ("key", "sentence"), [("", "Set SHOP_STRIPE_PUBLISHABLE_KEY"), ("sk_test_1", "begin with pk_")]
)
def test_settings_that_cannot_work_are_refused(key: str, sentence: str) -> None:
    """A missing setting is named, and a secret key is never taken for a publishable one."""
    environment = {
        "SHOP_ORCHESTRATOR_URL": "http://127.0.0.1:8000",
        "SHOP_ORCHESTRATOR_KEY": "ork_k_s",
        "SHOP_STRIPE_PUBLISHABLE_KEY": key,
    }
    with pytest.raises(SettingsIncomplete, match=sentence):
        Settings.read(environment)
