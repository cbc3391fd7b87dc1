"""Agreement with Stripe: our payments of a period beside Stripe's intents and charges, both ways.

``compare`` decides, purely, what a difference is; ``alongside`` brings the two lists together;
``walk`` reads them. It changes nothing, here or at Stripe.
"""

from orchestrator.reconcile.differences import Difference, DifferenceKind, UnderWay
from orchestrator.reconcile.report import ReconcileReport
from orchestrator.reconcile.stripe_side import StripeSide
from orchestrator.reconcile.walk import Reconciliation

__all__ = [
    "Difference",
    "DifferenceKind",
    "ReconcileReport",
    "Reconciliation",
    "StripeSide",
    "UnderWay",
]
