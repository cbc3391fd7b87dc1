"""The console as people use it: on a phone and a desk, light and dark, by keyboard and by ear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.console.deployment import Deployment, deployed
from tests.examples.checkout_page import SCREENSHOTS
from tests.examples.conftest import browser
from tests.examples.test_checkout_look import SCHEMES, SCREENS, unfit

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE: Final = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE: Final = """async () => (await axe.run(document)).violations.flatMap((rule) =>
  rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`))"""
Look = tuple[str, Literal["light", "dark"]]
EVERY_LOOK: Final = tuple((screen, scheme) for screen in SCREENS for scheme in SCHEMES)
# The gate's two have each kind of screen and each scheme in them.
LOOKS: Final = [
    pytest.param((("desk", "light"), ("phone", "dark")), id="two looks"),
    pytest.param(EVERY_LOOK, id="every look", marks=pytest.mark.thorough),
]
FIT: Final = {"too wide by": 0, "unusable": [], "pale": [], "axe": []}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Run one deployment for all tests of this file."""
    with deployed(tmp_path_factory.mktemp("console")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, deployment: Deployment) -> AsyncIterator[Page]:
    """Open a browser that is not signed in, and look at the end whether no script failed."""
    context = await browser.new_context(base_url=deployment.url, reduced_motion="reduce")
    opened = await context.new_page()
    complaints: list[str] = []
    opened.on(
        "console", lambda each: complaints.append(each.text) if each.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(error.message))
    yield opened
    await context.close()
    # A refusal's status is told here, too; what the one test smuggles in is stopped on purpose.
    expected = ("Failed to load resource", "https://evil.example")
    assert [each for each in complaints if not any(part in each for part in expected)] == []


async def sign_in(page: Page, deployment: Deployment) -> None:
    """Sign in with the auditor's key."""
    await page.goto("/console")
    await page.get_by_label("API key").fill(deployment.auditor)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()


async def look(page: Page, name: str, looks: tuple[Look, ...]) -> dict[str, dict[str, Any]]:
    """Look at a page on screens, light or dark, and keep a picture of each."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.evaluate(AXE)
    seen = {}
    for screen, scheme in looks:
        await page.set_viewport_size(SCREENS[screen])
        await page.emulate_media(color_scheme=scheme)
        found = await unfit(page)
        seen[f"{name} {screen} {scheme}"] = {**found, "axe": await page.evaluate(RUN_AXE)}
        path = SCREENSHOTS / f"console-{name}-{screen}-{scheme}.png"
        await page.screenshot(path=path, full_page=True)
    return seen


@pytest.mark.parametrize("looks", LOOKS)
async def test_every_page_fits(page: Page, deployment: Deployment, looks: tuple[Look, ...]) -> None:
    """Each page fits each screen, has controls one can hit, text one can read, and a clean axe."""
    await page.goto("/console")
    seen = await look(page, "1-sign-in", looks)
    await page.get_by_label("API key").fill("ork_mistyped")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    seen |= await look(page, "2-refused", looks)
    await sign_in(page, deployment)
    seen |= await look(page, "3-payments", looks)
    await page.goto("/console/payments?code=insufficient_funds&state=failed")
    seen |= await look(page, "4-filtered", looks)
    await page.goto("/console/payments?customer=cus_nobody")
    seen |= await look(page, "5-none", looks)
    await page.goto("/console/search?q=order-nobody-has")
    seen |= await look(page, "6-not-found", looks)
    for number, name in enumerate(("paid", "failed", "challenged", "forged"), start=7):
        await page.goto(f"/console/payments/{deployment.payments[name]}")
        seen |= await look(page, f"{number}-{name}", looks)
    await page.locator("summary").first.click()
    seen |= await look(page, "11-evidence", looks)

    assert {name: found for name, found in seen.items() if found != FIT} == {}


async def test_the_keyboard_is_enough(page: Page, deployment: Deployment) -> None:
    """From the sign-in to a step's evidence and out again, nothing needs a mouse."""
    keyboard = page.keyboard
    await page.goto("/console")
    await keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await keyboard.press("Enter")
    await tab_to(page, "#key")
    await keyboard.type(deployment.auditor)
    await keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()
    await tab_to(page, "#q")
    await keyboard.type("order-1001")
    await keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="1,299.00 USD")).to_be_visible()
    await tab_to(page, ".drawing")
    await tab_to(page, "summary")
    await keyboard.press("Enter")
    await expect(page.get_by_label("What Stripe said, evidence 1")).to_be_visible()
    await page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    await page.reload()
    await tab_to(page, ".who button")
    await keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


async def test_roles_and_names_tell_the_pages(page: Page, deployment: Deployment) -> None:
    """A screen reader finds landmarks, headings, a table with heads, and the path in words."""
    await sign_in(page, deployment)
    for role in ("banner", "main", "contentinfo", "search"):
        await expect(page.get_by_role(role)).to_have_count(1)
    await expect(page.get_by_role("navigation", name="Console")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Amount")).to_be_attached()
    await page.goto(f"/console/payments/{deployment.payments['paid']}")
    picture = page.get_by_role("img", name="The path of this payment through the machine")
    headings = await page.get_by_role("heading", level=2).all_text_contents()

    await expect(picture).to_have_accessible_description(
        "1. create: created. 2. confirm: created to confirming. "
        "3. require_new_card: confirming to requires_new_card. "
        "4. confirm: requires_new_card to confirming. "
        "5. disable_card: confirming to card_disabled. "
        "6. confirm: card_disabled to confirming. "
        "7. require_new_card: confirming to requires_new_card. "
        "8. confirm: requires_new_card to confirming. "
        "9. succeed: confirming to succeeded."
    )
    assert headings == [
        "Where it stands", "Is it what was written?", "Facts", "Path", "Timeline",
        "Attempts and cards", "Money back", "Anomalies", "Events",
    ]  # fmt: skip


async def test_filters_change_the_list_alone(page: Page, deployment: Deployment) -> None:
    """With scripts the list changes in place, is announced, and stands in the address."""
    await sign_in(page, deployment)
    await page.evaluate("window.sameDocument = true")
    await page.get_by_label("State").select_option("failed")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("status")).to_contain_text("1 payment, newest first.")

    assert await page.evaluate("window.sameDocument") is True
    assert "state=failed" in page.url
    await page.go_back()
    await expect(page.get_by_role("status")).to_contain_text("25 payments")


async def test_nothing_needs_scripts(browser: Browser, deployment: Deployment) -> None:
    """Without scripts the same forms and links do the same."""
    context = await browser.new_context(base_url=deployment.url, java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, deployment)
    await page.get_by_label("State").select_option("failed")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("status")).to_contain_text("1 payment, newest first.")
    await page.get_by_role("link", name="Show all").click()
    await page.get_by_role("link", name="Older").click()
    await expect(page.get_by_role("link", name="Newer")).to_be_visible()
    await page.get_by_role("rowheader").get_by_role("link").first.click()
    await page.locator("summary").first.click() if await page.locator("summary").count() else None
    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await context.close()


async def test_an_intruders_script_is_not_run(page: Page, deployment: Deployment) -> None:
    """What somebody might smuggle into a page is stopped by its policy."""
    await sign_in(page, deployment)
    blocked = await page.evaluate(
        """() => new Promise((tell) => {
          document.addEventListener(
            'securitypolicyviolation', (violation) => tell(violation.effectiveDirective));
          document.body.append(Object.assign(document.createElement('script'),
            {src: 'https://evil.example/x.js'}));
        })"""
    )

    assert blocked == "script-src-elem"


__all__ = ["browser"]
