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
