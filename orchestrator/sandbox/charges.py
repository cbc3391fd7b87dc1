"""The charges endpoints: reading only."""

from typing import Any

from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.charge_objects import charge_json
from orchestrator.sandbox.errors import resource_missing


def retrieve(call: Call) -> dict[str, Any]:
    """Show a charge."""
    found = call.account.charges.get(call.id)
    if found is None:
        raise resource_missing("charge", call.id, param="charge")
    return charge_json(found)


def list_all(call: Call) -> dict[str, Any]:
    """List charges, newest first, of one intent or customer where asked."""
    intent = call.params.get("payment_intent")
    if intent is None:
        charges = list(call.account.charges.values())
    else:
        charges = call.account.charges_by_intent.get(call.account.intent(intent).id, [])
    shown = [
        charge_json(charge)
        for charge in reversed(charges)
        if call.params.get("customer") in (None, charge.customer)
        and created_within(call.params.get("created"), charge.created)
    ]
    return page(call, shown, kind="charge")
