"""Where a payment stands, finer than its state: which of these situations it is in. Pure.

The machine has six states; to say in words why a payment is where it is and what comes next takes
more. Decides nothing: what may happen is the machine's business.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.payment import Payment, Settling
from orchestrator.states import PaymentState

Row = Mapping[str, Any]


class Situation(StrEnum):
    """Every situation; a payment is in exactly one."""

    untried = "untried"
    in_flight = "in_flight"
    outcome_unknown = "outcome_unknown"
    awaits_customer = "awaits_customer"
    processing = "processing"
    authorised = "authorised"
    unconfirmed = "unconfirmed"
    status_unknown = "status_unknown"
    not_run = "not_run"
    stored_error = "stored_error"
    undecided = "undecided"
    ending = "ending"
    declined = "declined"
    attempt_not_run = "attempt_not_run"
    card_disabled = "card_disabled"
    time_over = "time_over"
    paid = "paid"
    failed = "failed"


class Ending(StrEnum):
    """Why a payment fails, or is to fail."""

    attempts_exhausted = "attempts_exhausted"
    blocked = "blocked"
    by_operator = "by_operator"
    by_rule = "by_rule"
    canceled = "canceled"
    canceled_at_stripe = "canceled_at_stripe"
    outcome_never_known = "outcome_never_known"
    expired = "expired"


def situation_of(payment: Payment, last: Row | None, now: datetime) -> Situation:
    """Tell a payment's situation; ``last`` is its last history row, if it was read."""
    if payment.state in _HANDLED:
        return _HANDLED[payment.state]
    if payment.intention is not None:
        return Situation.ending
    if payment.state is PaymentState.confirming:
        return _confirming(payment, now)
    if now >= payment.expires_at:
        return Situation.time_over
    if last is not None and last["handler"] == _NOT_RUN:
        return Situation.attempt_not_run
    return _WAITING[payment.state]


def ending_of(event: str, reason: str) -> Ending:
    """Tell why a payment ends, from the event and the reason on its last row or intention."""
    return next(
        row.ending
        for row in _ENDINGS
        if row.event in (None, event) and reason.startswith(row.reason)
    )


_HANDLED: Final[Mapping[PaymentState, Situation]] = MappingProxyType(
    {PaymentState.succeeded: Situation.paid, PaymentState.failed: Situation.failed}
)
_WAITING: Final[Mapping[PaymentState, Situation]] = MappingProxyType(
    {
        PaymentState.created: Situation.untried,
        PaymentState.requires_new_card: Situation.declined,
        PaymentState.card_disabled: Situation.card_disabled,
    }
)
# What history names where no handler was asked. The reason would not do: a deployment's own handler
# gives any it likes. A challenge that was given up needs no name: the next confirm stands on it in
# the same transaction, so that its row is never the last.
_NOT_RUN: Final = "attempt_not_run"

# What is known of an attempt though Stripe's status of the intent does not tell it.
_ANSWERS: Final[Mapping[str, Situation]] = MappingProxyType(
    {
        "not_run": Situation.not_run,
        "stored_error": Situation.stored_error,
        "undecided": Situation.undecided,
    }
)
_STATUSES: Final[Mapping[str, Situation]] = MappingProxyType(
    {
        "requires_action": Situation.awaits_customer,
        "processing": Situation.processing,
        "requires_capture": Situation.authorised,
        "requires_confirmation": Situation.unconfirmed,
    }
)


class _EndingRow(NamedTuple):
    """An event (null: any) and how the reason begins, and which ending that is."""

    event: str | None
    reason: str
    ending: Ending


# The first row that fits counts.
_ENDINGS: Final = (
    _EndingRow(None, "canceled_at_stripe:", Ending.canceled_at_stripe),
    _EndingRow("expire", "confirm_deadline_passed", Ending.outcome_never_known),
    _EndingRow("expire", "", Ending.expired),
    _EndingRow("cancel", "by_operator:", Ending.by_operator),
    _EndingRow("cancel", "", Ending.canceled),
    _EndingRow("fail", "attempts_exhausted", Ending.attempts_exhausted),
    _EndingRow("fail", "blocked:", Ending.blocked),
    _EndingRow(None, "", Ending.by_rule),
)


def _confirming(payment: Payment, now: datetime) -> Situation:
    memory = payment.settling
    answer = memory.open.answer if memory.open is not None else None
    if answer is None:
        awaited = _may_still_come(memory, payment, now)
        return Situation.in_flight if awaited else Situation.outcome_unknown
    # What was seen last tells more than the first answer: the customer may have gone on.
    seen = _STATUSES.get(memory.seen_status or answer, Situation.status_unknown)
    return _ANSWERS.get(answer, seen)


def _may_still_come(memory: Settling, payment: Payment, now: datetime) -> bool:
    """Whether the attempt's own sender is still waiting for its answer."""
    return memory.tries == 0 and payment.due_at is not None and now < payment.due_at
