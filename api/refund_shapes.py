"""What the API shows of refunds and disputes, as plain documents. Pure."""

from orchestrator.chain import instant
from orchestrator.documents import Document
from orchestrator.refund import Dispute, Refund


def refund_document(refund: Refund) -> Document:
    """Show a refund."""
    return {
        "id": refund.id,
        "object": "refund",
        "payment": refund.payment_id,
        "amount": refund.amount,
        "currency": refund.currency,
        "reason": refund.reason,
        "metadata": refund.metadata,
        "state": refund.state.value,
        "failure_reason": refund.failure_reason,
        "stripe_refund": refund.stripe_refund,
        "origin": refund.origin,
        "created_at": instant(refund.created_at),
        "updated_at": instant(refund.updated_at),
    }


def dispute_document(dispute: Dispute) -> Document:
    """Show a dispute as Stripe has it."""
    due = dispute.evidence_due_at
    return {
        "id": dispute.id,
        "object": "dispute",
        "payment": dispute.payment_id,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "status": dispute.status,
        "evidence_due_at": instant(due) if due is not None else None,
        "created_at": instant(dispute.created_at),
        "updated_at": instant(dispute.updated_at),
    }
