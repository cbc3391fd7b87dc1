"""The bank's page: what it asks, where its answer leads, and what it says once it is over."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrator.sandbox.challenge_page import ENDINGS
from orchestrator.sandbox.currencies import for_people
from orchestrator.sandbox.model import Status
from tests.sandbox.conftest import Sandbox

CARD = "pm_card_authenticationRequired"
BACK = "https://shop.test/back"


@dataclass
class Answered:
    """What a browser got: a page, or the way on."""

    status: int
    page: str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        """The address it is sent on to."""
        return self.headers["location"]


async def challenge(
    sandbox: Sandbox, card: str = CARD, return_url: str | None = BACK, **params: Any
) -> tuple[str, str]:
    """Bring a new intent to its challenge; return its id and the address of the page."""
    intent = await sandbox.intent(**params)
    back = {} if return_url is None else {"return_url": return_url}
    action: Any = (await sandbox.confirm(intent.id, card, **back)).next_action
    if return_url is None:
        return intent.id, action.use_stripe_sdk.stripe_js
    return intent.id, action.redirect_to_url.url


async def browse(sandbox: Sandbox, url: str, outcome: str | None = None) -> Answered:
    """Open the page, or press one of its buttons, and stay where that leads."""
    method, data = ("GET", None) if outcome is None else ("POST", {"outcome": outcome})
    async with sandbox.http.request(method, url, data=data, allow_redirects=False) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answered(answer.status, await answer.text(), headers)


async def test_the_page_asks(sandbox: Sandbox) -> None:
    """The page names the amount, the card, the shop and what it is for, and has two buttons."""
    _, url = await challenge(sandbox, amount=123450, description="Two kilos of tea")
    asked = await browse(sandbox, url)
    buttons = re.findall(r'<button name="outcome" value="(\w+)">(\w+)</button>', asked.page)

    assert asked.status == 200
    assert asked.headers["content-type"] == "text/html; charset=utf-8"
    for shown in ("$1,234.50 USD", "Visa ending in 3184", "Test shop", "Two kilos of tea"):
        assert shown in asked.page
    assert buttons == [("succeed", "Approve"), ("fail", "Fail")]


async def test_the_page_stands_alone(sandbox: Sandbox) -> None:
    """The page loads nothing, runs nothing, fits a phone and says its language."""
    _, url = await challenge(sandbox)
    asked = await browse(sandbox, url)
    policy = asked.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script" not in policy + asked.page
    assert re.search(r'(src|href)="(?!data:,)', asked.page) is None
    assert '<meta name="viewport"' in asked.page
    assert '<html lang="en">' in asked.page
    assert "prefers-color-scheme: dark" in asked.page


async def test_nothing_typed_becomes_markup(sandbox: Sandbox) -> None:
    """A description that looks like HTML is shown as it was written."""
    _, url = await challenge(sandbox, description="<b>Tea</b> & more")
    asked = await browse(sandbox, url)
    (shown,) = re.findall(r"<dt>For</dt><dd>(.*)</dd>", asked.page)

    assert "<b>" not in shown
    assert unescape(shown) == "<b>Tea</b> & more"


@pytest.mark.parametrize(
    ("card", "outcome", "status", "told"),
    [
        (CARD, "succeed", "succeeded", "succeeded"),
        (CARD, "fail", "requires_payment_method", "failed"),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            "succeed",
            "requires_payment_method",
            "failed",
        ),
    ],
)
async def test_an_answer_leads_back(
    sandbox: Sandbox, card: str, outcome: str, status: str, told: str
) -> None:
    """Either button ends the challenge and leads to the shop, which is told what Stripe tells."""
    intent, url = await challenge(sandbox, card)
    answered = await browse(sandbox, url, outcome)
    after = await sandbox.retrieve(intent)

    assert answered.status == 303
    assert answered.location.startswith(f"{BACK}?")
    assert parse_qs(urlsplit(answered.location).query) == {
        "payment_intent": [intent],
        "payment_intent_client_secret": [after.client_secret],
        "redirect_status": [told],
    }
    assert after.status == status


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"capture_method": "manual"}, "requires_capture"),
        ({"confirmation_method": "manual"}, "requires_confirmation"),
    ],
)
async def test_what_is_to_be_finished_was_approved(
    sandbox: Sandbox, params: dict[str, str], status: str
) -> None:
    """A payment that only the shop has to finish comes back as a success."""
    intent, url = await challenge(sandbox, **params)
    answered = await browse(sandbox, url, "succeed")

    assert "redirect_status=succeeded" in answered.location
    assert (await sandbox.retrieve(intent)).status == status


async def test_the_way_back_keeps_its_own_query(sandbox: Sandbox) -> None:
    """A ``return_url`` with a query and a fragment keeps both."""
    _, url = await challenge(sandbox, return_url=f"{BACK}?order=7#paid")
    parts = urlsplit((await browse(sandbox, url, "succeed")).location)

    assert parse_qs(parts.query)["order"] == ["7"]
    assert parts.fragment == "paid"


async def test_without_a_way_back_the_page_says_so(sandbox: Sandbox) -> None:
    """Where the shop's own page shows the bank's, the answer is a page and leads nowhere."""
    intent, url = await challenge(sandbox, return_url=None)
    answered = await browse(sandbox, url, "succeed")

    assert answered.status == 200
    assert "Payment approved" in answered.page
    assert (await sandbox.retrieve(intent)).status == "succeeded"


@pytest.mark.parametrize(("outcome", "says"), [("succeed", "approved"), ("fail", "not made")])
async def test_an_answered_page_says_so(sandbox: Sandbox, outcome: str, says: str) -> None:
    """Opened again, the page says how it ended, leads to the shop and takes no other answer."""
    intent, url = await challenge(sandbox)
    answered = await browse(sandbox, url, outcome)
    again = await browse(sandbox, url)
    late = await browse(sandbox, url, "succeed")

    assert (again.status, late.status) == (200, 409)
    assert f"Payment {says}" in again.page
    assert "Payment" in late.page
    assert answered.location.replace("&", "&amp;") in again.page
    assert await sandbox.charged(intent) == int(outcome == "succeed")


async def test_another_cards_page_is_over(sandbox: Sandbox) -> None:
    """Once another card is being tried, the first card's page cannot approve it."""
    intent, first = await challenge(sandbox)
    await sandbox.confirm(intent, "pm_card_threeDSecure2Required", return_url=BACK)
    shown = await browse(sandbox, first)
    late = await browse(sandbox, first, "succeed")

    assert "Nothing to approve here" in shown.page
    assert late.status == 409
    assert (await sandbox.retrieve(intent)).status == "requires_action"


async def test_a_canceled_payment_is_over(sandbox: Sandbox) -> None:
    """The page of a payment that the shop canceled says so."""
    intent, url = await challenge(sandbox)
    await sandbox.sdk.v1.payment_intents.cancel_async(intent)

    assert "Payment canceled" in (await browse(sandbox, url)).page


@pytest.mark.parametrize("outcome", [None, "succeed"])
async def test_an_unknown_payment_is_a_page_too(sandbox: Sandbox, outcome: str | None) -> None:
    """An address of no payment is a page that says so, not an error in JSON."""
    url = f"{sandbox.url}/_sandbox/payment_intents/pi_nope/challenge"
    answered = await browse(sandbox, url, outcome)

    assert answered.status == 404
    assert "No such payment" in answered.page


async def test_another_answer_is_asked_again(sandbox: Sandbox) -> None:
    """An answer that is neither button leaves the question open."""
    intent, url = await challenge(sandbox)
    answered = await browse(sandbox, url, "perhaps")

    assert answered.status == 400
    assert "Approve this payment?" in answered.page
    assert (await sandbox.retrieve(intent)).status == "requires_action"


def test_every_status_has_an_ending() -> None:
    """The page can say how it ended, whatever the payment's status is by then."""
    assert set(ENDINGS) == set(Status)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (4200, "usd", "$42.00 USD"),
        (5, "eur", "€0.05 EUR"),
        (1234567, "chf", "12,345.67 CHF"),
        (5000, "jpy", "¥5,000 JPY"),
        (1500, "bhd", "1.500 BHD"),
        (10000, "isk", "100.00 ISK"),
    ],
)
def test_amounts_are_written_for_people(amount: int, currency: str, written: str) -> None:
    """Amounts have the currency's own number of decimals."""
    assert for_people(amount, currency) == written
