"""The use cases: create, confirm, cancel, refresh, get and history.

Each reads what it needs in one round trip, refuses what may not be, and moves the payment through
the driver. What a refusal looks like over HTTP is the API's business.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.chain import GENESIS
from orchestrator.change import scope_keys
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import (
    AttemptInProgress,
    CardDisabled,
    CardUnknown,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    PaymentEnding,
    PaymentHandled,
    PaymentNotFound,
    StripeRefused,
    StripeUnavailable,
    WriteConflict,
)
from orchestrator.gateway.currencies import check_amount
from orchestrator.gateway.views import CardReply, CardView, IntentView, Reply, ReplyKind
from orchestrator.payment import Payment, Settling
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
from orchestrator.states import Configuration, PaymentState, permitted_events
from orchestrator.store.history import read_history, read_payment_of
from orchestrator.store.requests import (
    ConfirmView,
    KeyUse,
    find_disablement,
    find_replayed,
    keep_key,
    refresh_card,
    view_confirm,
)

# A create that Stripe answers with a stored 5xx goes on under the next key of the same request.
MAX_CREATE_KEYS: Final = 4
# How often, and after how many seconds, a create waits for its own twin to finish at Stripe.
TWIN_WAITS: Final = (0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(slots=True)
class Payments:
    """The use cases over one driver."""

    driver: Driver
    default_max_attempts: int = 4
    payment_ttl_seconds: int = 86400

    async def create(self, request: CreatePayment, caller: Caller) -> Result:
        """Create a payment and its unconfirmed intent.

        Raises:
            InvalidAmount: Stripe cannot take this amount in this currency.
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
        payment_id = derive_payment_id(caller.owner, caller.idempotency_key)
        intent = await self._create_intent(payment_id, request, caller)
        payment = self._new_payment(payment_id, request, caller, intent)
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
            return replace(found, client_secret=intent.client_secret)
        return Result(stored, client_secret=intent.client_secret)

    async def confirm(self, payment_id: str, request: ConfirmPayment, caller: Caller) -> Result:
        """Try a card: spend an attempt, ask Stripe, settle its answer.

        Raises:
            PaymentNotFound: the owner has no such payment.
            PaymentHandled, PaymentEnding, AttemptInProgress: the payment takes no card now.
            CardUnknown, CardDisabled: this card cannot be tried; nothing moved.
            IdempotencyKeyReused: the key stands for another request.
        """
        for _ in range(MAX_ROUNDS):
            view = await self._view_confirm(payment_id, request, caller)
            if view.key is not None:
                _refuse_other_use(view.key, caller, "confirm", payment_id)
                return Result(view.payment, True, settled=outcome_known(view.payment))
            _refuse_confirm(view.payment, self.driver.clock())
            card = await self._usable_card(view, request.payment_method)
            try:
                opened = await self._open(view, card, request, caller)
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
            _refuse_handled(payment, "be canceled")
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
        await self._keep_key(caller, "refresh", payment_id)
        actor, now = caller.actor, self.driver.clock()
        if payment.due_at is not None and payment.due_at <= now:
            return Result(
                await self.driver.carry_on(payment, actor=actor, request_id=caller.request_id)
            )
        reply = await self.driver.gateway.read_intent(payment.payment_intent)
        if reply.kind is not ReplyKind.answered:
            raise StripeUnavailable("read the payment")
        return Result(
            await self.driver.settle_read(
                payment, reply, payment.settling.open, actor, caller.request_id
            )
        )

    async def get(self, payment_id: str, owner: str | None) -> Payment:
        """Return a payment; an owner of null reads every owner's.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        payment = await self.driver.database.read(read_payment_of, payment_id, owner)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    async def history(self, payment_id: str, owner: str | None) -> list[dict[str, Any]]:
        """Return a payment's history rows, oldest first.

        Raises:
            PaymentNotFound: the owner has no such payment.
        """
        await self.get(payment_id, owner)
        return await self.driver.database.read(read_history, payment_id)

    # ── create ───────────────────────────────────────────────────────────────────────────────

    async def _create_intent(
        self, payment_id: str, request: CreatePayment, caller: Caller
    ) -> IntentView:
        """Ask Stripe for the intent, waiting while a twin of this request is being carried out."""
        for seconds in (*TWIN_WAITS, None):
            reply = await self._ask_past_stored_errors(payment_id, request)
            if reply.kind is not ReplyKind.busy or seconds is None:
                break
            await asyncio.sleep(seconds)
        if reply.kind is ReplyKind.busy and reply.code == "idempotency_key_in_use":
            raise IdempotencyKeyInUse(
                "The first request with this Idempotency-Key is still being carried out. "
                "Send it again in a moment."
            )
        if reply.kind is ReplyKind.refused and reply.code == "idempotency_error":
            raise _reused()
        if reply.kind is ReplyKind.refused:
            raise StripeRefused(reply.code, reply.message, reply.param)
        if reply.kind is not ReplyKind.answered or reply.intent is None:
            raise StripeUnavailable("create the payment")
        return reply.intent

    async def _ask_past_stored_errors(self, payment_id: str, request: CreatePayment) -> Reply:
        """Ask under keys that every retry of the request derives again.

        Stripe may keep a 5xx under its key for a day. An intent that nobody was given cannot
        charge, so the request may go on under another key.
        """
        for number in range(1, MAX_CREATE_KEYS + 1):
            key = f"{payment_id}:create" if number == 1 else f"{payment_id}:create:{number}"
            reply = await self._ask_for_intent(payment_id, request, key)
            if (reply.http_status or 0) < 500:
                return reply
            again = await self._ask_for_intent(payment_id, request, key)
            if (again.http_status or 0) < 500:
                return again
        return again

    async def _ask_for_intent(self, payment_id: str, request: CreatePayment, key: str) -> Reply:
        return await self.driver.gateway.create_intent(
            amount=request.amount,
            currency=request.currency,
            customer=request.customer,
            description=request.description,
            metadata=_stripe_metadata(payment_id, request),
            setup_future_usage=request.setup_future_usage,
            idempotency_key=key,
        )

    def _new_payment(
        self, payment_id: str, request: CreatePayment, caller: Caller, intent: IntentView
    ) -> Payment:
        now = self.driver.clock()
        expires_at = now + timedelta(seconds=self.payment_ttl_seconds)
        return Payment(
            id=payment_id,
            owner=caller.owner,
            amount=request.amount,
            currency=request.currency,
            customer=request.customer,
            item_ids=request.item_ids,
            transaction_id=request.transaction_id,
            description=request.description,
            metadata=request.metadata,
            setup_future_usage=request.setup_future_usage,
            payment_intent=intent.id,
            max_attempts=request.max_attempts or self.default_max_attempts,
            attempts_used=0,
            state=PaymentState.created,
            version=0,
            last_hash=GENESIS,
            revision=0,
            evidence_count=0,
            evidence_hash=GENESIS,
            intention=None,
            settling=Settling(),
            last_outcome=None,
            next_action=None,
            failure_reason=None,
            excluded_cards=(),
            due_at=expires_at,
            deadline_at=None,
            expires_at=expires_at,
            created_at=now,
            updated_at=now,
        )

    async def _with_secret(self, result: Result) -> Result:
        """Read the client secret from Stripe again; it is never stored."""
        reply = await self.driver.gateway.retrieve_intent(result.payment.payment_intent)
        if reply.intent is None:
            raise StripeUnavailable("read the client secret")
        return replace(result, client_secret=reply.intent.client_secret)

    # ── confirm ──────────────────────────────────────────────────────────────────────────────

    async def _view_confirm(
        self, payment_id: str, request: ConfirmPayment, caller: Caller
    ) -> ConfirmView:
        view = await self.driver.database.read(
            view_confirm,
            caller.owner,
            payment_id,
            caller.idempotency_key or "",
            request.payment_method,
        )
        if view is None:
            raise PaymentNotFound(payment_id)
        return view

    async def _usable_card(self, view: ConfirmView, payment_method: str) -> CardView | None:
        """Return the card to remember, or null when it is known; refuse one that may not be used.

        A card that is out of use is looked up again first: its expiry date may have been renewed
        at Stripe since. Where Stripe cannot be asked, an unseen card is tried all the same, and
        Stripe refuses it if it must.
        """
        if view.card is not None and view.disabled_reason is None:
            return None
        card = _card_of(await self.driver.gateway.retrieve_card(payment_method), payment_method)
        known = card or view.card
        if known is None:
            return None
        reason = await self._disabled_reason(view.payment, known)
        if reason is not None:
            raise CardDisabled(
                f"The card is out of use ({reason}). Fetch the customer's cards again and ask "
                "for another one.",
                state=view.payment.state,
                allowed_events=_allowed(view.payment),
                param="payment_method",
            )
        if view.card is not None and card is not None:
            now = self.driver.clock()
            await self.driver.database.write(refresh_card, view.payment.owner, card, now)
        return card

    async def _disabled_reason(self, payment: Payment, card: CardView) -> str | None:
        keys = scope_keys(card, payment.customer, payment.id)
        return await self.driver.database.read(find_disablement, payment.owner, keys)

    async def _open(
        self, view: ConfirmView, card: CardView | None, request: ConfirmPayment, caller: Caller
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
        )
        return await self.driver.write(change)

    async def _send(self, opened: Payment, request: ConfirmPayment, caller: Caller) -> Payment:
        """Phases B and C. Once an attempt is open no lost race may look like a refusal."""
        try:
            return await self.driver.send(
                opened,
                f"{opened.id}:confirm:{opened.attempts_used}",
                request.parameters,
                source=Source.answer,
                actor=caller.actor,
                request_id=caller.request_id,
            )
        except WriteConflict:
            return await self.driver.load(opened.id)

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
        _refuse_other_use(use, caller, operation, payment_id or payment.id)
        return Result(payment, replayed=True, settled=outcome_known(payment))

    async def _keep_key(self, caller: Caller, operation: str, payment_id: str) -> None:
        row = key_row(caller, operation, payment_id, self.driver.clock())
        if row is not None:
            await self.driver.database.write(keep_key, row)


def _card_of(reply: CardReply, payment_method: str) -> CardView | None:
    """Read the reply to a card's look-up; null where Stripe could not be asked.

    Raises:
        CardUnknown: Stripe does not know the id, or it is no card.
    """
    if reply.kind is ReplyKind.refused:
        raise CardUnknown(
            "Stripe knows no such payment method. Check the id, and that it was made with the "
            "same Stripe account and mode.",
            param="payment_method",
        )
    if reply.kind is not ReplyKind.answered or reply.card is None:
        return None
    if reply.card.type != "card":
        raise CardUnknown(
            f"The payment method is a {reply.card.type}; only cards are taken.",
            param="payment_method",
        )
    return replace(reply.card, payment_method=payment_method)


def _refuse_confirm(payment: Payment, now: datetime) -> None:
    _refuse_handled(payment, "be confirmed")
    facts: dict[str, Any] = {"state": payment.state, "allowed_events": _allowed(payment)}
    if payment.intention is not None:
        raise PaymentEnding(
            "The payment is being ended; no card is taken any more. Read it again to see how "
            "it ends.",
            **facts,
        )
    if payment.waiting and now >= payment.expires_at:
        raise PaymentEnding("The payment's time is over. Create a new one.", **facts)
    if payment.waiting:
        return
    attempt = payment.settling.open
    challenged = attempt is not None and attempt.answer == "requires_action"
    if not challenged or payment.attempts_left == 0:
        raise AttemptInProgress(
            "A confirmation is open. Read the payment again, or refresh it, before trying "
            "another card.",
            **facts,
        )


def _refuse_handled(payment: Payment, what: str) -> None:
    if payment.handled:
        raise PaymentHandled(
            f"The payment is {payment.state} for good; it cannot {what}.",
            state=payment.state,
            allowed_events=(),
        )


def _refuse_other_use(use: KeyUse, caller: Caller, operation: str, payment_id: str) -> None:
    same = (operation, payment_id, caller.request_digest)
    if (use.operation, use.payment_id, use.request_digest) != same:
        raise _reused()


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        "The Idempotency-Key was used for another request. Send the first request unchanged, or "
        "use a new key for a new request.",
        param="Idempotency-Key",
    )


def _allowed(payment: Payment) -> tuple[str, ...]:
    here = Configuration(payment.state, payment.attempts_left)
    return tuple(event.value for event in permitted_events(here))


def _stripe_metadata(payment_id: str, request: CreatePayment) -> dict[str, str]:
    """Return what Stripe keeps beside the intent; a value holds at most 500 characters there."""
    metadata = {**request.metadata, "payment_id": payment_id}
    if request.transaction_id is not None:
        metadata["transaction_id"] = request.transaction_id[:500]
    if request.item_ids:
        metadata["item_ids"] = ",".join(request.item_ids)[:500]
    return metadata


__all__ = ["Caller", "ConfirmPayment", "CreatePayment", "Payments", "Result"]
