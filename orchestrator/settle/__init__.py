"""The rules by which a payment moves: pure functions from (payment, observation) to a change.

``settle`` is the one way in for Stripe's truth, whoever brought it. ``open_attempt`` and ``intend``
are the two things we decide ourselves: to try a card, and to end the payment.
"""

from orchestrator.settle.attempts import begin_payment, open_attempt
from orchestrator.settle.captures import wish_to_capture
from orchestrator.settle.endings import intend
from orchestrator.settle.observation import Observation, Source
from orchestrator.settle.retries import drop_retry
from orchestrator.settle.schedule import backoff_seconds
from orchestrator.settle.settlement import settle

__all__ = [
    "Observation",
    "Source",
    "backoff_seconds",
    "begin_payment",
    "drop_retry",
    "intend",
    "open_attempt",
    "settle",
    "wish_to_capture",
]
