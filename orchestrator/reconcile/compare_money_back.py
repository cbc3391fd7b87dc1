"""What differs between the refunds and disputes that are stored and those at Stripe. Pure."""

from collections.abc import Iterator, Sequence

from orchestrator.gateway.listed import ListedIntent
from orchestrator.gateway.views import DisputeView, RefundView
from orchestrator.payment import Payment
from orchestrator.reconcile.compare import money
from orchestrator.reconcile.differences import Difference, DifferenceKind, Found, UnderWay
from orchestrator.refund import REFUND_LABEL, Dispute, Refund, state_of

Kind = DifferenceKind


def speaks_of_refunds(payment: Payment, listed: ListedIntent) -> bool:
    """Tell whether a side says that money went back."""
    charge = listed.charge
    return payment.amount_refunded > 0 or (charge is not None and charge.amount_refunded > 0)


def speaks_of_disputes(payment: Payment, listed: ListedIntent) -> bool:
    """Tell whether a side says that a customer asked the bank for the money."""
    return payment.amount_disputed > 0 or (listed.charge is not None and listed.charge.disputed)


def compare_refunds(
    payment: Payment, ours: Sequence[Refund], theirs: Sequence[RefundView]
) -> Iterator[Found]:
    """Compare all refunds of a payment with all of its intent."""
    by_stripe_id = {refund.stripe_refund: refund for refund in ours if refund.stripe_refund}
    unanswered = {refund.id: refund for refund in ours if not refund.answered}
    for view in theirs:
        label = view.metadata.get(REFUND_LABEL, "")
        stored = by_stripe_id.pop(view.id, None)
        if stored is not None:
            yield from _compare_refund(payment, stored, view)
        elif label not in unanswered:
            words = f"{money(view.amount, view.currency)} {view.status}"
            yield _difference(payment, Kind.refund_unknown, view.id, None, words)
    for refund in unanswered.values():
        detail = f"{refund.id} was asked for, and Stripe's answer is not known"
        yield UnderWay(payment.id, payment.payment_intent, detail)
    for stripe_id, refund in by_stripe_id.items():
        words = f"{money(refund.amount, refund.currency)} {refund.state}"
        yield _difference(payment, Kind.refund_missing, str(stripe_id), words, None)


def _compare_refund(payment: Payment, stored: Refund, view: RefundView) -> Iterator[Difference]:
    ours, theirs = money(stored.amount, stored.currency), money(view.amount, view.currency)
    if ours != theirs:
        yield _difference(payment, Kind.refund_amount_differs, view.id, ours, theirs)
    if stored.state is not state_of(view):
        yield _difference(payment, Kind.refund_state_differs, view.id, stored.state, view.status)


def compare_disputes(
    payment: Payment, ours: Sequence[Dispute], theirs: Sequence[DisputeView]
) -> Iterator[Difference]:
    """Compare all disputes of a payment with all of its intent."""
    stored = {dispute.id: dispute for dispute in ours}
    for view in theirs:
        known, words = stored.pop(view.id, None), _words(view)
        if known is None:
            yield _difference(payment, Kind.dispute_unknown, view.id, None, words)
        elif _words(known) != words:
            yield _difference(payment, Kind.dispute_differs, view.id, _words(known), words)
    for dispute in stored.values():
        yield _difference(payment, Kind.dispute_missing, dispute.id, _words(dispute), None)


def _words(dispute: Dispute | DisputeView) -> str:
    return f"{money(dispute.amount, dispute.currency)} {dispute.status}"


def _difference(
    payment: Payment, kind: Kind, stripe_object: str, ours: str | None, theirs: str | None
) -> Difference:
    return Difference(kind, payment.id, payment.payment_intent, ours, theirs, stripe_object)


__all__ = ["compare_disputes", "compare_refunds", "speaks_of_disputes", "speaks_of_refunds"]
