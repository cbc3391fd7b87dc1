"""What Stripe shows that cannot be of our refund moves none: it is awaited, or told to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from orchestrator.errors import StripeUnavailable
from tests.refunds.conftest import Desk


def alerts(logs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a person is told."""
    return [line["alert"] for line in logs if line["event"] == "alert"]


async def test_unknown_status_is_awaited(desk: Desk) -> None:
    """A status that nobody knows is neither success nor failure; the next look may tell."""
    desk.stripe.begins = "thinking"
    refund = (await desk.give()).refund
    desk.stripe.change(refund.stripe_refund, status="succeeded")
    await desk.wait(hours=2)

    assert (refund.state, refund.answered) == ("pending", True)
    assert (await desk.refunds.get(refund.id, None)).state == "succeeded"


@pytest.mark.parametrize("odd", [{"currency": "eur"}, {"amount": 1}], ids=["currency", "amount"])
async def test_answer_of_other_money_is_unknown(desk: Desk, odd: dict[str, Any]) -> None:
    """An answer under our key that is of other money does not end our refund."""
    desk.stripe.faults = ["answer_lost"]
    asked = (await desk.give(300)).refund
    desk.stripe.answers = {
        key: replace(reply, refund=replace(reply.refund, **odd))
        for key, reply in desk.stripe.answers.items()
        if reply.refund is not None
    }
    await desk.wait(minutes=1)
    found = await desk.refunds.get(asked.id, None)

    assert (found.state, found.stripe_refund, found.tries) == ("pending", None, 2)


async def test_poll_of_other_money_is_unknown(desk: Desk) -> None:
    """A refund that Stripe carries out stays so while what it shows is of other money."""
    desk.stripe.begins = "pending"
    refund = (await desk.give(300)).refund
    desk.stripe.change(refund.stripe_refund, status="succeeded", amount=400)
    await desk.wait(hours=2)

    assert (await desk.refunds.get(refund.id, None)).state == "pending"


async def test_known_refund_of_other_money_is_no_news(desk: Desk) -> None:
    """Neither amount nor currency of a refund changes: what shows another is told to a person."""
    refund = (await desk.give(300)).refund
    desk.stripe.change(refund.stripe_refund, status="failed", amount=400)
    with capture_logs() as logs:
        await desk.record()

    assert alerts(logs) == [f"refund_differs:{refund.stripe_refund}"]
    assert (await desk.refunds.get(refund.id, None)).state == "succeeded"


async def test_found_refund_in_another_currency_is_not_added_up(desk: Desk) -> None:
    """What is in another currency than the payment is told to a person; the others are recorded."""
    odd = desk.stripe.give_back(300, currency="eur")
    desk.stripe.give_back(200)
    with capture_logs() as logs:
        await desk.record()
    (found,) = await desk.all()

    assert alerts(logs) == [f"refund_differs:{odd.id}"]
    assert (found.amount, (await desk.load()).amount_refunded) == (200, 200)


async def test_once_written_nothing_looks_like_a_refusal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever asking Stripe ends in, the caller gets the refund that is written and awaited."""

    async def fail(*_: object) -> None:
        raise StripeUnavailable("list the refunds")

    monkeypatch.setattr("orchestrator.refunds.refunds.send", fail)
    refund = (await desk.give(300)).refund

    assert (refund.state, refund.answered) == ("pending", False)
