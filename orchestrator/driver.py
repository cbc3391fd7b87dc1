"""Carries a payment on: asks Stripe, settles the answer, and does what the answer calls for.

Use cases and workers drive payments through here and nowhere else. Every call to Stripe is made
with no transaction open; whatever it brings is settled against the payment as it is by then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import uuid4

import structlog

from orchestrator.card_caps import Caps
from orchestrator.change import Change
from orchestrator.errors import DatabaseUnavailable, PaymentNotFound, WriteConflict
from orchestrator.gateway.views import Reply, ReplyKind
from orchestrator.handlers import RuleSet
from orchestrator.live_rules import LiveRules
from orchestrator.payment import Actor, Payment
from orchestrator.requests import Gateway, utc_now
from orchestrator.settle import Observation, Source, intend, settle
from orchestrator.settle.schedule import RESEND_LIMIT, Timing
from orchestrator.states import PaymentState
from orchestrator.store.claims import find_open_attempt
from orchestrator.store.connections import Database
from orchestrator.store.payments import apply_change, load_payment
from orchestrator.telling import tell
from orchestrator.whole_answer import whole_answer

log = structlog.get_logger("orchestrator.driver")

# How often a writer decides again after losing a race. Each loss means that another writer moved
# the payment on, and a payment has few moves, so a handful is plenty.
MAX_ROUNDS: Final = 12


@dataclass(slots=True)
class Driver:
    """The database, Stripe, the rules and the clock that payments are driven with."""

    database: Database
    gateway: Gateway
    rules: RuleSet
    timing: Timing = field(default_factory=Timing)
    clock: Callable[[], datetime] = utc_now
    caps: Caps = field(default_factory=Caps, kw_only=True)
    # Keeps ``rules`` as young as is promised; without it they are what they were.
    live_rules: LiveRules | None = field(default=None, kw_only=True)

    async def rules_in_force(self) -> RuleSet:
        """Return the rules to decide by now: one set for one decision.

        Raises:
            DatabaseUnavailable: they are too old, and cannot be read.
        """
        if self.live_rules is not None:
            self.rules = await self.live_rules.current()
        return self.rules

    async def write(self, change: Change) -> Payment:
        """Write a change and tell the log.

        Raises:
            WriteConflict: another writer was first.
        """
        stored = await apply_change(self.database, change)
        tell(change)
        return stored

    async def load(self, payment_id: str) -> Payment:
        """Read a payment.

        Raises:
            PaymentNotFound: there is none.
        """
        payment = await self.database.read(load_payment, payment_id)
        if payment is None:
            raise PaymentNotFound(payment_id)
        return payment

    async def settle(self, payment: Payment, observation: Observation) -> Payment:
        """Settle an observation against the payment, again if another writer was first."""
        rules = await self.rules_in_force()
        for _ in range(MAX_ROUNDS):
            change = settle(payment, observation, rules=rules, now=self.clock())
            if change is None:
                return payment
            try:
                return await self.write(change)
            except WriteConflict:
                payment = await self.load(payment.id)
        raise WriteConflict(payment.id)

    async def send(
        self,
        payment: Payment,
        key: str,
        parameters: Mapping[str, Any],
        *,
        source: Source,
        actor: Actor,
        request_id: str | None = None,
    ) -> Payment:
        """Send the open attempt's request under its key, and settle its answer."""
        before = payment.settling.open
        reply = await self.gateway.confirm_intent(payment.payment_intent, parameters, key)
        reply = await whole_answer(self.gateway, payment.payment_intent, reply)
        payment = await self.settle(payment, _observation(source, reply, before, actor, request_id))
        attempt = payment.settling.open
        if attempt is not None and attempt.answer in {"not_run", "stored_error"}:
            payment = await self.read(payment, actor=actor, request_id=request_id)
        return await self._end_if_intended(payment, request_id)

    async def capture(
        self, payment: Payment, *, actor: Actor, request_id: str | None = None
    ) -> tuple[Payment, Reply]:
        """Ask Stripe to take what is wished of the held money, and settle its answer."""
        wish, before = payment.settling.capture, payment.settling.open
        assert wish is not None, "a capture is asked for once it is wished"
        reply = await self.gateway.capture_intent(
            payment.payment_intent, amount=wish.amount, idempotency_key=wish.key
        )
        news = _observation(Source.capture_answer, reply, before, actor, request_id)
        payment = await self.settle(payment, replace(news, capture_key=wish.stripe_key))
        return await self._end_if_intended(payment, request_id), reply

    async def read(
        self, payment: Payment, *, actor: Actor, request_id: str | None = None
    ) -> Payment:
        """Read the intent and its charges, and settle what they say."""
        before = payment.settling.open
        reply = await self.gateway.read_intent(payment.payment_intent)
        return await self.settle_read(payment, reply, before, actor, request_id)

    async def settle_read(
        self,
        payment: Payment,
        reply: Reply,
        before: Any,
        actor: Actor,
        request_id: str | None,
    ) -> Payment:
        """Settle a read that was made while ``before`` was the open attempt."""
        payment = await self.settle(
            payment, _observation(Source.read, reply, before, actor, request_id)
        )
        return await self._end_if_intended(payment, request_id)

    async def end(self, payment: Payment, request_id: str | None = None) -> Payment:
        """Carry out the intention to end: cancel at Stripe, settle its answer whatever it is."""
        if payment.handled or payment.intention is None:
            return payment
        before, intention = payment.settling.open, payment.intention
        # A new key for every call: Stripe would replay a refusal for a day.
        reply = await self.gateway.cancel_intent(
            payment.payment_intent,
            reason=intention.cancellation_reason,
            idempotency_key=f"{payment.id}:cancel:{uuid4().hex}",
        )
        source = Source.cancel_answer
        if self._hides_a_charge(payment, reply):
            # The answer names a charge that nobody counted, or tells nothing: read it all.
            read = await self.gateway.read_intent(payment.payment_intent)
            if read.kind is ReplyKind.answered or reply.intent is None:
                reply, source = read, Source.read
        return await self.settle(
            payment, Observation(source, reply, before, intention.actor, request_id)
        )

    @staticmethod
    def _hides_a_charge(payment: Payment, reply: Reply) -> bool:
        if reply.intent is None:
            return reply.kind is ReplyKind.refused
        latest = reply.intent.latest_charge
        return latest is not None and latest not in payment.settling.counted

    async def intend_and_end(
        self,
        payment: Payment,
        event: Literal["cancel", "expire"],
        *,
        reason: str,
        actor: Actor,
        cancellation_reason: str | None = None,
        request_id: str | None = None,
        idempotency: dict[str, Any] | None = None,
    ) -> Payment:
        """Write the intention, then carry it out; once it is written, any worker may do that.

        Raises:
            DatabaseUnavailable: the intention could not be written, or nobody knows.
            WriteConflict: another writer was first; look again whether the payment should end.
        """
        change = intend(
            payment,
            event,
            reason=reason,
            cancellation_reason=cancellation_reason,
            actor=actor,
            request_id=request_id,
            now=self.clock(),
            rules_version=self.rules.rules_version,
            idempotency=idempotency,
        )
        stored = await self.write(change)
        try:
            return await self.end(stored, request_id)
        except DatabaseUnavailable as exc:
            log.warning("settlement_failed", payment=stored.id, error=type(exc).__name__)
            return stored

    async def carry_on(
        self, payment: Payment, *, actor: Actor, request_id: str | None = None
    ) -> Payment:
        """Do the next thing a payment that is due needs; safe to repeat and to race.

        An intention is carried out; an own answer that is unknown is asked for again under the
        same key while Stripe keeps it; otherwise the intent is read. Past its time the payment
        is ended.
        """
        if payment.handled:
            return payment
        if payment.intention is not None:
            return await self.end(payment, request_id)
        if payment.state is PaymentState.confirming:
            payment = await self._try_to_find_outcome(payment, actor, request_id)
            overdue = payment.deadline_at is not None and self.clock() >= payment.deadline_at
            late = payment.state is PaymentState.confirming and overdue
        else:
            late = self.clock() >= payment.expires_at
            if not late:
                return await self._find_outcome(payment, actor, request_id)
        if late and payment.intention is None:
            return await self._expire(payment, actor)
        return payment

    async def _try_to_find_outcome(
        self, payment: Payment, actor: Actor, request_id: str | None
    ) -> Payment:
        """Find the outcome; past the deadline not even a failure to find it keeps the end away."""
        try:
            return await self._find_outcome(payment, actor, request_id)
        except Exception as exc:
            if payment.deadline_at is None or self.clock() < payment.deadline_at:
                raise
            log.error("outcome_not_found", payment=payment.id, error=type(exc).__name__)
            return await self.load(payment.id)

    async def _find_outcome(
        self, payment: Payment, actor: Actor, request_id: str | None
    ) -> Payment:
        if payment.settling.capture is not None:
            return (await self.capture(payment, actor=actor, request_id=request_id))[0]
        opened = payment.settling.open
        if opened is not None and opened.answer is None:
            attempt = await self.database.read(find_open_attempt, payment.id)
            if (
                attempt is not None
                and attempt.number == opened.number
                and self.clock() - attempt.opened_at < RESEND_LIMIT
            ):
                return await self.send(
                    payment,
                    attempt.stripe_key,
                    attempt.parameters,
                    source=Source.replay,
                    actor=actor,
                    request_id=request_id,
                )
        return await self.read(payment, actor=actor, request_id=request_id)

    async def _expire(self, payment: Payment, actor: Actor) -> Payment:
        reason = (
            "confirm_deadline_passed"
            if payment.state is PaymentState.confirming
            else "payment_expired"
        )
        try:
            return await self.intend_and_end(payment, "expire", reason=reason, actor=actor)
        except WriteConflict:
            # Somebody moved it; it comes up again if it is still due.
            return await self.load(payment.id)

    async def _end_if_intended(self, payment: Payment, request_id: str | None) -> Payment:
        return await self.end(payment, request_id) if payment.intention is not None else payment


def _observation(
    source: Source, reply: Reply, before: Any, actor: Actor, request_id: str | None
) -> Observation:
    """Return the news, with who brought it: Stripe itself, by an event or asked by a caller."""
    event = actor.id if actor.kind == "stripe" else None
    witness = Actor("stripe") if actor.kind in {"api_key", "stripe"} else actor
    return Observation(source, reply, before, witness, request_id, event)
