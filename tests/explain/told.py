"""Payments in each state, their last history rows, and what must be said of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from orchestrator.explain import Explanation, Situation, explain
from orchestrator.handlers import RuleSet, load_rules
from orchestrator.payment import Actor, Answer, Intention, OpenAttempt, Payment, Settling
from orchestrator.states import PaymentState
from tests.stored_payments import START, new_payment

Row = dict[str, Any]

RULES = load_rules()
NOW = START + timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)
EARLIER = NOW - timedelta(minutes=5)
EXPIRY = START + timedelta(days=1)
SECRET = "pi_1_secret_hidden"
S = PaymentState
ON = "2026-03-02 12:00:00 UTC"
BY_ITSELF = "fails by itself"
REFRESH = "You can refresh the payment to ask Stripe right now."
LOOKS = "A worker looks for the outcome by itself, next at 2026-03-01 13:05:00 UTC."
CAREFUL = "Do not charge the customer in another way"
ANYTHING_BUT_CARDS = ("another card", "You can confirm")


def row(event: str = "confirm", **columns: Any) -> Row:
    """Build the last history row of a payment, as far as an explanation reads it."""
    names = "reason handler handler_error completed requires_retry code decline_code"
    return {**dict.fromkeys(names.split()), "event": event, "rules_version": "v1", **columns}


def decision(event: str, handler: str, code: str, **columns: Any) -> Row:
    """Build the row of a decline that our own row of this code decided."""
    facts = {
        "handler": handler,
        "completed": True,
        "requires_retry": event != "fail",
        "code": "card_declined",
        "decline_code": code,
        "reason": code,
    }
    return row(event, **{**facts, **columns})


def outcome(**shown: Any) -> Row:
    """Build what a payment shows of its last attempt."""
    return {
        "message": "Please try again.",
        "same_card_allowed": False,
        "retry_not_before": None,
        **shown,
    }


def confirming(
    answer: Answer | None = None, seen_status: str | None = None, **columns: Any
) -> Payment:
    """Build a payment whose second attempt of three is open."""
    undecided = columns.pop("undecided", None)
    opened = OpenAttempt(2, ("pm_two",), answer, undecided=undecided)
    tries = columns.pop("tries", 0)
    return new_payment(
        **{
            "state": PaymentState.confirming,
            "attempts_used": 2,
            "settling": Settling(open=opened, tries=tries, seen_status=seen_status),
            "due_at": LATER,
            "deadline_at": LATER + timedelta(hours=1),
            **columns,
        }
    )


def intended(event: Any, reason: str, **columns: Any) -> Payment:
    """Build a payment that is to end, and that Stripe has not canceled yet."""
    intention = Intention(event=event, reason=reason, actor=Actor("api_key", "k"), **columns)
    return confirming("requires_action", intention=intention, settling=Settling())


def waiting(state: PaymentState, **columns: Any) -> Payment:
    """Build a payment that waits for a card after its second attempt of three."""
    used = 0 if state is PaymentState.created else 2
    return new_payment(state=state, attempts_used=used, **columns)


def ended(state: PaymentState, **columns: Any) -> Payment:
    """Build a payment that has ended."""
    return new_payment(state=state, attempts_used=3, due_at=None, **columns)


class Told(NamedTuple):
    """A payment and its last row, its situation, and what must be said, each part in order."""

    payment: Payment
    last: Row
    situation: Situation
    summary: str
    steps: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    now: datetime = NOW


def explained(told: Told, rules: RuleSet = RULES) -> Explanation:
    """Explain a case."""
    return explain(told.payment, told.last, rules, told.now)


def everything(explanation: Explanation) -> str:
    """Return all that is said."""
    parts = (explanation.summary, explanation.deadline_effect or "", *explanation.next_steps)
    return "\n".join(parts)
