"""Refunds: what gives money back, how that ends, and the endpoints, which only read.

A shop refunds in its dashboard; here a control call stands for that. Nothing refunds by itself but
the release of what was held and not taken.
"""

from typing import Any

from orchestrator.sandbox.accounts import new_id
from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.cards import RefundCourse
from orchestrator.sandbox.charge_objects import charge_json, refund_json
from orchestrator.sandbox.errors import refused, resource_missing
from orchestrator.sandbox.model import Charge, Refund

# How a refund begins and, some time later, ends; docs.stripe.com/testing#refunds.
COURSES: dict[RefundCourse, tuple[str, str]] = {
    RefundCourse.at_once: ("succeeded", "succeeded"),
    RefundCourse.pending: ("pending", "succeeded"),
    RefundCourse.fails: ("succeeded", "failed"),
}


def refund(call: Call, charge: Charge, amount: int | None, reason: str | None) -> Refund:
    """Give ``amount`` of ``charge`` back, or all that is left of it.

    Raises:
        ApiError: nothing was taken, or not as much is left.
    """
    left = charge.amount - charge.amount_refunded
    if not charge.captured or left == 0:
        raise refused(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise refused(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    card = charge.payment_method.card
    begins, _ = COURSES[RefundCourse.at_once if card is None else card.refund]
    return _give_back(call, charge, wanted, begins, reason)


def release(call: Call, charge: Charge, amount: int) -> None:
    """Let go of ``amount`` that was held and is not taken."""
    if amount > 0:
        _give_back(call, charge, amount, "succeeded", None)


def _give_back(call: Call, charge: Charge, amount: int, status: str, reason: str | None) -> Refund:
    made = Refund(
        id=new_id("re_3"),
        created=call.account.now(),
        charge=charge.id,
        intent=charge.intent,
        amount=amount,
        currency=charge.currency,
        status=status,
        reason=reason,
    )
    call.account.refunds[made.id] = made
    charge.amount_refunded += amount
    charge.refunded = charge.amount_refunded == charge.amount
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
    made.status = ends
    if ends == "failed":
        made.failure_reason = "unknown"
        charge.amount_refunded -= made.amount
        charge.refunded = False
        call.emit("refund.failed", refund_json(made))
    call.emit("refund.updated", refund_json(made))


def retrieve(call: Call) -> dict[str, Any]:
    """Show a refund."""
    found = call.account.refunds.get(call.id)
    if found is None:
        raise resource_missing("refund", call.id, param="id")
    return refund_json(found)


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
