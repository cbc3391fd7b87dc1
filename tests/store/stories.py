"""Lives of payments that need more than an answer to a card: what the store tests add."""

from datetime import datetime
from typing import Any

from orchestrator.change import Change, Row
from orchestrator.gateway.views import Reply, ReplyKind
from orchestrator.payment import Payment
from orchestrator.settle import Observation, Source, begin_payment, open_attempt, settle
from orchestrator.settle.schedule import Timing
from orchestrator.store.payments import apply_change
from tests.stored_payments import KEY, Storyteller


class Teller(Storyteller):
    """A storyteller that also gives the change itself, to be written when a test likes."""

    def creation(
        self, payment: Payment, key: str | None = None, request_id: str = "req_1"
    ) -> Change:
        """Return the change that stores a new payment."""
        return begin_payment(
            payment,
            actor=KEY,
            request_id=request_id,
            rules_version=self.rules.rules_version,
            idempotency=key_row(payment, key or f"create-{payment.id}", payment.created_at),
        )

    def opening(self, payment: Payment, payment_method: str, **extras: Any) -> Change:
        """Return the change that spends an attempt."""
        return open_attempt(
            payment,
            parameters={"payment_method": payment_method},
            now=self._later(),
            timing=Timing(),
            actor=KEY,
            request_id="req_2",
            rules_version=self.rules.rules_version,
            **extras,
        )

    def settlement(self, payment: Payment, reply: Reply, source: Source = Source.answer) -> Change:
        """Return the change that a reply of Stripe's makes."""
        observation = Observation(source, reply, payment.settling.open, KEY, "req_2")
        change = settle(payment, observation, rules=self.rules, now=self._later())
        assert change is not None, "each of these replies is news"
        return change

    def status(self, payment: Payment, status: str, **fields: Any) -> Reply:
        """Return the reply that shows the intent in a status."""
        return Reply(ReplyKind.answered, self._intent(payment, status, **fields))

    async def opened_with(self, payment: Payment, payment_method: str, **extras: Any) -> Payment:
        """Spend an attempt, with whatever else its transaction writes."""
        return await apply_change(self.database, self.opening(payment, payment_method, **extras))

    async def observed(
        self, payment: Payment, status: str, source: Source = Source.read, **fields: Any
    ) -> Payment:
        """Settle a reply that shows the intent in a status."""
        change = self.settlement(payment, self.status(payment, status, **fields), source)
        return await apply_change(self.database, change)

    async def paid_late(self, payment: Payment) -> Payment:
        """Have a payment succeed that had ended: an anomaly, and no move."""
        return await self.observed(payment, "succeeded", amount_received=payment.amount)


def key_row(payment: Payment, key: str, now: datetime) -> Row:
    """Build the row that lets an Idempotency-Key stand for a payment."""
    return {
        "owner": payment.owner,
        "key": key,
        "operation": "create",
        "request_digest": "0" * 64,
        "payment_id": payment.id,
        "attempt": None,
        "created_at": now,
    }
