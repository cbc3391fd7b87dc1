"""Refunds and disputes: records beside a payment that never move it.

A refund is written before Stripe is asked, and carried on by any worker until Stripe's answer is
known. What was refunded or disputed at Stripe is read from there and put on record.
"""

from orchestrator.refunds.recording import record_refunds_and_disputes
from orchestrator.refunds.refunds import RefundResult, Refunds
from orchestrator.refunds.sending import RefundsDue

__all__ = ["RefundResult", "Refunds", "RefundsDue", "record_refunds_and_disputes"]
