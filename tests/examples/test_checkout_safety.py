"""What a browser cannot do: set the price, see a key, or leave its card's number with the shop."""

import pytest
from playwright.async_api import Request, expect

from orchestrator.sandbox.cards import TEST_CARDS
from tests.examples.checkout_page import CHALLENGED, GOOD, CheckoutPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHEAPER = """async (more) => {
  const asked = await fetch('/api/checkout', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}',
  });
  const checkout = await asked.json();
  const body = {try: checkout.try, payment_method: 'pm_card_visa', save: false, ...more};
  const paid = await fetch('/api/pay', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  });
  return paid.status;
}"""


async def test_the_browser_cannot_change_the_price(checkout: CheckoutPage) -> None:
    """Whatever the page is made to show or send, the order costs what the shop says."""
    refused = await checkout.page.evaluate(CHEAPER, {"amount": 1})
    await checkout.page.evaluate("document.getElementById('total').textContent = '$0.01'")
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()
    checkout.complaints.clear()  # the browser's word on the refusal

    assert refused == 400
    assert await checkout.charged() == [(5800, "usd")]


async def test_no_key_reaches_the_browser(checkout: CheckoutPage) -> None:
    """Nothing the browser receives holds the orchestrator's key or Stripe's secret one."""
    await checkout.pay_with(CHALLENGED)
    await checkout.answer_challenge("approve|complete")
    await checkout.expect_thanks()
    received = [
        str(await answer.all_headers()) + (await answer.body()).decode(errors="replace")
        for answer in checkout.answers
        if answer.status == 200 and answer.request.method != "OPTIONS"
    ]

    assert len(received) > 10
    assert [text for text in received if "ork_" in text or "sk_" in text] == []


async def test_the_number_goes_to_stripe_alone(checkout: CheckoutPage) -> None:
    """A typed card number is sent to the stand-in and never to the shop."""
    number = TEST_CARDS["pm_card_visa"].number
    sent: list[Request] = []
    checkout.page.on("request", lambda request: sent.append(request))  # noqa: PLW0108, RUF100  Playwright marks what it calls, and a built-in takes no mark
    await checkout.card("Another card").check()
    await checkout.page.get_by_label("Card number").press_sequentially(number)
    await checkout.page.get_by_label("Expiry").press_sequentially("1234")
    await checkout.page.get_by_label("Security code").press_sequentially("123")
    await checkout.pay_button.click()
    await checkout.expect_thanks()
    with_number = {request.url for request in sent if number in (request.post_data or "")}

    assert with_number == {f"{checkout.settings.stand_in}/v1/payment_methods"}


async def test_inline_script_is_not_run(checkout: CheckoutPage) -> None:
    """The page's policy stops what somebody might smuggle into it."""
    await checkout.page.evaluate(
        "() => { const tag = document.createElement('script'); tag.textContent = 'window.bad = 1';"
        " document.body.append(tag); }"
    )
    stopped = [text for text in checkout.complaints if "Content Security Policy" in text]
    checkout.complaints.clear()

    assert await checkout.page.evaluate("window.bad") is None
    assert len(stopped) == 1


async def test_a_second_tab_pays_the_same_order(checkout: CheckoutPage) -> None:
    """Two tabs of a customer pay one order once; the second shows that it is paid."""
    other = CheckoutPage(
        await checkout.page.context.new_page(), checkout.shop, checkout.settings, name="other"
    )
    await other.open()
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()
    await other.pay_with(GOOD)
    await other.expect_thanks()

    assert await checkout.charged() == [(5800, "usd")]
    await expect(other.pay_button).to_be_hidden()
