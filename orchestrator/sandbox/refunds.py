"""Refunds: what gives money back, how that ends, and the endpoints.

After https://docs.stripe.com/api/refunds and https://docs.stripe.com/refunds. What was only held is
no refund: ``captures`` lets go of it.
"""

from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.cards import RefundCourse
from orchestrator.sandbox.charge_objects import charge_json, refund_json
from orchestrator.sandbox.customers import merge_metadata
from orchestrator.sandbox.errors import (
    RequestInvalid,
    missing_parameter,
    refused,
    resource_missing,
)
from orchestrator.sandbox.model import Charge, Refund

# How a refund begins and, some time later, ends; docs.stripe.com/testing#refunds.
COURSES: dict[RefundCourse, tuple[str, str]] = {
    RefundCourse.at_once: ("succeeded", "succeeded"),
    RefundCourse.pending: ("pending", "succeeded"),
    RefundCourse.fails: ("succeeded", "failed"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: an amount, or null for all that is left, and what to write beside it."""

    amount: int | None = None
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create(call: Call) -> dict[str, Any]:
    """Give a charge's money back, or the money of an intent's charge that succeeded.

    Raises:
        ApiError: nothing was taken, not as much is left, or the customer disputes it.
    """
    charge = _charge_meant(call)
    wish = Wish(
        call.params.get("amount"),
        call.params.get("reason"),
        merge_metadata({}, call.params.get("metadata")),
    )
    return refund_json(refund(call, charge, wish))


def _charge_meant(call: Call) -> Charge:
    given = {name for name in ("charge", "payment_intent") if name in call.params}
    if not given:
        raise missing_parameter("charge")
    if len(given) == 2:
        raise RequestInvalid(
            "You may only specify one of these parameters: charge, payment_intent.",
            code="parameters_exclusive",
        )
    if "charge" in given:
        found = call.account.charges.get(call.params["charge"])
        if found is None:
            raise resource_missing("charge", call.params["charge"], param="charge")
        return found
    id = call.params["payment_intent"]
    if id not in call.account.intents:
        raise resource_missing("payment_intent", id, param="payment_intent")
    for charge in call.account.charges_by_intent.get(id, ()):
        if charge.captured:
            return charge
    raise refused(
        f"This PaymentIntent ({id}) does not have a successful charge to refund.",
        param="payment_intent",
    )


def refund(call: Call, charge: Charge, wish: Wish) -> Refund:
    """Give money of ``charge`` back.

    Raises:
        ApiError: nothing was taken, not as much is left, or the customer disputes it.
    """
    if not charge.captured:
        raise refused(f"Charge {charge.id} has not been captured.", code="charge_not_refundable")
    _refuse_disputed(call, charge)
    left = charge.amount_captured - charge.amount_refunded
    if left == 0:
        raise refused(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    wanted = left if wish.amount is None else wish.amount
    if wanted < 1:
        raise refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if wanted > left:
        raise refused(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    card = charge.payment_method.card
    begins, _ = COURSES[RefundCourse.at_once if card is None else card.refund]
    return _give_back(call, charge, wanted, begins, wish)


def _refuse_disputed(call: Call, charge: Charge) -> None:
    dispute = call.account.disputes.get(charge.dispute or "")
    if dispute is not None and not dispute["is_charge_refundable"]:
        raise refused(
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )


def _give_back(call: Call, charge: Charge, amount: int, status: str, wish: Wish) -> Refund:
    made = Refund(
        id=new_id("re_3"),
        created=call.account.now(),
        charge=charge.id,
        intent=charge.intent,
        amount=amount,
        currency=charge.currency,
        status=status,
        reason=wish.reason,
        metadata=wish.metadata,
    )
    call.account.refunds[made.id] = made
    charge.amount_refunded += amount
    charge.refunded = charge.amount_refunded == charge.amount_captured
    call.emit("refund.created", refund_json(made))
    call.emit("charge.refunded", charge_json(charge))
    return made


def finish(call: Call, made: Refund) -> None:
    """Let the time pass after which a refund ends as its card says.

    Raises:
        ApiError: it has ended.
    """
    charge = call.account.charges[made.charge]
    card = charge.payment_method.card
    begins, ends = COURSES[RefundCourse.at_once if card is None else card.refund]
    if begins == ends or made.status != begins:
        raise refused(f"The refund {made.id} has ended: it is {made.status}.")
    before = {"status": made.status}
    made.status = ends
    if ends == "failed":
        made.failure_reason = "unknown"
        charge.amount_refunded -= made.amount
        charge.refunded = False
        call.emit("refund.failed", refund_json(made))
    call.emit("refund.updated", refund_json(made), before)


def _found(call: Call) -> Refund:
    found = call.account.refunds.get(call.id)
    if found is None:
        raise resource_missing("refund", call.id, param="id")
    return found


def retrieve(call: Call) -> dict[str, Any]:
    """Show a refund."""
    return refund_json(_found(call))


def update(call: Call) -> dict[str, Any]:
    """Change the metadata of a refund, all that Stripe lets change.

    Raises:
        ApiError: there is none.
    """
    made = _found(call)
    if "metadata" in call.params:
        before = {"metadata": dict(made.metadata)}
        made.metadata = merge_metadata(made.metadata, call.params["metadata"])
        call.emit("refund.updated", refund_json(made), before)
    return refund_json(made)


def list_all(call: Call) -> dict[str, Any]:
    """List refunds, newest first, of one charge or intent where asked."""
    shown = [
        refund_json(made)
        for made in reversed(call.account.refunds.values())
        if call.params.get("charge") in (None, made.charge)
        and call.params.get("payment_intent") in (None, made.intent)
        and created_within(call.params.get("created"), made.created)
    ]
    return page(call, shown, kind="refund")
