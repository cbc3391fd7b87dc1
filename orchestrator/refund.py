"""A refund and a dispute as values, and what Stripe's word makes of them. Pure.

Both stand beside a payment and never move it. News only ever takes them forward, so it may come
twice, late, or in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from orchestrator.gateway.views import DisputeView, RefundView
from orchestrator.settle.schedule import next_look

Row = dict[str, Any]

# Under this name Stripe keeps our id with a refund: one whose answer was lost is known again by it.
REFUND_LABEL: Final = "orchestrator_refund"

# What Stripe has taken may take days; its events tell first, this is for those that are lost.
_FIRST_POLL: Final = timedelta(hours=1)
_LONGEST_POLL: Final = timedelta(days=1)


class RefundState(StrEnum):
    """Where a refund is. ``succeeded`` may still fail: a bank may send the money back."""

    pending = "pending"
    succeeded = "succeeded"
    failed = "failed"


# https://docs.stripe.com/api/refunds/object#refund_object-status; what we do not know is awaited.
STATE_OF_STATUS: Final[Mapping[str, RefundState]] = MappingProxyType(
    {
        "pending": RefundState.pending,
        "requires_action": RefundState.pending,
        "succeeded": RefundState.succeeded,
        "failed": RefundState.failed,
        "canceled": RefundState.failed,
    }
)
_ORDER: Final = tuple(RefundState)

# https://docs.stripe.com/api/disputes/object#dispute_object-status
CLOSED_DISPUTES: Final = frozenset({"won", "lost", "warning_closed", "prevented"})


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund's row. ``stripe_refund`` is null while Stripe has not answered."""

    id: str
    payment_id: str
    amount: int
    currency: str
    reason: str | None
    metadata: dict[str, str]
    state: RefundState
    failure_reason: str | None
    stripe_refund: str | None
    stripe_key: str | None
    parameters: dict[str, Any] | None
    origin: str
    tries: int
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def answered(self) -> bool:
        """Whether Stripe has said what became of the request."""
        return self.stripe_refund is not None or self.state is not RefundState.pending


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute's row."""

    id: str
    payment_id: str
    amount: int
    currency: str
    reason: str | None
    status: str
    evidence_due_at: datetime | None
    created_at: datetime
    updated_at: datetime


def agrees(view: RefundView, refund: Refund) -> bool:
    """Tell whether Stripe's word can be of this refund: neither its amount nor currency changes."""
    return (view.amount, view.currency) == (refund.amount, refund.currency)


def told(view: RefundView, refund: Refund, now: datetime) -> Row:
    """Return what Stripe's word changes of a refund; nothing where it is no news."""
    state = max(refund.state, state_of(view), key=_ORDER.index)
    changes: Row = {}
    if refund.stripe_refund is None:
        changes |= {"stripe_refund": view.id, "tries": 0}
    if state is not refund.state:
        changes |= {"state": state, "updated_at": now, "failure_reason": reason_of(view, state)}
    if state is RefundState.pending:
        changes |= {"due_at": next_poll(now, changes.get("tries", refund.tries))}
    elif refund.due_at is not None:
        changes |= {"due_at": None}
    return changes


def polled(view: RefundView, refund: Refund, now: datetime) -> Row:
    """Return what reading it again changes; while it is pending it is read ever more rarely."""
    tries = refund.tries + 1
    return {"tries": tries, **told(view, replace(refund, tries=tries), now)}


def refused(code: str, refund: Refund, now: datetime) -> Row:
    """Return what it changes of a refund that Stripe would not make it, or never did."""
    if refund.answered:
        # Something else has become known meanwhile.
        return {}
    return {
        "state": RefundState.failed,
        "failure_reason": code,
        "due_at": None,
        "updated_at": now,
    }


def still_unknown(refund: Refund, now: datetime) -> Row:
    """Return when to ask again, after nothing was learnt."""
    return {"due_at": next_look(now, refund.tries), "tries": refund.tries + 1}


def found_at_stripe(payment_id: str, view: RefundView, now: datetime) -> Row:
    """Return the row of a refund that was not asked of us: one made in the Dashboard, say.

    Its id is derived from Stripe's, so that two who find it at once write one row.
    """
    state = state_of(view)
    return {
        "id": f"ref_{sha256(view.id.encode()).hexdigest()[:32]}",
        "payment_id": payment_id,
        "amount": view.amount,
        "currency": view.currency,
        "reason": view.reason,
        "metadata": view.metadata,
        "state": state,
        "failure_reason": reason_of(view, state),
        "stripe_refund": view.id,
        "stripe_key": None,
        "parameters": None,
        "origin": "stripe",
        "actor_kind": None,
        "actor_id": None,
        "request_id": None,
        "tries": 0,
        "due_at": next_poll(now, 0) if state is RefundState.pending else None,
        "created_at": datetime.fromtimestamp(view.created, UTC),
        "updated_at": now,
    }


def dispute_row(payment_id: str, view: DisputeView, now: datetime) -> Row:
    """Return the row of a dispute as Stripe shows it."""
    due = view.evidence_due_by
    return {
        "id": view.id,
        "payment_id": payment_id,
        "amount": view.amount,
        "currency": view.currency,
        "reason": view.reason,
        "status": view.status,
        "evidence_due_at": datetime.fromtimestamp(due, UTC) if due else None,
        "created_at": datetime.fromtimestamp(view.created, UTC),
        "updated_at": now,
    }


def goes_on(dispute: Dispute, row: Row) -> bool:
    """Tell whether a dispute is to be written as the row has it: a closed one stays closed."""
    reopens = dispute.status in CLOSED_DISPUTES and row["status"] not in CLOSED_DISPUTES
    shown = ("status", "reason", "evidence_due_at")
    return not reopens and any(getattr(dispute, name) != row[name] for name in shown)


def state_of(view: RefundView) -> RefundState:
    """Return Stripe's status in our words."""
    return STATE_OF_STATUS.get(view.status, RefundState.pending)


def reason_of(view: RefundView, state: RefundState) -> str | None:
    """Return why a refund failed; null where it did not."""
    return (view.failure_reason or view.status) if state is RefundState.failed else None


def next_poll(now: datetime, tries: int) -> datetime:
    """Return when to read a refund again that Stripe is still carrying out."""
    return now + min(_FIRST_POLL * (1 << min(tries, 10)), _LONGEST_POLL)
