"""Paying in the browser: every way a payment goes, from the saved cards to its end."""

import re

import pytest
from playwright.async_api import expect

from tests.examples.checkout_page import CHALLENGED, DECLINED, GOOD, LOST, CheckoutPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRICE = [(5800, "usd")]


async def test_a_saved_card_pays(checkout: CheckoutPage) -> None:
    """A good card is charged once, what the order costs, and the customer is thanked."""
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()

    await expect(checkout.page.get_by_text("We received $58.00")).to_be_visible()
    assert await checkout.charged() == PRICE


async def test_a_declined_card_is_followed_by_a_new_one(checkout: CheckoutPage) -> None:
    """After a decline the page says so, bars the card, and takes one that is typed."""
    await checkout.pay_with(DECLINED)
    await expect(checkout.notice).to_contain_text("Your card was declined")
    await expect(checkout.card(DECLINED)).to_be_disabled()
    await checkout.photograph("declined")
    await checkout.pay_with_new("Visa: succeeds")
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_a_disabled_card_is_gone(checkout: CheckoutPage) -> None:
    """A card that was reported lost is not in the list that is fetched again; another pays."""
    await checkout.pay_with(LOST)
    await expect(checkout.notice).to_contain_text("out of use")
    await expect(checkout.card(LOST)).to_have_count(0)
    await expect(checkout.card(GOOD)).to_be_enabled()
    await checkout.photograph("disabled")
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_the_customer_is_not_told_that_a_card_is_lost(checkout: CheckoutPage) -> None:
    """Whoever holds a lost card learns no more from us than that it was declined."""
    await checkout.pay_with(LOST)
    await expect(checkout.notice).to_contain_text("out of use")
    told = [await answer.text() for answer in checkout.answers if "/api/" in answer.url]

    assert [text for text in told if "lost" in text] == []


@pytest.mark.thorough
async def test_an_approved_challenge_pays(checkout: CheckoutPage) -> None:
    """Approved at the bank's page, the payment succeeds."""
    await checkout.pay_with(CHALLENGED)
    await checkout.photograph("challenge")
    await checkout.answer_challenge("approve|complete")
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_a_refused_challenge_is_followed_by_another_card(checkout: CheckoutPage) -> None:
    """Refused at the bank's page, nothing is charged, and another card may be tried."""
    await checkout.pay_with(CHALLENGED)
    await checkout.answer_challenge("fail")
    await expect(checkout.notice).to_contain_text("could not confirm that it is you")
    assert await checkout.charged() == []
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_a_closed_challenge_may_be_gone_on_with(checkout: CheckoutPage) -> None:
    """Whoever closes the bank's page may open it again."""
    await checkout.pay_with(CHALLENGED)
    await checkout.page.get_by_role("button", name="Close").click()
    await checkout.page.get_by_role("button", name="Confirm with your bank").click()
    await checkout.answer_challenge("approve|complete")
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_a_closed_challenge_may_be_left_for_another_card(checkout: CheckoutPage) -> None:
    """Whoever closes the bank's page may pay with another card instead."""
    await checkout.pay_with(CHALLENGED)
    await checkout.page.get_by_role("button", name="Close").click()
    await expect(checkout.page.get_by_role("button", name="Confirm with")).to_be_visible()
    await checkout.photograph("closed")
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_the_same_card_may_be_tried_again_where_allowed(checkout: CheckoutPage) -> None:
    """A wrong security code leaves the card in the list, to be tried with the right one."""
    await checkout.pay_with_new("Visa: declined, wrong security code")
    await expect(checkout.notice).to_contain_text("security code")
    await expect(checkout.card("Another card")).to_be_checked()
    await checkout.pay_with_new("Visa: succeeds")
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_no_attempt_is_left(checkout: CheckoutPage) -> None:
    """The last declined card ends the payment; a new one may be started, and is paid once."""
    await checkout.pay_with(DECLINED)
    for _ in range(3):
        await expect(checkout.notice).to_be_visible()
        await checkout.pay_with_new("Visa: declined, not enough funds")
    await expect(checkout.heading("The payment failed")).to_be_visible()
    await expect(checkout.page.get_by_text("last card we could try")).to_be_visible()
    await checkout.photograph("failed")
    await checkout.page.get_by_role("button", name="Start a new payment").click()
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_a_blocked_card_fails_the_payment(checkout: CheckoutPage) -> None:
    """Where no other card may be tried, the page says that the payment failed."""
    await checkout.pay_with_new("Visa: blocked as fraud")
    await expect(checkout.heading("The payment failed")).to_be_visible()

    await expect(checkout.page.get_by_text("Nothing was charged.")).to_be_visible()
    assert await checkout.charged() == []


async def test_a_mistyped_number_is_told_at_the_field(checkout: CheckoutPage) -> None:
    """A number that cannot be one spends no attempt: the customer is led back to it."""
    await checkout.pay_with_new("Visa: declined, expired")
    await expect(checkout.notice).to_be_visible()
    await checkout.page.get_by_label("Test cards").select_option("Visa: succeeds")
    await checkout.page.get_by_label("Card number").press("End")
    await checkout.page.keyboard.press("Backspace")
    await checkout.page.keyboard.type("3")
    await checkout.pay_button.click()
    await expect(checkout.page.get_by_role("alert").filter(has_text="number")).to_be_visible()
    await checkout.page.get_by_label("Card number").press("End")
    await checkout.page.keyboard.press("Backspace")
    await checkout.page.keyboard.type("2")
    await checkout.pay_button.click()
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_a_new_card_is_saved_when_asked(checkout: CheckoutPage) -> None:
    """A card saved while paying is offered with the next order."""
    await checkout.pay_with_new("Mastercard: succeeds", save=True)
    await checkout.expect_thanks()
    await checkout.page.get_by_role("button", name="Place another order").click()

    await expect(checkout.card(GOOD)).to_have_count(2)


@pytest.mark.thorough
async def test_a_lost_answer_is_waited_for(checkout: CheckoutPage) -> None:
    """The charge went through but its answer was lost: the page waits until that is known."""
    await checkout.fault("drop_after")
    await checkout.pay_with(GOOD)
    await expect(checkout.page.get_by_role("status")).to_have_text(re.compile("Waiting"))
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_a_reload_keeps_what_was_declined(checkout: CheckoutPage) -> None:
    """After a reload the decline is still told, and its card still barred."""
    await checkout.pay_with(DECLINED)
    await expect(checkout.notice).to_contain_text("declined")
    await checkout.page.reload()

    await expect(checkout.notice).to_contain_text("declined")
    await expect(checkout.card(DECLINED)).to_be_disabled()


@pytest.mark.thorough
async def test_a_reload_resumes_the_challenge(checkout: CheckoutPage) -> None:
    """A page that was reloaded during 3-D Secure fetches the client secret and goes on."""
    await checkout.pay_with(CHALLENGED)
    await expect(checkout.page.get_by_role("dialog")).to_be_visible()
    await checkout.page.reload()
    await checkout.page.get_by_role("button", name="Confirm with your bank").click()
    await checkout.answer_challenge("approve|complete")
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


async def test_a_reload_while_paying_pays_once(checkout: CheckoutPage) -> None:
    """A page that was reloaded before the answer came shows what became of the card."""
    await checkout.fault("latency", seconds=1)
    await checkout.pay_with(GOOD)
    await expect(checkout.page.get_by_role("status")).to_have_text("Paying…")
    await checkout.page.reload()
    await checkout.expect_thanks()

    assert await checkout.charged() == PRICE


@pytest.mark.thorough
async def test_a_reload_after_paying_thanks_again(checkout: CheckoutPage) -> None:
    """A paid order stays paid, and is not offered to be paid again."""
    await checkout.pay_with(GOOD)
    await checkout.expect_thanks()
    await checkout.page.reload()

    await checkout.expect_thanks()
    await expect(checkout.pay_button).to_be_hidden()
