"""The use cases that move a payment: create, confirm, cancel and refresh.

Each reads what it needs in one round trip, refuses what may not be, and moves the payment through
the driver. Those that only look are in ``reading.py``. What a refusal looks like over HTTP is the
API's business.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from orchestrator.card_caps import LONGEST_WINDOW
from orchestrator.creation import create_intent, new_payment
from orchestrator.driver import MAX_ROUNDS
from orchestrator.errors import (
    CustomerNotFound,
    DatabaseUnavailable,
    PaymentNotFound,
    StripeUnavailable,
    WriteConflict,
)
from orchestrator.gateway.currencies import check_amount
from orchestrator.gateway.views import CardView, ReplyKind
from orchestrator.payment import Payment
from orchestrator.reading import Reading
from orchestrator.refusals import refuse_confirm, refuse_handled, refuse_other_use
from orchestrator.requests import (
    Caller,
    ConfirmPayment,
    CreatePayment,
    Result,
    card_row,
    derive_payment_id,
    key_row,
    outcome_known,
)
from orchestrator.settle import Source, begin_payment, open_attempt
from orchestrator.store.customers import find_customer_owner
from orchestrator.store.requests import ConfirmView, find_replayed, keep_key, view_confirm
from orchestrator.usable_card import declined_card, usable_card

log = structlog.get_logger("orchestrator.payments")


@dataclass(slots=True)
class Payments(Reading):
    """Every use case over one driver."""

    default_max_attempts: int = 4
    payment_ttl_seconds: int = 86400

    async def create(self, request: CreatePayment, caller: Caller) -> Result:
        """Create a payment and its unconfirmed intent.

        Raises:
            InvalidAmount: Stripe cannot take this amount in this currency.
            CustomerNotFound: the customer is another owner's.
            IdempotencyKeyReused: the key stands for another request.
            IdempotencyKeyInUse: the same request is being carried out right now.
            StripeRefused: Stripe called the request invalid.
            StripeUnavailable: nothing was written; send the same request again.
        """
        check_amount(request.amount, request.currency)
        assert caller.idempotency_key is not None, "a create needs an Idempotency-Key"
        found = await self._replay(caller, "create", None)
        if found is not None:
            return await self._with_secret(found)
        if request.customer is not None:
            await self._refuse_anothers_customer(request.customer, caller.owner)
        payment_id = derive_payment_id(caller.owner, caller.idempotency_key)
        intent = await create_intent(self.driver.gateway, payment_id, request)
        now = self.driver.clock()
        payment = new_payment(
            payment_id,
            request,
            owner=caller.owner,
            intent=intent,
            max_attempts=request.max_attempts or self.default_max_attempts,
            now=now,
            expires_at=now + timedelta(seconds=self.payment_ttl_seconds),
        )
        key = key_row(caller, "create", payment_id, payment.created_at)
        assert key is not None, "checked above"
        change = begin_payment(
            payment,
            actor=caller.actor,
            request_id=caller.request_id,
            rules_version=self.driver.rules.rules_version,
            idempotency=key,
        )
        try:
            stored = await self.driver.write(change)
        except WriteConflict:
            found = await self._replay(caller, "create", None)
            if found is None:
                raise
            # A twin was first, and may have gone on under another key to another intent.
            return await self._with_secret(found)
        return Result(stored, client_secret=intent.client_secret)

    async def confirm(self, payment_id: str, request: ConfirmPayment, caller: Caller) -> Result:
        """Try a card: spend an attempt, ask Stripe, settle its answer.

        Raises:
            PaymentNotFound: the owner has no such payment.
            PaymentHandled, PaymentEnding, AttemptInProgress: the payment takes no card now.
            CardUnknown, CardDisabled, CardAttemptsExhausted: this card cannot be tried now.
            IdempotencyKeyReused: the key stands for another request.
        """
        for _ in range(MAX_ROUNDS):
            view = await self._view_confirm(payment_id, request, caller)
            if view.key is not None:
                refuse_other_use(view.key, caller, "confirm", payment_id)
                return Result(view.payment, True, settled=outcome_known(view.payment))
            refuse_confirm(view.payment, self.driver.clock())
            card = await usable_card(self.driver, view, request.payment_method)
            declined = await declined_card(self.driver, view, card)
            try:
                opened = await self._open(view, card, declined, request, caller)
            except WriteConflict:
                continue
            payment = await self._send(opened, request, caller)
            return Result(payment, settled=outcome_known(payment))
        raise WriteConflict(payment_id)

    async def cancel(self, payment_id: str, reason: str | None, caller: Caller) -> Result:
        """Write down the wish to end the payment and carry it out as far as Stripe lets us.

        Raises:
            PaymentNotFound: the owner has no such payment.
            PaymentHandled: it has ended already.
            IdempotencyKeyReused: the key stands for another request.
        """
        for _ in range(MAX_ROUNDS):
            found = await self._replay(caller, "cancel", payment_id)
            if found is not None:
                return replace(found, settled=found.payment.handled)
            payment = await self.get(payment_id, caller.owner)
            refuse_handled(payment, "be canceled")
            try:
                ended = await self.driver.intend_and_end(
                    payment,
                    "cancel",
                    reason=reason or "requested_by_customer",
                    cancellation_reason=reason,
                    actor=caller.actor,
                    request_id=caller.request_id,
                    idempotency=key_row(caller, "cancel", payment_id, self.driver.clock()),
                )
            except WriteConflict:
                continue
            return Result(ended, settled=ended.handled)
        raise WriteConflict(payment_id)

    async def refresh(self, payment_id: str, caller: Caller) -> Result:
        """Ask Stripe where the payment stands and settle it; a handled one stays as it is.

        Raises:
            PaymentNotFound: the owner has no such payment.
            StripeUnavailable: Stripe gave no answer; nothing was written.
            IdempotencyKeyReused: the key stands for another request.
        """
        found = await self._replay(caller, "refresh", payment_id)
        if found is not None:
            return replace(found, settled=True)
        payment = await self.get(payment_id, caller.owner)
        if payment.handled:
            return Result(payment)
        now = self.driver.clock()
        due = payment.due_at is not None and payment.due_at <= now
        reply = await self.driver.gateway.read_intent(payment.payment_intent)
        if reply.kind is not ReplyKind.answered:
            raise StripeUnavailable("read the payment")
        payment = await self.driver.settle_read(
            payment, reply, payment.settling.open, caller.actor, caller.request_id
        )
        if due and not outcome_known(payment):
            payment = await self.driver.carry_on(
                payment, actor=caller.actor, request_id=caller.request_id
            )
        await self._keep_key(caller, "refresh", payment_id)
        return Result(payment)

    async def _refuse_anothers_customer(self, customer: str, owner: str) -> None:
        """Refuse a customer whose cards this owner may not see; one made elsewhere is anybody's."""
        found = await self.driver.database.read(find_customer_owner, customer)
        if found not in (None, owner):
            raise CustomerNotFound(customer, param="customer")

    async def _with_secret(self, result: Result) -> Result:
        """Complete a repeated create with the client secret, read from Stripe again."""
        return replace(result, client_secret=await self._read_secret(result.payment))

    async def _view_confirm(
        self, payment_id: str, request: ConfirmPayment, caller: Caller
    ) -> ConfirmView:
        view = await self.driver.database.read(
            view_confirm,
            caller.owner,
            payment_id,
            caller.idempotency_key or "",
            request.payment_method,
            self.driver.clock() - LONGEST_WINDOW,
        )
        if view is None:
            raise PaymentNotFound(payment_id)
        return view

    async def _open(
        self,
        view: ConfirmView,
        card: CardView | None,
        declined: str | None,
        request: ConfirmPayment,
        caller: Caller,
    ) -> Payment:
        """Phase A: spend the attempt and store its request, in one transaction."""
        now = self.driver.clock()
        change = open_attempt(
            view.payment,
            parameters=request.parameters,
            now=now,
            timing=self.driver.timing,
            actor=caller.actor,
            request_id=caller.request_id,
            rules_version=self.driver.rules.rules_version,
            idempotency=key_row(caller, "confirm", view.payment.id, now),
            cards=(card_row(view.payment.owner, card, now),) if card else (),
            declined_card=declined,
        )
        return await self.driver.write(change)

    async def _send(self, opened: Payment, request: ConfirmPayment, caller: Caller) -> Payment:
        """Phases B and C. Once an attempt is open nothing here may look like a refusal.

        Where the answer could not be settled the outcome is unknown, and recovery finds it.
        """
        try:
            return await self.driver.send(
                opened,
                f"{opened.id}:confirm:{opened.attempts_used}",
                request.parameters,
                source=Source.answer,
                actor=caller.actor,
                request_id=caller.request_id,
            )
        except (WriteConflict, DatabaseUnavailable, SQLAlchemyError, OSError) as exc:
            log.warning("settlement_failed", payment=opened.id, error=type(exc).__name__)
            return opened

    # ── idempotency ──────────────────────────────────────────────────────────────────────────

    async def _replay(
        self, caller: Caller, operation: str, payment_id: str | None
    ) -> Result | None:
        """Return the payment as it now is, where the key has been used for this very request."""
        if caller.idempotency_key is None:
            return None
        found = await self.driver.database.read(find_replayed, caller.owner, caller.idempotency_key)
        if found is None:
            return None
        payment, use = found
        refuse_other_use(use, caller, operation, payment_id or use.payment_id)
        assert payment is not None, "the operation is one on payments"
        return Result(payment, replayed=True, settled=outcome_known(payment))

    async def _keep_key(self, caller: Caller, operation: str, payment_id: str) -> None:
        row = key_row(caller, operation, payment_id, self.driver.clock())
        if row is None:
            return
        try:
            await self.driver.database.write(keep_key, row)
        except IntegrityError:
            # The same request at the same moment kept it, or another one, which is refused.
            await self._replay(caller, operation, payment_id)


__all__ = ["Caller", "ConfirmPayment", "CreatePayment", "Payments", "Result"]
