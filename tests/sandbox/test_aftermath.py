"""What follows a success on some cards."""

from typing import Any

import pytest

from orchestrator.sandbox.aftermath import DISPUTES, EARLY_FRAUD_WARNING
from orchestrator.sandbox.cards import TEST_CARDS
from tests.sandbox.conftest import Sandbox


def test_every_card_names_a_known_sequel() -> None:
    """What a card says follows its success is something that can follow."""
    named = {card.then for card in TEST_CARDS.values()}

    assert named == {None, EARLY_FRAUD_WARNING, *DISPUTES}


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
async def test_a_dispute_leaves_the_intent_alone(
    sandbox: Sandbox, card: str, reason: str, status: str
) -> None:
    """A disputed payment stays succeeded; the charge says it is disputed."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, card)
    after: Any = await sandbox.retrieve(intent.id)
    disputes = await sandbox.sdk.v1.disputes.list_async({"payment_intent": intent.id})

    assert (after.status, after.latest_charge.disputed) == ("succeeded", True)
    assert [(each.reason, each.status) for each in disputes.data] == [(reason, status)]


async def test_a_fraud_warning_is_an_event(sandbox: Sandbox) -> None:
    """An issuer's fraud record is told by an event that names the charge."""
    intent = await sandbox.intent()
    paid = await sandbox.confirm(intent.id, "pm_card_createIssuerFraudRecord")
    events: Any = await sandbox.sdk.v1.events.list_async(
        {"type": "radar.early_fraud_warning.created"}
    )

    assert [event.data.object.charge for event in events.data] == [paid.latest_charge]


async def disputed(sandbox: Sandbox, card: str = "pm_card_createDispute") -> Any:
    """Pay with a card that leads to a dispute, and return the dispute."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, card)
    return (await sandbox.sdk.v1.disputes.list_async({"payment_intent": intent.id})).data[0]


@pytest.mark.parametrize(
    ("card", "outcome", "told"),
    [
        ("pm_card_createDispute", "lost", ["charge.dispute.closed"]),
        (
            "pm_card_createDispute",
            "won",
            ["charge.dispute.funds_reinstated", "charge.dispute.closed"],
        ),
        ("pm_card_createDisputeInquiry", "warning_closed", ["charge.dispute.closed"]),
    ],
)
async def test_a_dispute_ends(sandbox: Sandbox, card: str, outcome: str, told: list[str]) -> None:
    """A control call ends a dispute once; events tell it, and the earlier one stays as it was."""
    dispute = await disputed(sandbox, card)
    path = f"/disputes/{dispute.id}/close"
    closed = await sandbox.control("POST", path, {"outcome": outcome})
    again = await sandbox.control("POST", path, {"outcome": outcome})
    events: Any = (await sandbox.sdk.v1.events.list_async({"type": "charge.dispute.*"})).data
    read = await sandbox.sdk.v1.disputes.retrieve_async(dispute.id)

    assert (closed["status"], read.status) == (outcome, outcome)
    assert again["error"]["message"]
    assert [event.type for event in reversed(events)][-len(told) :] == told
    assert events[-1].type == "charge.dispute.created"
    assert events[-1].data.object.status == dispute.status


@pytest.mark.parametrize("outcome", ["warning_closed", "prevented", None, ["won"]])
async def test_a_dispute_does_not_end_anyhow(sandbox: Sandbox, outcome: Any) -> None:
    """An end that Stripe's disputes do not have is refused."""
    dispute = await disputed(sandbox)
    refused = await sandbox.control("POST", f"/disputes/{dispute.id}/close", {"outcome": outcome})

    assert refused["error"]["message"]


async def test_a_payment_is_disputed_later(sandbox: Sandbox) -> None:
    """A control call disputes what was paid, once; what took nothing cannot be."""
    intent, unpaid = await sandbox.intent(), await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa")
    wish = {"kind": "product_not_received"}
    made = await sandbox.control("POST", f"/payment_intents/{intent.id}/dispute", wish)
    again = await sandbox.control("POST", f"/payment_intents/{intent.id}/dispute")
    never = await sandbox.control("POST", f"/payment_intents/{unpaid.id}/dispute")
    odd = await sandbox.control("POST", f"/payment_intents/{intent.id}/dispute", {"kind": []})
    ledger = await sandbox.control("GET", "/ledger")

    assert (made["reason"], made["status"]) == ("product_not_received", "needs_response")
    assert all(each["error"]["message"] for each in (again, never, odd))
    assert [each["dispute"] for each in ledger["disputes"]] == [made["id"]]


async def test_an_unknown_dispute_is_404(sandbox: Sandbox) -> None:
    """A dispute nobody made is missing."""
    closed = await sandbox.control("POST", "/disputes/dp_nope/close", {"outcome": "won"})

    assert closed["error"]["code"] == "resource_missing"
