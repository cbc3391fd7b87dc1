"""How the page looks and reads: on a phone and a desk, light and dark, by keyboard and by ear."""

from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.examples.checkout_page import CHALLENGED, DECLINED, GOOD, CheckoutPage
from tests.examples.conftest import OpenCheckout

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE: Final = Path(__file__).parent
UNUSABLE: Final = (HERE / "unusable.js").read_text()
PALE: Final = (HERE / "pale.js").read_text()
TOO_WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FIT: Final = {"too wide by": 0, "unusable": [], "pale": []}

SCREENS: Final[dict[str, ViewportSize]] = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
    # Also what is left of 1280 pixels at 400 % (WCAG 2.2, 1.4.10).
    "small": {"width": 320, "height": 640},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


async def unfit(page: Page) -> dict[str, Any]:
    """Return what does not fit the screen, a finger or an eye."""
    return {
        "too wide by": await page.evaluate(TOO_WIDE),
        "unusable": await page.evaluate(UNUSABLE),
        "pale": await page.evaluate(PALE),
    }


async def look(
    checkout: CheckoutPage, moment: str, *, whole: bool = True
) -> dict[str, dict[str, Any]]:
    """Look at a view on every screen, in light and dark, and keep a picture of each."""
    seen = {}
    for screen, size in SCREENS.items():
        await checkout.page.set_viewport_size(size)
        for scheme in SCHEMES:
            await checkout.page.emulate_media(color_scheme=scheme)
            seen[f"{moment} {screen} {scheme}"] = await unfit(checkout.page)
            await checkout.photograph(f"{moment}-{screen}-{scheme}", whole=whole)
    return seen


@pytest.mark.thorough
async def test_every_view_fits(open_checkout: OpenCheckout) -> None:
    """Each view fits the screen, has named controls a finger can hit, and text one can read."""
    one = await open_checkout("look", reduced_motion="reduce")
    seen = await look(one, "1-cards")
    await one.card("Another card").check()
    await one.page.get_by_label("Test cards").select_option("Visa: declined, expired")
    await one.page.get_by_label("Security code").fill("1")
    await one.page.get_by_label("Card number").focus()
    await expect(one.page.get_by_text("security code is invalid")).to_be_visible()
    seen |= await look(one, "2-new-card")
    await one.pay_with(DECLINED)
    await expect(one.notice).to_be_visible()
    seen |= await look(one, "3-declined")
    await one.pay_with(CHALLENGED)
    await expect(one.page.frame_locator("dialog iframe").get_by_role("heading")).to_be_visible()
    seen |= await look(one, "4-challenge", whole=False)
    await one.page.get_by_role("button", name="Close").click()
    await expect(one.page.get_by_role("button", name="Confirm with")).to_be_visible()
    seen |= await look(one, "5-closed")
    await one.pay_with_new("Visa: blocked as fraud")
    await expect(one.heading("The payment failed")).to_be_visible()
    seen |= await look(one, "6-failed")
    await one.page.get_by_role("button", name="Start a new payment").click()
    await one.pay_with(GOOD)
    await one.expect_thanks()
    seen |= await look(one, "7-paid")

    assert seen == dict.fromkeys(seen, FIT)


async def test_the_keyboard_is_enough(checkout: CheckoutPage) -> None:
    """Cards are chosen with the arrows and paid with Enter; focus goes to what came of it."""
    await checkout.card(DECLINED).focus()
    await checkout.page.keyboard.press("Space")
    await checkout.page.keyboard.press("Enter")
    await expect(checkout.notice).to_be_focused()
    await checkout.page.keyboard.press("Tab")
    while not await checkout.card(GOOD).is_checked():
        await checkout.page.keyboard.press("ArrowDown")
    await checkout.page.keyboard.press("Tab")
    await expect(checkout.pay_button).to_be_focused()
    await checkout.page.keyboard.press("Enter")

    await expect(checkout.heading("Thank you")).to_be_focused()


async def test_roles_and_names_tell_the_page(checkout: CheckoutPage) -> None:
    """A screen reader finds regions, one group of cards, a live status and an alert."""
    page = checkout.page
    await checkout.card("Another card").check()
    await expect(page.get_by_role("region", name="Your order")).to_contain_text("$58.00")
    await expect(page.get_by_role("group", name="Pay with").get_by_role("radio")).to_have_count(5)
    for label in ("Card number", "Expiry", "Security code", "Save this card"):
        await expect(page.get_by_label(label)).to_be_visible()
    await expect(page.get_by_role("status")).to_be_attached()
    await checkout.pay_button.click()

    await expect(page.get_by_role("alert").filter(has_text="fill in your card")).to_be_visible()
    await expect(page.get_by_label("Card number")).to_be_focused()
    await expect(page).to_have_title("Checkout · Kettle & Co.")
