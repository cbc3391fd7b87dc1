"""The checkout page as a customer uses it: by what it shows and how it is labelled."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from playwright.async_api import ConsoleMessage, Error, Locator, Page, Response, expect

from examples.checkout.settings import Settings

SCREENSHOTS: Final = Path(os.environ.get("CHECKOUT_SCREENSHOTS", "build/screenshots"))

# What the wallet of a new customer holds.
DECLINED: Final = "Visa ending in 0341"
LOST: Final = "Visa ending in 4242"
CHALLENGED: Final = "Visa ending in 3184"
GOOD: Final = "Mastercard ending in 4444"


@dataclass
class CheckoutPage:
    """One customer's page."""

    page: Page
    shop: str
    settings: Settings
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    name: str = "checkout"

    def listen(self) -> None:
        """Note every answer the browser gets, and every complaint it has."""
        self.page.on("response", self._answered)
        self.page.on("console", self._console)
        self.page.on("pageerror", self._error)

    def _answered(self, answer: Response) -> None:
        self.answers.append(answer)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _error(self, error: Error) -> None:
        self.complaints.append(error.message)

    async def open(self) -> None:
        """Go to the shop."""
        await self.page.goto(self.shop)
        await expect(self.pay_button).to_be_visible()

    async def pay_with(self, card: str) -> None:
        """Choose a saved card and pay."""
        await self.card(card).check()
        await self.pay_button.click()

    async def pay_with_new(self, what: str, *, save: bool = False) -> None:
        """Have the card fields filled with a test card and pay."""
        await self.card("Another card").check()
        await self.page.get_by_label("Test cards").select_option(what)
        await self.page.get_by_label("Save this card").set_checked(save)
        await self.pay_button.click()

    async def answer_challenge(self, button: str) -> None:
        """Answer the bank's page."""
        frame = self.page.frame_locator("dialog iframe")
        await frame.get_by_role("button", name=re.compile(button, re.IGNORECASE)).click()

    def card(self, name: str) -> Locator:
        """Find the choice of a card."""
        return self.page.get_by_role("radio", name=name)

    @property
    def pay_button(self) -> Locator:
        """Find the button that pays."""
        return self.page.get_by_role("button", name="Pay $")

    @property
    def notice(self) -> Locator:
        """Find what went wrong."""
        return self.page.locator("#notice")

    def heading(self, name: str) -> Locator:
        """Find how it ended."""
        return self.page.get_by_role("heading", name=name)

    async def expect_thanks(self) -> None:
        """Expect that the order is paid."""
        await expect(self.heading("Thank you")).to_be_visible()

    async def order(self) -> str:
        """Read the order's number."""
        shown = await self.page.locator("#order-number").text_content()
        return (shown or "").removeprefix("Order ")

    async def charged(self) -> list[tuple[int, str]]:
        """Return what the stand-in really charged for the order."""
        order = await self.order()
        async with httpx2.AsyncClient(trust_env=False) as http:
            ledger = (await http.get(f"{self.settings.stand_in}/_sandbox/ledger")).json()
        return [
            (charge["amount"], charge["currency"])
            for charge in ledger["charges"]
            if charge["metadata"]["transaction_id"] == order
        ]

    async def fault(self, kind: str, **more: Any) -> None:
        """Let the next confirm at the stand-in go wrong."""
        rule = {"operation": "payment_intents.confirm", "kind": kind, **more}
        await self._control("faults", {"rules": [rule]})

    async def _control(self, path: str, body: dict[str, Any]) -> None:
        key = self.settings.publishable_key.replace("pk_", "sk_", 1)
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.post(
                f"{self.settings.stand_in}/_sandbox/{path}",
                content=json.dumps(body),
                headers={"Authorization": f"Bearer {key}"},
            )
            assert answer.status_code == 200, answer.text

    async def photograph(self, moment: str, *, whole: bool = True) -> None:
        """Keep a picture of the whole page, or of what the screen shows of it."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{self.name}-{moment}.png"
        await self.page.screenshot(path=path, full_page=whole)
