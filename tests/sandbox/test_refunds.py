"""Refunds: made over the API and by control calls, read, ended; what was only held is none."""

from typing import Any

import pytest
import stripe

from orchestrator.sandbox.cards import RefundCourse
from orchestrator.sandbox.refunds import COURSES
from tests.sandbox.conftest import Sandbox


async def paid(sandbox: Sandbox, card: str = "pm_card_visa", **params: Any) -> str:
    """Pay a new intent with ``card`` and return its id."""
    intent = await sandbox.intent(**params)
    await sandbox.confirm(intent.id, card)
    return str(intent.id)


async def give_back(sandbox: Sandbox, intent: str, **wish: Any) -> dict[str, Any]:
    """Refund as the shop would in its dashboard."""
    return await sandbox.control("POST", f"/payment_intents/{intent}/refund", wish)


async def types_of_events(sandbox: Sandbox) -> set[str]:
    """List the types of all events so far."""
    events = await sandbox.sdk.v1.events.list_async({"limit": 100})
    return {event.type for event in events.data}


def test_every_course_is_known() -> None:
    """How a refund begins and ends is written down for every course."""
    assert set(COURSES) == set(RefundCourse)


async def test_a_refund_can_be_read(sandbox: Sandbox) -> None:
    """A refund is retrieved, and listed by its intent and its charge, newest first."""
    intent, other = await paid(sandbox), await paid(sandbox)
    await give_back(sandbox, other)
    first = await give_back(sandbox, intent, amount=300, reason="duplicate")
    second = await give_back(sandbox, intent)
    refunds = sandbox.sdk.v1.refunds
    retrieved = await refunds.retrieve_async(first["id"])
    by_intent = await refunds.list_async({"payment_intent": intent})
    by_charge = await refunds.list_async({"charge": first["charge"], "limit": 1})

    assert (retrieved.amount, retrieved.reason, retrieved.status) == (300, "duplicate", "succeeded")
    assert [each.id for each in by_intent.data] == [second["id"], first["id"]]
    assert [each.id for each in by_charge.data] == [second["id"]]
    assert by_charge.has_more is True
    assert second["amount"] == 700


async def test_a_refund_shows_on_the_charge_alone(sandbox: Sandbox) -> None:
    """The charge says how much was given back; the intent stays succeeded."""
    intent = await paid(sandbox)
    await give_back(sandbox, intent, amount=300)
    part: Any = await sandbox.retrieve(intent)
    await give_back(sandbox, intent)
    whole: Any = await sandbox.retrieve(intent)

    assert (part.latest_charge.amount_refunded, part.latest_charge.refunded) == (300, False)
    assert (whole.latest_charge.amount_refunded, whole.latest_charge.refunded) == (1000, True)
    assert (whole.status, whole.amount_received) == ("succeeded", 1000)


@pytest.mark.parametrize(
    ("card", "begins", "ends", "kept", "told"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded", 1000, "refund.updated"),
        ("pm_card_refundFail", "succeeded", "failed", 0, "refund.failed"),
    ],
)
async def test_some_refunds_end_later(
    sandbox: Sandbox, card: str, begins: str, ends: str, kept: int, told: str
) -> None:
    """The two refund cards change their refund's status some time later, and an event tells."""
    intent = await paid(sandbox, card)
    made = await give_back(sandbox, intent)
    before = await types_of_events(sandbox)
    ended = await sandbox.control("POST", f"/refunds/{made['id']}/finish")
    read = await sandbox.sdk.v1.refunds.retrieve_async(made["id"])
    charge: Any = (await sandbox.retrieve(intent)).latest_charge

    assert (made["status"], ended["status"], read.status) == (begins, ends, ends)
    assert charge.amount_refunded == kept
    assert told not in before
    assert told in await types_of_events(sandbox)


async def test_what_was_held_is_no_refund(sandbox: Sandbox) -> None:
    """Canceling a hold, and capturing less than was held, release the rest without a refund."""
    held = await paid(sandbox, capture_method="manual")
    less = await paid(sandbox, capture_method="manual")
    await sandbox.sdk.v1.payment_intents.cancel_async(held)
    await sandbox.sdk.v1.payment_intents.capture_async(less, {"amount_to_capture": 600})
    charges: list[Any] = [(await sandbox.retrieve(each)).latest_charge for each in (held, less)]

    assert (await sandbox.sdk.v1.refunds.list_async()).data == []
    assert [(each.amount_refunded, each.refunded) for each in charges] == [(0, False)] * 2
    assert "charge.refunded" not in await types_of_events(sandbox)


@pytest.mark.parametrize(
    "wish", [{"amount": 1001}, {"amount": 0}, {"amount": "all"}, {"reason": 1}]
)
async def test_a_refund_is_bounded(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    """No more than was paid is given back, and nothing that is not understood."""
    intent = await paid(sandbox)
    refused = await give_back(sandbox, intent, **wish)

    assert refused["error"]["message"]
    assert (await sandbox.sdk.v1.refunds.list_async()).data == []


async def test_a_refund_is_given_once(sandbox: Sandbox) -> None:
    """What was given back or never paid cannot be refunded, nor a refund ended twice."""
    unpaid = await sandbox.intent()
    intent = await paid(sandbox)
    made = await give_back(sandbox, intent)
    again = await give_back(sandbox, intent)
    never = await give_back(sandbox, unpaid.id)
    ended = await sandbox.control("POST", f"/refunds/{made['id']}/finish")

    assert again["error"]["code"] == "charge_already_refunded"
    assert never["error"]["code"] == "payment_intent_unexpected_state"
    assert ended["error"]["message"]


async def test_an_unknown_refund_is_404(sandbox: Sandbox) -> None:
    """A refund nobody made is missing, over the API and the control plane."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.refunds.retrieve_async("re_nope")
    finished = await sandbox.control("POST", "/refunds/re_nope/finish")

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert finished["error"]["code"] == "resource_missing"
