"""The bank's page and the open API in a real browser, from a shop at another origin."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from orchestrator.sandbox.cards import TEST_CARDS
from tests.examples.chromium import ARGUMENTS, require_chromium
from tests.sandbox.conftest import Sandbox, Server

CARD: Final = "pm_card_authenticationRequired"
# What a page does with Stripe.js, in a few lines: a call with the publishable key.
CALL: Final = """
async ([url, key, path, fields]) => {
  const answer = await fetch(url + path, {
    method: "POST", headers: { Authorization: `Bearer ${key}` }, body: new URLSearchParams(fields),
  });
  return [answer.status, answer.headers.get("Request-Id"), await answer.json()];
}
"""


async def _blank(_: Request) -> HTMLResponse:
    return HTMLResponse("<!doctype html><html lang=en><title>Shop</title><h1>The shop</h1>")


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """A shop at another origin: whatever its address, a page without anything in it."""
    with Server(Starlette(routes=[Route("/{anything:path}", _blank)])) as server:
        yield server.url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of a real Chromium."""
    path = require_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await browser.new_page()
        yield page
        await browser.close()


async def challenge(sandbox: Sandbox, back: str) -> tuple[str, str]:
    """Bring a new intent to its challenge; return its id and the address of the bank's page."""
    intent = await sandbox.intent()
    action: Any = (await sandbox.confirm(intent.id, CARD, return_url=back)).next_action
    return intent.id, action.redirect_to_url.url


@pytest.mark.parametrize(
    ("keys", "told", "status"),
    [
        (["Tab", "Enter"], "succeeded", "succeeded"),
        (["Tab", "Tab", "Enter"], "failed", "requires_payment_method"),
    ],
    ids=["approve", "fail"],
)
async def test_the_keyboard_answers_and_leads_back(
    sandbox: Sandbox, shop: str, page: Page, keys: list[str], told: str, status: str
) -> None:
    """Both buttons are reached and pressed by keyboard, and lead to the shop's own page."""
    intent, url = await challenge(sandbox, f"{shop}/back")
    await page.goto(url)
    for key in keys:
        await page.keyboard.press(key)
    await page.wait_for_url(f"{shop}/back?**redirect_status={told}")
    await expect(page.get_by_role("heading", name="The shop")).to_be_visible()

    assert (await sandbox.retrieve(intent)).status == status


@pytest.mark.thorough
async def test_a_phone_needs_no_sideways_scrolling(sandbox: Sandbox, shop: str, page: Page) -> None:
    """On a narrow screen the page fits, and its buttons are large enough for a thumb."""
    _, url = await challenge(sandbox, f"{shop}/back")
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.goto(url)
    width = await page.evaluate("document.documentElement.scrollWidth")
    boxes = [
        await page.get_by_role("button", name=name).bounding_box() for name in ("Approve", "Fail")
    ]

    assert width <= 320
    assert all(box is not None and box["height"] >= 44 for box in boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_text_can_be_read(sandbox: Sandbox, shop: str, page: Page, scheme: Any) -> None:
    """In light and in dark the text stands out, and nothing of the page is refused a browser."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.emulate_media(color_scheme=scheme)
    _, url = await challenge(sandbox, f"{shop}/back")
    await page.goto(url)
    style = "(e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor])"
    text, _ = await page.get_by_role("heading").evaluate(style)
    _, paper = await page.get_by_role("main").evaluate(style)

    assert _contrast(text, paper) >= 7
    assert complaints == []


async def test_a_shops_page_gives_a_card_and_pays(sandbox: Sandbox, shop: str, page: Page) -> None:
    """A page of another origin makes a payment method and confirms with its publishable key."""
    intent = await sandbox.intent()
    key = sandbox.key.replace("sk_", "pk_", 1)
    card = {
        "type": "card",
        "card[number]": TEST_CARDS["pm_card_visa"].number,
        "card[exp_month]": "12",
        "card[exp_year]": "34",
        "card[cvc]": "123",
    }
    await page.goto(shop)
    made_status, request_id, made = await page.evaluate(
        CALL, [sandbox.url, key, "/v1/payment_methods", card]
    )
    fields = {"payment_method": made["id"], "client_secret": intent.client_secret}
    path = f"/v1/payment_intents/{intent.id}/confirm"
    paid_status, _, paid = await page.evaluate(CALL, [sandbox.url, key, path, fields])

    assert (made_status, paid_status, paid["status"]) == (200, 200, "succeeded")
    assert request_id.startswith("req_")


def _contrast(one: str, other: str) -> float:
    # https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = [int(each) / 255 for each in color.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
