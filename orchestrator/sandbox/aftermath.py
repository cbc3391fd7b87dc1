"""What follows a success, on some test cards or by a control call: disputes, fraud warnings.

At Stripe it comes a little later; on a test card here at once. The intent never moves for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.errors import refused, resource_missing
from orchestrator.sandbox.model import Charge

EARLY_FRAUD_WARNING = "early_fraud_warning"


@dataclass(frozen=True, slots=True)
class DisputeKind:
    """How a dispute begins; an inquiry takes no money yet."""

    reason: str
    status: str = "needs_response"


DISPUTES: Mapping[str, DisputeKind] = MappingProxyType(
    {
        "fraudulent": DisputeKind("fraudulent"),
        "product_not_received": DisputeKind("product_not_received"),
        "noncompliant": DisputeKind("noncompliant"),
        "inquiry": DisputeKind("fraudulent", "warning_needs_response"),
    }
)


def follow_success(call: Call, charge: Charge) -> None:
    """Let happen what the charge's card says follows a success."""
    then = None if charge.payment_method.card is None else charge.payment_method.card.then
    if then == EARLY_FRAUD_WARNING:
        call.emit("radar.early_fraud_warning.created", _fraud_warning(call, charge))
    elif then is not None:
        dispute(call, charge, DISPUTES[then])


def _fraud_warning(call: Call, charge: Charge) -> dict[str, Any]:
    return {
        "id": new_id("issfr_1"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge.id,
        "created": call.account.now(),
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge.intent,
    }


def dispute(call: Call, charge: Charge, kind: DisputeKind) -> dict[str, Any]:
    """Let the customer go to the bank over a charge.

    Raises:
        ApiError: the charge took nothing, or is disputed already.
    """
    if not charge.captured or charge.dispute is not None:
        raise refused(f"Charge {charge.id} cannot be disputed: it took nothing, or already is.")
    charge.dispute = new_id("dp_1")
    drawn = {
        "id": charge.dispute,
        "object": "dispute",
        "amount": charge.amount_captured,
        "balance_transactions": [],
        "charge": charge.id,
        "created": call.account.now(),
        "currency": charge.currency,
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": kind.status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge.intent,
        "reason": kind.reason,
        "status": kind.status,
    }
    call.account.disputes[charge.dispute] = drawn
    # An event shows the dispute as it was then, whatever becomes of it.
    call.emit("charge.dispute.created", dict(drawn))
    if kind.status == "needs_response":
        call.emit("charge.dispute.funds_withdrawn", dict(drawn))
    return dict(drawn)


# How a dispute may end, by its status: https://docs.stripe.com/api/disputes/object.
ENDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"needs_response": ("won", "lost"), "warning_needs_response": ("warning_closed",)}
)


def close(call: Call, outcome: str | None) -> dict[str, Any]:
    """End the dispute that a call is about; what was withdrawn comes back where it was won.

    Raises:
        ApiError: there is none, it is over, or does not end like that.
    """
    found = _found(call)
    ends = ENDS.get(found["status"], ())
    if outcome not in ends:
        can = f"can end as: {', '.join(ends)}" if ends else "has ended"
        raise refused(f"The dispute {call.id} is {found['status']} and {can}.")
    before = {"status": found["status"]}
    found["status"] = outcome
    if outcome == "won":
        call.emit("charge.dispute.funds_reinstated", dict(found), before)
    call.emit("charge.dispute.closed", dict(found), before)
    return dict(found)


def _found(call: Call) -> dict[str, Any]:
    found = call.account.disputes.get(call.id)
    if found is None:
        raise resource_missing("dispute", call.id, param="dispute")
    return found


def retrieve_dispute(call: Call) -> dict[str, Any]:
    """Show a dispute."""
    return dict(_found(call))


def list_disputes(call: Call) -> dict[str, Any]:
    """List disputes, newest first, of one charge or intent where asked."""
    shown = [
        dict(dispute)
        for dispute in reversed(call.account.disputes.values())
        if call.params.get("charge") in (None, dispute["charge"])
        and call.params.get("payment_intent") in (None, dispute["payment_intent"])
        and created_within(call.params.get("created"), dispute["created"])
    ]
    return page(call, shown, kind="dispute")
