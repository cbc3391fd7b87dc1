"""Charges and events: listing, retrieving, what they carry."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox


async def test_charges_are_listed_newest_first(sandbox: Sandbox) -> None:
    """An intent's tries are listed newest first, failed ones too, a page at a time."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined")
    await sandbox.refusal(intent.id, "pm_sim_lost_card")
    paid = await sandbox.confirm(intent.id, "pm_card_visa")
    charges = sandbox.sdk.v1.charges
    first = await charges.list_async({"payment_intent": intent.id, "limit": 2})
    rest = await charges.list_async(
        {"payment_intent": intent.id, "limit": 2, "starting_after": first.data[-1].id}
    )

    assert [charge.status for charge in first.data] == ["succeeded", "failed"]
    assert first.data[0].id == paid.latest_charge
    assert (first.has_more, rest.has_more) == (True, False)
    assert len(rest.data) == 1


async def test_a_failed_charge_says_why(sandbox: Sandbox) -> None:
    """A failed charge carries its code, its outcome and the card it was tried on."""
    intent = await sandbox.intent(metadata={"payment_id": "pay_1"})
    refused = await sandbox.refusal(intent.id, "pm_sim_lost_card")
    assert refused.error is not None
    charge: Any = await sandbox.sdk.v1.charges.retrieve_async(str(refused.error.charge))

    assert (charge.status, charge.paid, charge.captured) == ("failed", False, False)
    assert charge.failure_code == "card_declined"
    assert (charge.outcome.type, charge.outcome.reason) == ("issuer_declined", "lost_card")
    assert charge.outcome.network_status == "declined_by_network"
    assert charge.payment_method_details.card.fingerprint
    assert charge.payment_intent == intent.id
    assert charge.metadata.to_dict() == {"payment_id": "pay_1"}


async def test_expansion_goes_through_lists(sandbox: Sandbox) -> None:
    """An id in each item of a list can be expanded."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa")
    listed: Any = await sandbox.sdk.v1.payment_intents.list_async(
        {"expand": ["data.latest_charge.payment_intent"]}
    )

    assert listed.data[0].latest_charge.payment_intent.id == intent.id


async def test_events_name_the_request(sandbox: Sandbox) -> None:
    """An event carries its object as it was, and the idempotency key that caused it."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    events: Any = await sandbox.sdk.v1.events.list_async({"type": "payment_intent.succeeded"})

    assert [event.request.idempotency_key for event in events.data] == ["k"]
    assert events.data[0].data.object.status == "succeeded"


@pytest.mark.parametrize(
    ("path", "expansion"),
    [
        ("/v1/customers/cus_1", "latest_charge"),
        ("/v1/payment_intents/pi_1", "data.latest_charge"),
        ("/v1/payment_intents", "latest_charge"),
        ("/v1/payment_intents/pi_1", "latest_charge.payment_method"),
        ("/v1/refunds", "data.charge.payment_intent.latest_charge.payment_intent"),
    ],
)
async def test_what_is_no_reference_cannot_be_expanded(
    sandbox: Sandbox, path: str, expansion: str
) -> None:
    """An expansion leads from the kind of object that is answered, and not too deep."""
    status, body, _ = await sandbox.raw("GET", f"{path}?expand[0]={expansion}")

    assert (status, body["error"]["param"]) == (400, "expand")
