"""Manual capture: what is held, until when, taken in part, let go of, expired."""

from typing import Any

import pytest
import stripe

from orchestrator.sandbox.captures import HELD_SECONDS, HELD_SECONDS_OF_VISA_OFF_SESSION
from tests.sandbox.conftest import Sandbox


async def held(sandbox: Sandbox, card: str = "pm_card_visa", **params: Any) -> str:
    """Authorize a new intent and return its id."""
    intent = await sandbox.intent(capture_method="manual")
    await sandbox.confirm(intent.id, card, **params)
    return str(intent.id)


async def types(sandbox: Sandbox, count: int) -> list[str]:
    """List the types of the newest events, oldest first."""
    listed = await sandbox.sdk.v1.events.list_async({"limit": count})
    return [event.type for event in reversed(listed.data)]


@pytest.mark.parametrize(
    ("card", "off_session", "seconds"),
    [
        ("pm_card_visa", False, HELD_SECONDS),
        ("pm_card_visa", True, HELD_SECONDS_OF_VISA_OFF_SESSION),
        ("pm_card_mastercard", True, HELD_SECONDS),
    ],
)
async def test_a_charge_says_until_when_it_holds(
    sandbox: Sandbox, card: str, off_session: bool, seconds: int
) -> None:
    """``capture_before`` is seven days away, or less for Visa off-session."""
    charge: Any = await sandbox.retrieve(await held(sandbox, card, off_session=off_session))
    charge = charge.latest_charge

    assert charge.payment_method_details.card.capture_before == charge.created + seconds
    assert (charge.status, charge.captured, charge.amount_captured) == ("succeeded", False, 0)
    assert await types(sandbox, 2) == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]


async def test_a_part_is_captured(sandbox: Sandbox) -> None:
    """A part is taken once, and the rest is let go of."""
    intent = await held(sandbox)
    capture = sandbox.sdk.v1.payment_intents.capture_async
    taken = await capture(intent, {"amount_to_capture": 600, "metadata": {"a": "b"}})
    charge: Any = (await sandbox.retrieve(intent)).latest_charge
    with pytest.raises(stripe.InvalidRequestError) as again:
        await capture(intent)

    assert (taken.amount, taken.amount_received, taken.amount_capturable) == (1000, 600, 0)
    assert taken.metadata["a"] == "b"
    assert (charge.amount, charge.amount_captured, charge.captured) == (1000, 600, True)
    assert again.value.code == "payment_intent_unexpected_state"
    assert await types(sandbox, 2) == ["charge.captured", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("amount", "code"), [(1001, "amount_too_large"), (0, "parameter_invalid_integer")]
)
async def test_no_more_is_captured_than_is_held(sandbox: Sandbox, amount: int, code: str) -> None:
    """Too much, or nothing, is refused, and the money stays held."""
    intent = await held(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.payment_intents.capture_async(intent, {"amount_to_capture": amount})

    assert (caught.value.code, caught.value.param) == (code, "amount_to_capture")
    assert (await sandbox.retrieve(intent)).status == "requires_capture"


async def test_a_canceled_hold_is_told_by_the_intent_alone(sandbox: Sandbox) -> None:
    """Canceling lets go without a refund: one event, and a charge that took nothing."""
    intent = await held(sandbox)
    await sandbox.sdk.v1.payment_intents.cancel_async(intent)
    charge: Any = (await sandbox.retrieve(intent)).latest_charge

    assert await types(sandbox, 1) == ["payment_intent.canceled"]
    assert (charge.captured, charge.amount_captured, charge.refunded) == (False, 0, False)


async def test_a_hold_expires(sandbox: Sandbox) -> None:
    """What was not captured in time is canceled as expired, by nobody's request."""
    intent = await held(sandbox)
    await sandbox.control("POST", "/clock", {"advance": HELD_SECONDS - 60})
    before = await sandbox.retrieve(intent)
    await sandbox.control("POST", "/clock", {"advance": 60})
    after = await sandbox.retrieve(intent)
    newest: Any = (await sandbox.sdk.v1.events.list_async({"limit": 1})).data[0]

    assert before.status == "requires_capture"
    assert (after.status, after.cancellation_reason) == ("canceled", "expired")
    assert after.amount_capturable == 0
    assert await types(sandbox, 2) == ["charge.expired", "payment_intent.canceled"]
    assert newest.request.id is None


async def test_the_ledger_counts_what_was_taken(sandbox: Sandbox) -> None:
    """Held money stands apart until it is captured, and then counts as much as was."""
    taken, left, gone = [await held(sandbox) for _ in range(3)]
    before = await sandbox.control("GET", "/ledger")
    await sandbox.sdk.v1.payment_intents.capture_async(taken, {"amount_to_capture": 600})
    await sandbox.sdk.v1.payment_intents.cancel_async(gone)
    after = await sandbox.control("GET", "/ledger")

    assert before["charges"] == []
    assert [each["payment_intent"] for each in before["held"]] == [taken, left, gone]
    assert [(each["payment_intent"], each["amount"]) for each in after["charges"]] == [(taken, 600)]
    assert [each["payment_intent"] for each in after["held"]] == [left]
