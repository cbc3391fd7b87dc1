"""The use cases about refunds: give money back, show one, list a payment's.

The record is written first, in one transaction that adds up what is given back already; then Stripe
is asked with none open. What a refusal looks like over HTTP is the API's business.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from orchestrator import metrics
from orchestrator.driver import Driver
from orchestrator.errors import (
    NotRefundable,
    OrchestratorError,
    PaymentNotFound,
    RefundNotFound,
    RefundTooLarge,
    WriteConflict,
)
from orchestrator.payment import Payment
from orchestrator.refund import REFUND_LABEL, Dispute, Refund, RefundState
from orchestrator.refunds.sending import send
from orchestrator.refusals import allowed_events, refuse_other_use
from orchestrator.requests import (
    Caller,
    CreateRefund,
    RefundGateway,
    derive_refund_id,
    key_row,
)
from orchestrator.settle.schedule import own_answer_due
from orchestrator.states import PaymentState
from orchestrator.store.history import read_payment_of
from orchestrator.store.refunds import (
    ask_for_refund,
    find_refund,
    list_disputes,
    list_refunds,
    load_refund,
)
from orchestrator.store.requests import find_replayed

log = structlog.get_logger("orchestrator.refunds")


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The refund as it now is; whether Stripe's answer is known it tells itself."""

    refund: Refund
    replayed: bool = False


@dataclass(slots=True)
class Refunds:
    """Every use case about refunds, over one driver."""

    driver: Driver
    gateway: RefundGateway

    async def create(self, payment_id: str, request: CreateRefund, caller: Caller) -> RefundResult:
        """Give money back, all that is left or a part.

        Raises:
            PaymentNotFound: the owner has no such payment.
            NotRefundable: it has not succeeded.
            RefundTooLarge: less than that is left to give back.
            IdempotencyKeyReused: the key stands for another request.
            WriteConflict: others were first again and again; nothing was written.
        """
        assert caller.idempotency_key is not None, "a refund needs an Idempotency-Key"
        done = await self._replayed(payment_id, caller)
        if done is not None:
            return RefundResult(done, replayed=True)
        payment = await self._payment(payment_id, caller.owner)
        refuse_refund(payment)
        try:
            refund = await self._ask(payment, request, caller)
        except IntegrityError:
            done = await self._replayed(payment_id, caller)
            if done is None:
                raise WriteConflict(payment_id) from None
            return RefundResult(done, replayed=True)
        return RefundResult(await self._send(payment, refund))

    async def get(self, refund_id: str, owner: str | None) -> Refund:
        """Return a refund; an owner of null reads every owner's.

        Raises:
            RefundNotFound: the owner has no such refund.
        """
        refund = await self.driver.database.read(find_refund, refund_id, owner)
        if refund is None:
            raise RefundNotFound(refund_id)
        return refund

    async def of_payment(self, payment_id: str, owner: str | None) -> list[Refund]:
        """Return all refunds of a payment, newest first.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        await self._payment(payment_id, owner)
        return await self.driver.database.read(list_refunds, payment_id)

    async def disputes_of(self, payment_id: str, owner: str | None) -> list[Dispute]:
        """Return all disputes of a payment, newest first.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        await self._payment(payment_id, owner)
        return await self.driver.database.read(list_disputes, payment_id)

    async def _payment(self, payment_id: str, owner: str | None) -> Payment:
        payment = await self.driver.database.read(read_payment_of, payment_id, owner)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    async def _replayed(self, payment_id: str, caller: Caller) -> Refund | None:
        """Return the refund as it now is, where the key has been used for this very request."""
        key = caller.idempotency_key or ""
        found = await self.driver.database.read(find_replayed, caller.owner, key)
        if found is None:
            return None
        refuse_other_use(found[1], caller, "refund", payment_id)
        refund = await self.driver.database.read(load_refund, derive_refund_id(caller.owner, key))
        assert refund is not None, "a key is written with its refund"
        return refund

    async def _ask(self, payment: Payment, request: CreateRefund, caller: Caller) -> Refund:
        """Write the refund down, with what is needed to ask for it again."""
        now = self.driver.clock()
        wanted = self._row(payment, request, caller)
        key = key_row(caller, "refund", payment.id, now)
        asked = await self.driver.database.write(ask_for_refund, wanted, request.amount, key)
        if asked.refund is None:
            raise RefundTooLarge(
                f"No more than {asked.left} is left to give back: what was received, less what is "
                "given back or being given back already.",
                state=payment.state,
                allowed_events=(),
                param="amount",
            )
        metrics.refund_moved(asked.refund.state)
        log.info(
            "refund_asked",
            payment=payment.id,
            refund=asked.refund.id,
            amount=asked.refund.amount,
        )
        return asked.refund

    def _row(self, payment: Payment, request: CreateRefund, caller: Caller) -> dict[str, Any]:
        now = self.driver.clock()
        refund_id = derive_refund_id(caller.owner, caller.idempotency_key or "")
        labels = {**request.metadata, "payment_id": payment.id, REFUND_LABEL: refund_id}
        reason = {"reason": request.reason} if request.reason is not None else {}
        return {
            "id": refund_id,
            "payment_id": payment.id,
            "currency": payment.currency,
            "reason": request.reason,
            "metadata": request.metadata,
            "state": RefundState.pending,
            "failure_reason": None,
            "stripe_refund": None,
            "stripe_key": f"{payment.id}:refund:{refund_id}",
            "parameters": {
                "payment_intent": payment.payment_intent,
                "metadata": labels,
                **reason,
            },
            "origin": "api",
            "actor_kind": caller.actor.kind,
            "actor_id": caller.actor.id,
            "request_id": caller.request_id,
            "tries": 0,
            "due_at": own_answer_due(now, self.driver.timing),
            "created_at": now,
            "updated_at": now,
        }

    async def _send(self, payment: Payment, refund: Refund) -> Refund:
        """Ask Stripe. Once the refund is written nothing here may look like a refusal."""
        try:
            return await send(self.driver, self.gateway, payment, refund)
        except (OrchestratorError, SQLAlchemyError, OSError) as exc:
            log.warning("refund_not_settled", refund=refund.id, error=type(exc).__name__)
            return refund


def refuse_refund(payment: Payment) -> None:
    """Refuse to give back what was not received.

    Raises:
        NotRefundable: the payment has not succeeded.
    """
    if payment.state is not PaymentState.succeeded:
        raise NotRefundable(
            f"The payment is {payment.state}; only a succeeded one can be refunded. "
            "One that has not ended can be canceled instead.",
            state=payment.state,
            allowed_events=allowed_events(payment),
        )
