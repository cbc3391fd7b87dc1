"""What can differ between our payments and Stripe's objects, each kind by name; what is awaited.

Pure data. A kind that settlement notes too has settlement's name, so that one thing found twice is
one thing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class DifferenceKind(StrEnum):
    """How a payment and what Stripe holds can disagree."""

    intent_missing = "intent_missing"
    unknown_intent = "unknown_intent"
    foreign_intent = "foreign_intent"
    unrelated_intent = "unrelated_intent"
    unrelated_charge = "unrelated_charge"
    amount_differs = "amount_differs"
    succeeded_at_stripe = "succeeded_at_stripe"
    late_success = "late_success"
    not_succeeded_at_stripe = "not_succeeded_at_stripe"
    canceled_at_stripe = "canceled_at_stripe"
    open_at_stripe = "open_at_stripe"
    received_differs = "received_differs"
    charged_twice = "charged_twice"
    refund_unknown = "refund_unknown"
    refund_missing = "refund_missing"
    refund_amount_differs = "refund_amount_differs"
    refund_state_differs = "refund_state_differs"
    dispute_unknown = "dispute_unknown"
    dispute_missing = "dispute_missing"
    dispute_differs = "dispute_differs"


MEANING: Final[Mapping[DifferenceKind, str]] = MappingProxyType(
    {
        DifferenceKind.intent_missing: "Stripe has no intent of the payment's id",
        DifferenceKind.unknown_intent: "an intent names a payment that is not stored",
        DifferenceKind.foreign_intent: "an intent names a payment that has another intent",
        DifferenceKind.unrelated_intent: "an intent names no payment of ours",
        DifferenceKind.unrelated_charge: "a charge took money for no intent",
        DifferenceKind.amount_differs: "the intent is over another amount or currency",
        DifferenceKind.succeeded_at_stripe: "paid at Stripe, and not here",
        DifferenceKind.late_success: "paid at Stripe after the payment had failed here",
        DifferenceKind.not_succeeded_at_stripe: "succeeded here, and not paid at Stripe",
        DifferenceKind.canceled_at_stripe: "canceled at Stripe, and still open here",
        DifferenceKind.open_at_stripe: "failed here, and could still be paid at Stripe",
        DifferenceKind.received_differs: "Stripe received another amount than is stored",
        DifferenceKind.charged_twice: "a second charge took money for one payment",
        DifferenceKind.refund_unknown: "Stripe refunded, and no refund is stored",
        DifferenceKind.refund_missing: "a refund is stored that Stripe does not have",
        DifferenceKind.refund_amount_differs: "a refund is of another amount or currency",
        DifferenceKind.refund_state_differs: "a refund is in another state",
        DifferenceKind.dispute_unknown: "a customer disputes, and no dispute is stored",
        DifferenceKind.dispute_missing: "a dispute is stored that Stripe does not have",
        DifferenceKind.dispute_differs: "a dispute is of another amount, currency or status",
    }
)

# What belongs to somebody else, where the Stripe account is not the orchestrator's alone.
OF_OTHERS: Final = frozenset({DifferenceKind.unrelated_intent, DifferenceKind.unrelated_charge})


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement. ``stripe_object`` is Stripe's id of what it is about, if that is no intent.

    ``ours`` and ``theirs`` say what each side holds; null where a side holds nothing. At least one
    of ``payment``, ``payment_intent`` and ``stripe_object`` is known.
    """

    kind: DifferenceKind
    payment: str | None
    payment_intent: str | None
    ours: str | None = None
    theirs: str | None = None
    stripe_object: str | None = None

    @property
    def detail(self) -> str:
        """Say what each side holds."""
        about = f"{self.stripe_object}: " if self.stripe_object else ""
        return f"{about}here {self.ours or 'nothing'}, at Stripe {self.theirs or 'nothing'}"

    def as_json(self) -> dict[str, Any]:
        """Give the difference as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        who = self.payment or self.payment_intent or self.stripe_object
        intent = f" ({self.payment_intent})" if self.payment and self.payment_intent else ""
        return f"{who}{intent}: {self.kind}: {MEANING[self.kind]}; {self.detail}"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is not to be judged yet: its outcome is being found out."""

    payment: str | None
    payment_intent: str | None
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.payment or self.payment_intent}: {self.detail}"


Found = Difference | UnderWay

__all__ = ["MEANING", "OF_OTHERS", "Difference", "DifferenceKind", "Found", "UnderWay"]
