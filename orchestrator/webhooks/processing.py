"""What a stored event makes happen: its payment is read at Stripe and settled, or its card renewed.

Events of one payment are one look at it. Nothing is taken from an event's body but where to look;
what was settled already needs no look at all.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import structlog

from orchestrator.card_scopes import DETACHED, disabled_by
from orchestrator.change import Draft
from orchestrator.driver import MAX_ROUNDS, Driver
from orchestrator.errors import StripeUnavailable, WriteConflict
from orchestrator.gateway.views import CardView, ReplyKind
from orchestrator.payment import Actor, Payment
from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.compare import money
from orchestrator.reconcile.record import record_differences
from orchestrator.refunds import record_refunds_and_disputes
from orchestrator.requests import RefundGateway
from orchestrator.settle.schedule import backoff_seconds
from orchestrator.states import PaymentState
from orchestrator.store.customers import disable_by_hand
from orchestrator.store.inbox import (
    Again,
    StoredEvent,
    claim_events,
    find_payment_of_intent,
    postpone_events,
    refresh_cards,
    settle_events,
)
from orchestrator.store.payments import load_payment
from orchestrator.webhooks.event import GIVING_BACK

log = structlog.get_logger("orchestrator.webhooks")

CLAIM_SIZE: Final = 50
LEASE_SECONDS: Final = 60
# How long an event waits for its payment: the create that it ran ahead of is over by then.
UNMATCHED_FOR: Final = timedelta(days=1)


@dataclass(slots=True)
class InboxWork:
    """The worker's part that settles events."""

    driver: Driver
    refunds: RefundGateway
    name: str = "stripe_events"

    async def run_once(self, worker: str) -> int:
        """Settle the events that are due, those of one payment together."""
        now = self.driver.clock()
        lease = max(LEASE_SECONDS, 3 * self.driver.timing.stripe_timeout_seconds)
        claimed = await self.driver.database.write(
            claim_events, worker, now, now + timedelta(seconds=lease), CLAIM_SIZE
        )
        await asyncio.gather(*(self._settle_group(events) for events in _by_subject(claimed)))
        return len(claimed)

    async def _settle_group(self, events: Sequence[StoredEvent]) -> None:
        """Settle the events of one payment or card; whatever fails is tried again later."""
        try:
            if events[0].type.startswith("payment_method."):
                await self._renew_card(events)
            else:
                await self._settle_payment(events)
        except Exception as exc:  # noqa: BLE001  one payment's trouble must not stop the others
            log.warning("stripe_event_failed", stripe_event=events[-1].id, error=type(exc).__name__)
            await self._postpone(events, "pending")

    # ── payments ─────────────────────────────────────────────────────────────────────────────

    async def _settle_payment(self, events: Sequence[StoredEvent]) -> None:
        intent = events[0].payment_intent
        payment = (
            await self.driver.database.read(find_payment_of_intent, intent)
            if intent is not None
            else None
        )
        if payment is None:
            await self._leave_unmatched(events)
            return
        news = [event for event in events if is_news(payment, event)]
        if news:
            await self._look(payment, news)
        money = [event for event in events if event.type in GIVING_BACK]
        if money and not await self._put_on_record(payment.id):
            # Ahead of the success that it gives back from; that one comes first.
            await self._postpone(money, "pending")
            events = [event for event in events if event not in money]
        await self._settled(events, payment.id)

    async def _put_on_record(self, payment_id: str) -> bool:
        """Record what was refunded and disputed; False while the payment is not handled."""
        payment = await self.driver.load(payment_id)
        if payment.handled:
            await record_refunds_and_disputes(self.driver, self.refunds, payment)
        return payment.handled

    async def _look(self, payment: Payment, events: Sequence[StoredEvent]) -> None:
        """Ask for the open attempt's own answer, where an event tells that there is one; or read.

        Raises:
            StripeUnavailable: Stripe did not show the intent.
        """
        actor = Actor("stripe", events[-1].id)
        if any(tells_own_answer(payment, event) for event in events):
            await self.driver.carry_on(payment, actor=actor)
            return
        # Known before the read is made: the read can settle no attempt opened since.
        before = payment.settling.open
        reply = await self.driver.gateway.read_intent(payment.payment_intent)
        if reply.kind is not ReplyKind.answered:
            raise StripeUnavailable("read the payment")
        await self.driver.settle_read(payment, reply, before, actor, None)

    async def _leave_unmatched(self, events: Sequence[StoredEvent]) -> None:
        """Keep what is about no payment of ours: its create may only be under way."""
        for event in events:
            if event.tries == 0:
                await self._note_claim(event)
                log.info("stripe_event_unmatched", stripe_event=event.id, type=event.type)
        if any(next_try(event, "unmatched", self.driver.clock()) is None for event in events):
            await self._note_unknown(events)
        await self._postpone(events, "unmatched")

    async def _note_unknown(self, events: Sequence[StoredEvent]) -> None:
        """Put on record an intent that names a payment which never came, as a comparison would."""
        event = next((each for each in reversed(events) if claimed_payment(each)), None)
        if event is None:
            return
        stored = await self.driver.database.read(load_payment, claimed_payment(event))
        if stored is not None:
            return
        found = Difference(
            DifferenceKind.unknown_intent, None, event.payment_intent, None, as_told(event)
        )
        await record_differences(self.driver.database, [found], self.driver.clock)

    async def _note_claim(self, event: StoredEvent) -> None:
        """Put on record an intent that names a payment of ours in its metadata and is not its own.

        It never moves the payment: anybody with the Stripe account can write metadata.
        """
        named = event.projection.get("payment_id")
        for _ in range(MAX_ROUNDS):
            payment = await self.driver.database.read(load_payment, named) if named else None
            if payment is None:
                return
            draft = Draft(
                before=payment,
                payment=payment,
                now=self.driver.clock(),
                actor=Actor("stripe", event.id),
                rules_version=self.driver.rules.rules_version,
            )
            sentence = f"{event.payment_intent} names this payment"
            draft.note_anomaly("foreign_intent", sentence, None, intent=event.payment_intent)
            try:
                await self.driver.write(draft.finish())
            except WriteConflict:
                continue
            return

    # ── cards ────────────────────────────────────────────────────────────────────────────────

    async def _renew_card(self, events: Sequence[StoredEvent]) -> None:
        """Keep the card as Stripe has it now: renewed by its issuer, changed, or taken away."""
        card_id = events[0].object_id
        reply = await self.driver.gateway.retrieve_card(card_id)
        if reply.kind not in {ReplyKind.answered, ReplyKind.refused}:
            raise StripeUnavailable("read the card")
        if reply.card is not None:
            # In whatever order they came: the card was read after all of them.
            detached = any(event.type == "payment_method.detached" for event in events)
            await self._keep(reply.card, detached=detached)
        await self._settled(events, None)

    async def _keep(self, card: CardView, *, detached: bool) -> None:
        now = self.driver.clock()
        known = await self.driver.database.write(refresh_cards, card, now)
        if known and detached and card.customer is None:
            stripe = Actor("stripe")
            row = disabled_by(stripe, card, None, "payment_method", DETACHED, now)
            if await self.driver.database.write(disable_by_hand, row, None):
                log.info("card_detached", payment_method=card.payment_method, owner="everybody")

    # ── what becomes of the events ───────────────────────────────────────────────────────────

    async def _settled(self, events: Iterable[StoredEvent], payment_id: str | None) -> None:
        ids = [event.id for event in events]
        now = self.driver.clock()
        await self.driver.database.write(settle_events, ids, payment_id, now)

    async def _postpone(self, events: Iterable[StoredEvent], state: str) -> None:
        now = self.driver.clock()
        again = [Again(event.id, event.tries + 1, next_try(event, state, now)) for event in events]
        await self.driver.database.write(postpone_events, state, again)


def claimed_payment(event: StoredEvent) -> str | None:
    """Return the payment of ours that an event's intent names, stored or not."""
    named = event.projection.get("payment_id")
    ours = isinstance(named, str) and named.startswith("pay_")
    return named if ours and event.projection.get("intent") else None


def as_told(event: StoredEvent) -> str:
    """Write an event's intent in the words of a comparison with Stripe, which are its identity."""
    intent = event.projection["intent"]
    told = money(intent["amount"], intent["currency"])
    return f"{told} {intent['status']} for {claimed_payment(event)}"


def is_news(payment: Payment, event: StoredEvent) -> bool:
    """Tell whether an event may say something that is not settled already."""
    if payment.state is PaymentState.succeeded and event.type == "payment_intent.succeeded":
        return False
    if payment.state is PaymentState.failed and event.type == "payment_intent.canceled":
        return False
    if payment.handled and event.type in GIVING_BACK:
        return False
    return failed_charge(event) not in payment.settling.counted


def failed_charge(event: StoredEvent) -> str | None:
    """Return the charge whose failure an event tells of."""
    if event.type == "charge.failed":
        return event.object_id
    if event.type != "payment_intent.payment_failed":
        return None
    intent = event.projection.get("intent") or {}
    charge: str | None = (intent.get("last_payment_error") or {}).get("charge")
    return charge


def tells_own_answer(payment: Payment, event: StoredEvent) -> bool:
    """Tell whether an event was caused by the open attempt's request, whose answer is not known.

    Then the request is over at Stripe, and sent again it is answered from what Stripe keeps.
    """
    opened = payment.settling.open
    return (
        opened is not None
        and opened.answer is None
        and event.request_key == f"{payment.id}:confirm:{opened.number}"
    )


def next_try(event: StoredEvent, state: str, now: datetime) -> datetime | None:
    """Return when an event is looked at again; null for one whose payment never came."""
    if state == "unmatched" and (
        event.payment_intent is None or now - event.received_at >= UNMATCHED_FOR
    ):
        return None
    return now + timedelta(seconds=backoff_seconds(event.tries))


def _by_subject(events: Iterable[StoredEvent]) -> list[list[StoredEvent]]:
    """Put together the events of one payment or card, in the order they came."""
    return [list(group) for _, group in groupby(sorted(events, key=_subject), key=_subject)]


def _subject(event: StoredEvent) -> str:
    return event.payment_intent or event.object_id
