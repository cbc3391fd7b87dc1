"""What differs between a payment and what Stripe holds for it. Pure.

A payment whose outcome is being found out is under way, not different, as long as somebody looks:
once nobody has for a while, what Stripe says is held against it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from orchestrator.gateway.listed import ListedCharge, ListedIntent
from orchestrator.gateway.views import IntentStatus
from orchestrator.payment import Payment
from orchestrator.reconcile.differences import Difference, DifferenceKind, Found, UnderWay
from orchestrator.states import PaymentState

Kind = DifferenceKind

# A payment is looked at again at its ``due_at``; this long after it, nobody is looking.
OVERDUE: Final = timedelta(minutes=10)
# How long a create may stand between Stripe's answer and our row: a call's timeout and some more.
CREATING: Final = timedelta(minutes=1)
_PAYMENT_ID: Final = "pay_"

# What a state here and a status at Stripe make of each other; ``confirming`` is in ``_AWAITED``.
# Every status that is neither ``succeeded`` nor ``canceled`` is open.
OPEN: Final = "open"
_ENDS: Final = frozenset({IntentStatus.succeeded.value, IntentStatus.canceled.value})
_WAITING: Final[Mapping[str, Kind | None]] = MappingProxyType(
    {"succeeded": Kind.succeeded_at_stripe, "canceled": Kind.canceled_at_stripe, OPEN: None}
)
VERDICTS: Final[Mapping[PaymentState, Mapping[str, Kind | None]]] = MappingProxyType(
    {
        PaymentState.created: _WAITING,
        PaymentState.confirming: _WAITING,
        PaymentState.requires_new_card: _WAITING,
        PaymentState.card_disabled: _WAITING,
        PaymentState.succeeded: {
            "succeeded": None,
            "canceled": Kind.not_succeeded_at_stripe,
            OPEN: Kind.not_succeeded_at_stripe,
        },
        PaymentState.failed: {
            "succeeded": Kind.late_success,
            "canceled": None,
            OPEN: Kind.open_at_stripe,
        },
    }
)


def compare(payment: Payment, listed: ListedIntent, now: datetime) -> Iterator[Found]:
    """Compare a payment with its own intent."""
    intent = listed.intent
    ours = money(payment.amount, payment.currency)
    theirs = money(intent.amount, intent.currency)
    if ours != theirs:
        yield _of(payment, Kind.amount_differs, ours, theirs)
    status = intent.status if intent.status in _ENDS else OPEN
    kind = VERDICTS[payment.state][status]
    if is_under_way(payment, now) and (kind or payment.state is PaymentState.confirming):
        detail = f"{payment.state} here, {intent.status} at Stripe, and being looked at"
        yield UnderWay(payment.id, payment.payment_intent, detail)
    elif kind is not None:
        yield _of(payment, kind, payment.state, intent.status)
    elif status == payment.state == "succeeded":
        yield from _compare_received(payment, listed)


def is_under_way(payment: Payment, now: datetime) -> bool:
    """Tell whether the payment's outcome is being found out, and somebody does."""
    awaited = payment.state is PaymentState.confirming or payment.intention is not None
    return awaited and payment.due_at is not None and now - payment.due_at < OVERDUE


def _compare_received(payment: Payment, listed: ListedIntent) -> Iterator[Difference]:
    received = listed.intent.amount_received
    if payment.amount_received != received:
        ours = money(payment.amount_received, payment.currency)
        theirs = money(received, listed.intent.currency)
        yield _of(payment, Kind.received_differs, ours, theirs)


def missing(payment: Payment) -> Difference:
    """Name a payment whose intent Stripe does not know."""
    return _of(payment, Kind.intent_missing, payment.state, None)


# ── what Stripe has and we do not ────────────────────────────────────────────────────────────


def named_payment(listed: ListedIntent) -> str | None:
    """Return the payment of ours that an intent names, whether it is stored or not."""
    named = listed.intent.metadata.get("payment_id")
    return named if isinstance(named, str) and named.startswith(_PAYMENT_ID) else None


def unknown(listed: ListedIntent, named: Payment | None, now: datetime) -> Found:
    """Name an intent that is no stored payment's; ``named`` is the stored one it speaks of."""
    intent = listed.intent
    theirs = f"{money(intent.amount, intent.currency)} {intent.status}"
    if named is not None:
        paid_both = named.state is PaymentState.succeeded and intent.status == "succeeded"
        kind = Kind.charged_twice if paid_both else Kind.foreign_intent
        ours = f"{money(named.amount, named.currency)} {named.state} with {named.payment_intent}"
        return Difference(kind, named.id, intent.id, ours, theirs)
    told = named_payment(listed)
    if told is None:
        return Difference(Kind.unrelated_intent, None, intent.id, None, theirs)
    if _being_created(listed, now):
        return UnderWay(None, intent.id, f"{told} is being created")
    return Difference(Kind.unknown_intent, None, intent.id, None, f"{theirs} for {told}")


def _being_created(listed: ListedIntent, now: datetime) -> bool:
    untouched = listed.intent.status == "requires_payment_method" and listed.charge is None
    return untouched and now.timestamp() - listed.created < CREATING.total_seconds()


def compare_charge(charge: ListedCharge, payment: Payment | None) -> Iterator[Difference]:
    """Compare a charge that took money with the payment of its intent, where that is stored."""
    if charge.amount_captured <= 0:
        return
    taken = money(charge.amount_captured, charge.charge.currency)
    if charge.payment_intent is None:
        yield Difference(
            Kind.unrelated_charge, None, None, None, taken, stripe_object=charge.charge.id
        )
    elif payment is not None and _paid_by_another(payment, charge.charge.id):
        ours = money(payment.amount_received, payment.currency)
        yield _of(payment, Kind.charged_twice, ours, taken, stripe_object=charge.charge.id)


def _paid_by_another(payment: Payment, charge: str) -> bool:
    return payment.state is PaymentState.succeeded and charge not in payment.settling.counted


# ── words ────────────────────────────────────────────────────────────────────────────────────


def money(amount: int, currency: str) -> str:
    """Write an amount in minor units, exactly."""
    return f"{amount} {currency}"


def _of(
    payment: Payment,
    kind: Kind,
    ours: str | None,
    theirs: str | None,
    stripe_object: str | None = None,
) -> Difference:
    return Difference(kind, payment.id, payment.payment_intent, ours, theirs, stripe_object)


__all__ = [
    "CREATING",
    "OPEN",
    "OVERDUE",
    "VERDICTS",
    "compare",
    "compare_charge",
    "is_under_way",
    "missing",
    "money",
    "named_payment",
    "unknown",
]
