"""Refunds as a shop makes them over the API: whole, in parts, once, and refused."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_refunds import paid, types_of_events


async def refusal(sandbox: Sandbox, **params: Any) -> Any:
    """Ask for a refund and return the error that this must raise."""
    given: Any = params
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.refunds.create_async(given)
    return caught.value


@pytest.mark.parametrize("by", ["payment_intent", "charge"])
async def test_a_refund_is_made(sandbox: Sandbox, by: str) -> None:
    """A refund of an intent, or of its charge, gives back all that was taken."""
    intent = await paid(sandbox)
    charge: Any = (await sandbox.retrieve(intent)).latest_charge
    given: Any = {by: {"payment_intent": intent, "charge": charge.id}[by]}
    made = await sandbox.sdk.v1.refunds.create_async(given)
    after: Any = (await sandbox.retrieve(intent)).latest_charge

    assert (made.amount, made.currency, made.status) == (1000, "usd", "succeeded")
    assert (made.payment_intent, made.charge, made.reason) == (intent, charge.id, None)
    assert (after.amount_refunded, after.refunded) == (1000, True)


async def test_a_refund_is_given_in_parts(sandbox: Sandbox) -> None:
    """Parts add up to the whole and no further; each is an event of the refund and the charge."""
    intent = await paid(sandbox)
    create = sandbox.sdk.v1.refunds.create_async
    await create({"payment_intent": intent, "amount": 300, "reason": "duplicate"})
    too_much = await refusal(sandbox, payment_intent=intent, amount=701)
    await create({"payment_intent": intent, "amount": 700, "metadata": {"order": "7"}})
    nothing_left = await refusal(sandbox, payment_intent=intent)
    events = await sandbox.sdk.v1.events.list_async(
        {"types": ["refund.created", "charge.refunded"]}
    )

    assert (too_much.http_status, too_much.code, too_much.param) == (400, None, "amount")
    assert nothing_left.code == "charge_already_refunded"
    assert [event.type for event in events.data] == ["charge.refunded", "refund.created"] * 2
    assert [event.data.object["amount_refunded"] for event in events.data[::2]] == [1000, 300]
    assert events.data[1].data.object["metadata"]["order"] == "7"


async def test_only_what_was_captured_is_refunded(sandbox: Sandbox) -> None:
    """After a partial capture the part is all there is to give back."""
    intent = await paid(sandbox, capture_method="manual")
    held = await refusal(sandbox, payment_intent=intent)
    await sandbox.sdk.v1.payment_intents.capture_async(intent, {"amount_to_capture": 600})
    too_much = await refusal(sandbox, payment_intent=intent, amount=601)
    made = await sandbox.sdk.v1.refunds.create_async({"payment_intent": intent})
    charge: Any = (await sandbox.retrieve(intent)).latest_charge

    assert "does not have a successful charge" in str(held)
    assert too_much.param == "amount"
    assert (made.amount, charge.amount, charge.refunded) == (600, 1000, True)


async def test_one_key_refunds_once(sandbox: Sandbox) -> None:
    """The same key gives the same refund; another key another one."""
    intent = await paid(sandbox)
    create = sandbox.sdk.v1.refunds.create_async
    wish: Any = {"payment_intent": intent, "amount": 100}
    first = await create(wish, {"idempotency_key": "refund-once"})
    second = await create(wish, {"idempotency_key": "refund-once"})
    third = await create(wish, {"idempotency_key": "refund-again"})

    assert first.id == second.id != third.id
    assert len((await sandbox.sdk.v1.refunds.list_async()).data) == 2


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("pm_card_visa", "succeeded"),
        ("pm_card_pendingRefund", "pending"),
        ("pm_card_refundFail", "succeeded"),
    ],
)
async def test_a_card_decides_how_its_refund_begins(
    sandbox: Sandbox, card: str, status: str
) -> None:
    """The refund cards begin as Stripe says; that one fails comes later."""
    made = await sandbox.sdk.v1.refunds.create_async({"payment_intent": await paid(sandbox, card)})

    assert made.status == status


async def test_a_failed_refund_can_be_made_again(sandbox: Sandbox) -> None:
    """The money of a refund that failed is there to be refunded again."""
    intent = await paid(sandbox, "pm_card_refundFail")
    made = await sandbox.sdk.v1.refunds.create_async({"payment_intent": intent})
    await sandbox.control("POST", f"/refunds/{made.id}/finish")
    again = await sandbox.sdk.v1.refunds.create_async({"payment_intent": intent})

    assert again.amount == 1000


async def test_a_refunds_metadata_changes(sandbox: Sandbox) -> None:
    """Metadata is merged, and an event tells what it was."""
    intent = await paid(sandbox)
    refunds = sandbox.sdk.v1.refunds
    made = await refunds.create_async({"payment_intent": intent, "metadata": {"a": "1"}})
    changed: Any = await refunds.update_async(made.id, {"metadata": {"b": "2"}})
    told: Any = (await sandbox.sdk.v1.events.list_async({"type": "refund.updated"})).data

    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert [event.data.previous_attributes.metadata.to_dict() for event in told] == [{"a": "1"}]


async def test_a_disputed_charge_is_not_refunded(sandbox: Sandbox) -> None:
    """What the customer charged back cannot be given back too; an inquiry can be answered so."""
    disputed = await paid(sandbox, "pm_card_createDispute")
    inquired = await paid(sandbox, "pm_card_createDisputeInquiry")
    refused = await refusal(sandbox, payment_intent=disputed)
    made = await sandbox.sdk.v1.refunds.create_async({"payment_intent": inquired})

    assert refused.code == "charge_disputed"
    assert made.status == "succeeded"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "charge"),
        ({"charge": "ch_nope"}, "resource_missing", "charge"),
        ({"payment_intent": "pi_nope"}, "resource_missing", "payment_intent"),
        ({"payment_intent": "pi_nope", "charge": "ch_nope"}, "parameters_exclusive", None),
        ({"payment_intent": "PAID", "amount": 0}, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "PAID", "amount": -5}, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "PAID", "reason": "whim"}, None, "reason"),
        ({"payment_intent": "UNPAID"}, None, "payment_intent"),
    ],
)
async def test_a_bad_refund_is_refused(
    sandbox: Sandbox, params: dict[str, Any], code: str | None, param: str | None
) -> None:
    """A refund of nothing, of too little, or for no reason Stripe knows is refused."""
    named = {"PAID": await paid(sandbox), "UNPAID": (await sandbox.intent()).id}
    given = {name: named.get(value, value) for name, value in params.items()}
    refused = await refusal(sandbox, **given)

    assert (refused.code, refused.param) == (code, param)
    assert "refund.created" not in await types_of_events(sandbox)


async def test_the_ledger_keeps_charge_and_refund_apart(sandbox: Sandbox) -> None:
    """A refund stands beside its charge, whose row stays as it was."""
    intent = await paid(sandbox)
    before = await sandbox.control("GET", "/ledger")
    made = await sandbox.sdk.v1.refunds.create_async({"payment_intent": intent, "amount": 400})
    after = await sandbox.control("GET", "/ledger")
    [row] = after["refunds"]

    assert before["refunds"] == []
    assert after["charges"] == before["charges"]
    assert (row["refund"], row["payment_intent"], row["amount"]) == (made.id, intent, 400)
    assert (row["charge"], row["status"]) == (after["charges"][0]["charge"], "succeeded")
