"""The bank is told to decline what a card would take: once, or as often as was said."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.conftest import Sandbox


async def test_the_next_charge_is_declined(sandbox: Sandbox) -> None:
    """A card that pays is declined with the code that was told, and pays the time after."""
    await sandbox.control("POST", "/declines", {"decline_code": "insufficient_funds"})
    intent = await sandbox.intent()
    with pytest.raises(stripe.CardError) as declined:
        await sandbox.confirm(intent.id, "pm_card_visa")
    paid = await sandbox.confirm(intent.id, "pm_card_visa")

    assert declined.value.error is not None
    assert declined.value.error.decline_code == "insufficient_funds"
    assert paid.status == "succeeded"


async def test_a_card_that_declines_spends_none(sandbox: Sandbox) -> None:
    """What is told waits for a charge that would have been taken."""
    await sandbox.control("POST", "/declines", {"decline_code": "lost_card"})
    intent = await sandbox.intent()
    codes = []
    for card in ("pm_sim_do_not_honor", "pm_card_visa"):
        with pytest.raises(stripe.CardError) as declined:
            await sandbox.confirm(intent.id, card)
        assert declined.value.error is not None
        codes.append(declined.value.error.decline_code)

    assert codes == ["do_not_honor", "lost_card"]


async def test_as_many_are_declined_as_was_said(sandbox: Sandbox) -> None:
    """``times`` charges are declined, of whatever intent."""
    await sandbox.control("POST", "/declines", {"decline_code": "do_not_honor", "times": 2})
    statuses = []
    for _ in range(3):
        intent = await sandbox.intent()
        try:
            statuses.append((await sandbox.confirm(intent.id, "pm_card_visa")).status)
        except stripe.CardError:
            statuses.append("declined")

    assert statuses == ["declined", "declined", "succeeded"]


@pytest.mark.parametrize("wrong", [{"decline_code": "no_such_code"}, {"times": 0}, {"times": "2"}])
async def test_what_cannot_be_meant_is_refused(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    """An unknown code and a number that is none are answered with what is known."""
    answer = await sandbox.control("POST", "/declines", wrong)

    assert "decline_code is one that Stripe documents" in answer["error"]["message"]


async def test_what_was_told_is_forgotten(sandbox: Sandbox) -> None:
    """Once it is taken back, cards end as they would."""
    await sandbox.control("POST", "/declines", {"times": 5})
    await sandbox.control("DELETE", "/declines")
    intent = await sandbox.intent()

    assert (await sandbox.confirm(intent.id, "pm_card_visa")).status == "succeeded"
