"""A Stripe that gives money back: it keeps keys, adds up, and loses answers when it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from orchestrator.gateway.views import (
    DisputesReply,
    DisputeView,
    RefundReply,
    RefundsReply,
    RefundView,
    ReplyKind,
)

LOST: Final = RefundReply(ReplyKind.unknown)
NOT_FOUND: Final = RefundReply(ReplyKind.refused, code="resource_missing", http_status=404)


@dataclass
class FakeStripe:
    """What ``RefundGateway`` asks for, over a list of refunds and one of disputes.

    ``faults`` are spent one a call that makes a refund: ``lost`` before it, ``answer_lost`` after
    it, ``stored_error`` before it and under its key for good, or a code it is refused with.
    """

    received: int = 1000
    begins: str = "succeeded"
    away: bool = False
    faults: list[str] = field(default_factory=list)
    refunds: list[RefundView] = field(default_factory=list)
    disputes: list[DisputeView] = field(default_factory=list)
    sent: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: dict[str, RefundReply] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    async def create_refund(
        self, parameters: Mapping[str, Any], *, idempotency_key: str
    ) -> RefundReply:
        """Give money back once a key."""
        self.sent.append((idempotency_key, dict(parameters)))
        if self.away:
            return LOST
        if idempotency_key in self.answers:
            return self.answers[idempotency_key]
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost":
            return LOST
        reply = self._answer(fault, parameters)
        self.answers[idempotency_key] = reply
        return LOST if fault == "answer_lost" else reply

    async def retrieve_refund(self, refund_id: str) -> RefundReply:
        """Read a refund."""
        if self.away:
            return LOST
        found = next((refund for refund in self.refunds if refund.id == refund_id), None)
        return RefundReply(ReplyKind.answered, refund=found) if found else NOT_FOUND

    async def list_refunds(self, intent_id: str) -> RefundsReply:
        """Read all refunds, newest first."""
        if self.away:
            return RefundsReply(ReplyKind.unknown)
        return RefundsReply(ReplyKind.answered, refunds=tuple(reversed(self.refunds)))

    async def list_disputes(self, intent_id: str) -> DisputesReply:
        """Read all disputes, newest first."""
        if self.away:
            return DisputesReply(ReplyKind.unknown)
        return DisputesReply(ReplyKind.answered, disputes=tuple(reversed(self.disputes)))

    def give_back(self, amount: int, **fields: Any) -> RefundView:
        """Make a refund, as somebody with the Dashboard does."""
        number = next(self.numbers)
        values = {"status": "succeeded", "currency": "usd", "created": 1000 + number, **fields}
        made = RefundView(id=f"re_{number}", amount=amount, **values)
        self.refunds.append(made)
        return made

    def change(self, refund_id: str | None, **fields: Any) -> None:
        """Let something become of a refund."""
        self.refunds = [
            replace(each, **fields) if each.id == refund_id else each for each in self.refunds
        ]

    @property
    def given(self) -> int:
        """Add up what has been given back."""
        return sum(each.amount for each in self.refunds if each.status != "failed")

    def _answer(self, fault: str, parameters: Mapping[str, Any]) -> RefundReply:
        if fault == "stored_error":
            return RefundReply(ReplyKind.stored_error, http_status=500)
        left = self.received - self.given
        refusal = "" if fault == "answer_lost" else fault
        if not refusal and parameters["amount"] > left:
            refusal = "charge_already_refunded"
        if refusal:
            return RefundReply(ReplyKind.refused, code=refusal, http_status=400)
        made = self.give_back(
            parameters["amount"],
            status=self.begins,
            metadata=parameters["metadata"],
            reason=parameters.get("reason"),
        )
        return RefundReply(ReplyKind.answered, refund=made)


def dispute(**fields: Any) -> DisputeView:
    """Build a dispute as Stripe shows it."""
    values: dict[str, Any] = {
        "id": "dp_1",
        "status": "needs_response",
        "amount": 1000,
        "currency": "usd",
        "created": 1000,
        "reason": "fraudulent",
        "evidence_due_by": 2000,
    }
    return DisputeView(**(values | fields))
