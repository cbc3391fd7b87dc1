"""What a page may do with a publishable key: give cards, confirm, look, and from any origin."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import stripe

from orchestrator.sandbox.cards import TEST_CARDS
from orchestrator.sandbox.entry import BY_NUMBER, OTHER_TOKENS
from tests.sandbox.conftest import Sandbox

ORIGIN = "https://shop.test"
VISA = TEST_CARDS["pm_card_visa"].number
AMEX = TEST_CARDS["pm_card_amex"].number


@dataclass(frozen=True)
class Page:
    """A page of the shop: the account's publishable key, from another origin."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, **fields: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Make a call as a page would: status, body and headers in lower case."""
        url, data = f"{self.sandbox.url}{path}", fields
        if method == "GET":
            url, data = f"{url}?{urlencode(fields)}", {}
        async with self.http.request(method, url, data=data) as answer:
            named = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, await answer.json(), named

    async def give_card(self, **card: str) -> tuple[int, dict[str, Any]]:
        """Make a payment method of a card that is good unless ``card`` says otherwise."""
        good = {"number": VISA, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
        fields = {f"card[{name}]": value for name, value in (good | card).items()}
        status, body, _ = await self.call("POST", "/v1/payment_methods", type="card", **fields)
        return status, body


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Page]:
    """A page of the shop that owns the account."""
    key = sandbox.key.replace("sk_", "pk_", 1)
    headers = {"Authorization": f"Bearer {key}", "Origin": ORIGIN}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield Page(sandbox, http)


async def test_a_card_given_in_a_page_pays(sandbox: Sandbox, page: Page) -> None:
    """A page makes a payment method, and the shop's server confirms with it."""
    status, made = await page.give_card(exp_month="7", exp_year="31")
    intent = await sandbox.intent()
    paid = await sandbox.confirm(intent.id, made["id"])
    seen = await sandbox.sdk.v1.payment_methods.retrieve_async(made["id"])

    assert (status, made["object"], made["card"]["last4"]) == (200, "payment_method", VISA[-4:])
    assert (made["card"]["exp_month"], made["card"]["exp_year"]) == (7, 2031)
    assert paid.status == "succeeded"
    assert seen.card is not None


async def test_one_number_is_one_card(sandbox: Sandbox, page: Page) -> None:
    """A number, its token and its well-known id have one fingerprint, whatever the expiry."""
    methods = sandbox.sdk.v1.payment_methods
    _, typed = await page.give_card(exp_year="2030")
    token = await methods.create_async({"type": "card", "card": {"token": "tok_visa"}})
    shared = await methods.retrieve_async("pm_card_visa")
    cards = [(await methods.retrieve_async(id)).card for id in (typed["id"], token.id, shared.id)]

    assert len({card.fingerprint for card in cards if card is not None}) == 1


@pytest.mark.parametrize("number", [pytest.param(number, id=number[-4:]) for number in BY_NUMBER])
async def test_every_test_number_is_taken(page: Page, number: str) -> None:
    """Every number of Stripe's page on testing makes a card."""
    status, made = await page.give_card(number=number)

    assert (status, made["card"]["last4"]) == (200, number[-4:])


@pytest.mark.parametrize(
    "token", [*OTHER_TOKENS, *(id.replace("pm_card_", "tok_", 1) for id in TEST_CARDS)]
)
async def test_every_test_token_is_taken(sandbox: Sandbox, token: str) -> None:
    """Every card of Stripe's page on testing can be given as a token, with a secret key too."""
    made = await sandbox.sdk.v1.payment_methods.create_async(
        {"type": "card", "card": {"token": token}}
    )

    assert made.id.startswith("pm_1")


@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("tok_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("tok_visa_chargeCustomerFailLostCard", "lost_card"),
        ("tok_visa_chargeCustomerFailStolenCard", "stolen_card"),
    ],
)
async def test_a_token_ends_as_its_card(sandbox: Sandbox, token: str, decline_code: str) -> None:
    """A card made of a token ends its payments as the token's name says."""
    made = await sandbox.sdk.v1.payment_methods.create_async(
        {"type": "card", "card": {"token": token}}
    )
    intent = await sandbox.intent()
    refused = await sandbox.refusal(intent.id, made.id)

    assert refused.error is not None
    assert refused.error.decline_code == decline_code


@pytest.mark.parametrize(
    ("card", "code", "param"),
    [
        ({"number": VISA[:-1] + "1"}, "incorrect_number", "number"),
        ({"number": "4242"}, "invalid_number", "number"),
        ({"number": "my card"}, "invalid_number", "number"),
        ({"number": ""}, "invalid_number", "number"),
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": "0"}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": "95"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "2020"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "99"}, "invalid_cvc", "cvc"),
        ({"cvc": "1234"}, "invalid_cvc", "cvc"),
        ({"cvc": "abc"}, "invalid_cvc", "cvc"),
    ],
)
async def test_bad_details_are_a_card_error(
    page: Page, card: dict[str, str], code: str, param: str
) -> None:
    """Details that can belong to no card are refused as the payment method is made."""
    status, body = await page.give_card(**card)
    error = body["error"]

    assert (status, error["type"], error["code"], error["param"]) == (
        402,
        "card_error",
        code,
        param,
    )


async def test_amex_has_four_digits_behind(page: Page) -> None:
    """An American Express card is taken with its four digits."""
    status, _ = await page.give_card(number=AMEX, cvc="1234")

    assert status == 200


async def test_a_real_number_is_declined_and_not_repeated(page: Page) -> None:
    """A number that is no published test number is declined, and stands nowhere in the answer."""
    number = "411111111111111" + "1"  # passes Luhn, and is on no page of Stripe's
    status, body = await page.give_card(number=number)
    error = body["error"]

    assert (status, error["code"]) == (402, "card_declined")
    assert error["decline_code"] == "test_mode_live_card"
    assert number not in str(body)


async def test_a_server_sends_no_numbers(sandbox: Sandbox) -> None:
    """A secret key may not send a card number, unless the account was opened for it."""
    given: Any = {
        "type": "card",
        "card": {"number": VISA, "exp_month": 12, "exp_year": 2034, "cvc": "123"},
    }
    with pytest.raises(stripe.CardError) as caught:
        await sandbox.sdk.v1.payment_methods.create_async(given)
    await sandbox.control("POST", "/settings", {"raw_card_data": True})
    made = await sandbox.sdk.v1.payment_methods.create_async(given)

    assert caught.value.error is not None
    assert caught.value.error.type == "invalid_request_error"
    assert made.card is not None


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"type": "card"}, "parameter_missing", "card"),
        ({"type": "card", "card[exp_month]": "1"}, "parameter_missing", "card[number]"),
        ({"type": "card", "card[token]": "tok_nope"}, "resource_missing", "card[token]"),
        ({"type": "card", "card[token]": "pm_card_visa"}, "resource_missing", "card[token]"),
        ({"type": "card", "card[token]": "tok_visa", "card[cvc]": "123"}, None, "card"),
        ({"type": "sepa_debit"}, None, "type"),
    ],
)
async def test_a_card_must_be_given_whole(
    page: Page, fields: dict[str, str], code: str | None, param: str
) -> None:
    """A payment method needs a token or the details, and says what is amiss."""
    status, body, _ = await page.call("POST", "/v1/payment_methods", **fields)

    assert (status, body["error"].get("code"), body["error"]["param"]) == (400, code, param)


async def test_a_page_sees_less(sandbox: Sandbox, page: Page) -> None:
    """A publishable key sees neither the shop's metadata and customer nor a fingerprint."""
    customer = await sandbox.sdk.v1.customers.create_async()
    intent = await sandbox.intent(metadata={"margin": "90"}, customer=customer.id)
    _, made = await page.give_card()
    path = f"/v1/payment_intents/{intent.id}"
    _, seen, _ = await page.call("GET", path, client_secret=str(intent.client_secret))
    _, refused, _ = await page.call(
        "POST",
        f"{path}/confirm",
        client_secret=str(intent.client_secret),
        payment_method="pm_card_visa_chargeDeclined",
    )

    assert (seen["amount"], seen["status"]) == (1000, "requires_payment_method")
    assert {"metadata", "customer", "latest_charge"}.isdisjoint(seen)
    assert {"metadata", "customer"}.isdisjoint(refused["error"]["payment_intent"])
    assert "fingerprint" not in made["card"]
    assert "fingerprint" not in refused["error"]["payment_method"]["card"]


async def test_any_origin_may_ask(sandbox: Sandbox, page: Page) -> None:
    """Answers to pages may be read by them, refusals too."""
    intent = await sandbox.intent()
    path = f"/v1/payment_intents/{intent.id}"
    _, _, allowed = await page.call("GET", path, client_secret=str(intent.client_secret))
    status, _, refused = await page.call("POST", f"{path}/cancel")

    assert status == 401
    assert allowed["access-control-allow-origin"] == "*"
    assert refused["access-control-allow-origin"] == "*"
    assert "Request-Id" in allowed["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("path", "status", "origin"),
    [
        ("/v1/payment_methods", 200, "*"),
        ("/v1/payment_intents/pi_1/confirm", 200, "*"),
        ("/_sandbox/payment_intents/pi_1/authenticate", 200, "*"),
        ("/_sandbox/payment_intents/pi_1/challenge", 200, "*"),
        ("/_sandbox/reset", 404, None),
        ("/_sandbox/faults", 404, None),
    ],
)
async def test_a_preflight_opens_what_pages_need(
    page: Page, path: str, status: int, origin: str | None
) -> None:
    """A browser's question beforehand is answered for what Stripe.js calls, and nothing else."""
    headers = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    url = page.sandbox.url + path
    async with page.http.options(url, headers=headers) as answer:
        allowed = answer.headers.get("Access-Control-Allow-Headers", "")

    assert answer.status == status
    assert answer.headers.get("Access-Control-Allow-Origin") == origin
    assert ("authorization" in allowed) == (origin is not None)
