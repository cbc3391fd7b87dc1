"""Payments with a past, made by the rules themselves and stored: what audit tests look at."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.chain import GENESIS
from orchestrator.gateway.views import CardView, Failure, IntentView, Reply, ReplyKind
from orchestrator.handlers import load_rules
from orchestrator.payment import Actor, Payment, Settling
from orchestrator.settle import Observation, Source, begin_payment, intend, open_attempt, settle
from orchestrator.settle.schedule import Timing
from orchestrator.states import PaymentState
from orchestrator.store.connections import Database
from orchestrator.store.payments import apply_change

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = Actor("api_key", "0123456789abcdef")


def new_payment(id: str = "pay_a", **columns: Any) -> Payment:
    """Build a payment that has no row yet."""
    values: dict[str, Any] = {
        "id": id,
        "owner": "shop",
        "amount": 4200,
        "currency": "eur",
        "customer": "cus_1",
        "item_ids": ("sku_1", "sku_2"),
        "transaction_id": "order-1",
        "description": None,
        "metadata": {},
        "setup_future_usage": None,
        "payment_intent": f"pi_{id}",
        "max_attempts": 3,
        "attempts_used": 0,
        "state": PaymentState.created,
        "version": 0,
        "last_hash": GENESIS,
        "revision": 0,
        "evidence_count": 0,
        "evidence_hash": GENESIS,
        "intention": None,
        "settling": Settling(),
        "last_outcome": None,
        "next_action": None,
        "failure_reason": None,
        "excluded_cards": (),
        "due_at": START + timedelta(days=1),
        "deadline_at": None,
        "expires_at": START + timedelta(days=1),
        "created_at": START,
        "updated_at": START,
    }
    return Payment(**(values | columns))


class Storyteller:
    """Takes payments through their lives, one committed change at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rules = load_rules()
        self.now = START

    async def created(self, payment: Payment) -> Payment:
        """Store a new payment."""
        key = {
            "owner": payment.owner,
            "key": f"create-{payment.id}",
            "operation": "create",
            "request_digest": "0" * 64,
            "payment_id": payment.id,
            "attempt": None,
            "created_at": payment.created_at,
        }
        change = begin_payment(
            payment,
            actor=KEY,
            request_id="req_1",
            rules_version=self.rules.rules_version,
            idempotency=key,
        )
        return await apply_change(self.database, change)

    async def opened(self, payment: Payment, payment_method: str) -> Payment:
        """Spend an attempt; its outcome is not known yet."""
        change = open_attempt(
            payment,
            parameters={"payment_method": payment_method},
            now=self._later(),
            timing=Timing(),
            actor=KEY,
            request_id="req_2",
            rules_version=self.rules.rules_version,
        )
        return await apply_change(self.database, change)

    async def declined(self, payment: Payment, decline_code: str) -> Payment:
        """Have the open attempt declined."""
        attempt = payment.settling.open
        assert attempt is not None, "only an open attempt can be declined"
        card = CardView(attempt.payment_methods[0], fingerprint=f"finger{attempt.number}")
        failure = Failure(
            code="card_declined",
            decline_code=decline_code,
            charge=f"ch_{payment.id}_{attempt.number}",
            payment_method=card.payment_method,
            card=card,
        )
        intent = self._intent(payment, "requires_payment_method", last_payment_error=failure)
        return await self._settled(payment, Reply(ReplyKind.answered, intent, failure))

    async def paid(self, payment: Payment) -> Payment:
        """Have the open attempt succeed."""
        charge = f"ch_{payment.id}_{payment.attempts_used}"
        intent = self._intent(
            payment, "succeeded", amount_received=payment.amount, latest_charge=charge
        )
        return await self._settled(payment, Reply(ReplyKind.answered, intent))

    async def challenged(self, payment: Payment) -> Payment:
        """Have the open attempt ask for 3-D Secure."""
        intent = self._intent(payment, "requires_action", next_action={"type": "use_stripe_sdk"})
        return await self._settled(payment, Reply(ReplyKind.answered, intent))

    async def ending(self, payment: Payment) -> Payment:
        """Wish the payment to end; Stripe has not canceled yet."""
        change = intend(
            payment,
            "cancel",
            reason="abandoned",
            cancellation_reason="abandoned",
            actor=KEY,
            request_id="req_3",
            now=self._later(),
            rules_version=self.rules.rules_version,
        )
        return await apply_change(self.database, change)

    async def canceled(self, payment: Payment) -> Payment:
        """Have Stripe cancel the intent."""
        intent = self._intent(payment, "canceled", cancellation_reason="abandoned")
        return await self._settled(payment, Reply(ReplyKind.answered, intent), Source.cancel_answer)

    async def _settled(
        self, payment: Payment, reply: Reply, source: Source = Source.answer
    ) -> Payment:
        observation = Observation(source, reply, payment.settling.open, KEY, "req_2")
        change = settle(payment, observation, rules=self.rules, now=self._later())
        assert change is not None, "each of these answers is news"
        return await apply_change(self.database, change)

    def _intent(self, payment: Payment, status: str, **fields: Any) -> IntentView:
        return IntentView(
            payment.payment_intent, status, payment.amount, payment.currency, **fields
        )

    def _later(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def store_one_of_each(database: Database) -> dict[str, Payment]:
    """Store payments in every state, under ids in the order in which they are listed."""
    tell = Storyteller(database)
    paid = await tell.created(new_payment("pay_a"))
    paid = await tell.declined(await tell.opened(paid, "pm_one"), "insufficient_funds")
    paid = await tell.paid(await tell.opened(paid, "pm_two"))
    ended = await tell.created(new_payment("pay_b"))
    ended = await tell.canceled(await tell.ending(ended))
    disabled = await tell.created(new_payment("pay_c"))
    disabled = await tell.declined(await tell.opened(disabled, "pm_three"), "lost_card")
    abandoned = await tell.challenged(
        await tell.opened(await tell.created(new_payment("pay_d")), "pm_four")
    )
    abandoned = await tell.opened(abandoned, "pm_five")
    return {
        payment.id: payment
        for payment in (paid, ended, disabled, abandoned, await tell.created(new_payment("pay_e")))
    }
