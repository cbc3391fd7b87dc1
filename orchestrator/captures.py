"""The use case that takes held money: a payment made with ``capture_method`` manual is captured.

The wish is written first, in one transaction; then Stripe is asked with none open. Whoever dies in
between is followed by a worker, under the same key.
"""

from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import (
    AttemptInProgress,
    CaptureTooLarge,
    DatabaseUnavailable,
    NotCapturable,
    PaymentEnding,
    PaymentNotFound,
    StripeRefused,
    WriteConflict,
)
from orchestrator.payment import Payment
from orchestrator.refusals import allowed_events, refuse_handled, refuse_other_use
from orchestrator.requests import Caller, Result, key_row
from orchestrator.settle import wish_to_capture
from orchestrator.store.history import read_payment_of
from orchestrator.store.requests import find_replayed

log = structlog.get_logger("orchestrator.captures")


@dataclass(slots=True)
class Captures:
    """Capturing, over one driver."""

    driver: Driver

    async def capture(self, payment_id: str, amount: int | None, caller: Caller) -> Result:
        """Take the money that is held for a payment, or a part of it; the rest is let go.

        Raises:
            PaymentNotFound: the owner has no such payment.
            PaymentHandled, PaymentEnding, AttemptInProgress, NotCapturable: as it stands.
            CaptureTooLarge: the payment is over less.
            StripeRefused: Stripe would not take it; it is still held, or not any more.
            IdempotencyKeyReused: the key stands for another request.
        """
        for _ in range(MAX_ROUNDS):
            found = await self._replayed(payment_id, caller)
            if found is not None:
                return Result(found, replayed=True, settled=_settled(found))
            payment = await self._held(payment_id, caller)
            wanted = payment.amount if amount is None else amount
            if wanted > payment.amount:
                raise CaptureTooLarge(payment.amount)
            try:
                wished = await self._wish(payment, wanted, caller)
            except WriteConflict:
                continue
            payment = await self._send(wished, caller)
            return Result(payment, settled=_settled(payment))
        raise WriteConflict(payment_id)

    async def _replayed(self, payment_id: str, caller: Caller) -> Payment | None:
        if caller.idempotency_key is None:
            return None
        found = await self.driver.database.read(find_replayed, caller.owner, caller.idempotency_key)
        if found is None:
            return None
        refuse_other_use(found[1], caller, "capture", payment_id)
        return found[0]

    async def _held(self, payment_id: str, caller: Caller) -> Payment:
        """Return the payment if its money is held; what a browser did may not be known yet."""
        payment = await self.driver.database.read(read_payment_of, payment_id, caller.owner)
        if payment is None:
            raise PaymentNotFound(payment_id)
        refuse_capture(payment)
        if not payment.awaits_capture:
            payment = await self.driver.read(
                payment, actor=caller.actor, request_id=caller.request_id
            )
            refuse_capture(payment)
        if not payment.awaits_capture:
            raise NotCapturable(
                "No money is held for the payment now. Confirm it first, or read it again.",
                state=payment.state,
                allowed_events=allowed_events(payment),
            )
        return payment

    async def _wish(self, payment: Payment, amount: int, caller: Caller) -> Payment:
        now = self.driver.clock()
        change = wish_to_capture(
            payment,
            amount=amount,
            now=now,
            timing=self.driver.timing,
            actor=caller.actor,
            request_id=caller.request_id,
            rules_version=self.driver.rules.rules_version,
            idempotency=key_row(caller, "capture", payment.id, now),
        )
        return await self.driver.write(change)

    async def _send(self, wished: Payment, caller: Caller) -> Payment:
        """Ask Stripe. A wish that stands is carried out; only Stripe's refusal ends it."""
        try:
            payment, reply = await self.driver.capture(
                wished, actor=caller.actor, request_id=caller.request_id
            )
        except (WriteConflict, DatabaseUnavailable, SQLAlchemyError, OSError) as exc:
            log.warning("settlement_failed", payment=wished.id, error=type(exc).__name__)
            return wished
        if not payment.handled and payment.settling.capture is None:
            raise StripeRefused(reply.code, reply.message, reply.param)
        return payment


def refuse_capture(payment: Payment) -> None:
    """Refuse to take money for a payment whatever Stripe may say of it.

    Raises:
        PaymentHandled, PaymentEnding, AttemptInProgress, NotCapturable: as it stands.
    """
    refuse_handled(payment, "be captured")
    events = allowed_events(payment)
    if payment.intention is not None:
        raise PaymentEnding(
            "The payment is being ended; no money is taken any more. Read it again to see how it "
            "ends.",
            state=payment.state,
            allowed_events=events,
        )
    if payment.settling.capture is not None:
        raise AttemptInProgress(
            "A capture is being carried out. Read the payment again.",
            state=payment.state,
            allowed_events=events,
        )
    if payment.capture_method != "manual":
        raise NotCapturable(
            "The payment takes its money by itself; only one made with capture_method manual is "
            "captured.",
            state=payment.state,
            allowed_events=events,
        )


def _settled(payment: Payment) -> bool:
    """Tell whether Stripe has said what became of the capture."""
    return payment.handled or payment.settling.capture is None
