"""What must be said of payments that are to end, and of those that have ended."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.explain import Situation
from orchestrator.payment import Actor, Intention
from tests.explain.told import (
    ANYTHING_BUT_CARDS,
    EXPIRY,
    S,
    Told,
    decision,
    ended,
    intended,
    outcome,
    row,
    waiting,
)

ENDING: dict[str, Told] = {
    "ending, canceled": Told(
        intended("cancel", "requested_by_customer"),
        row(),
        Situation.ending,
        "is being ended because it was canceled through the API, with the reason: requested by "
        "customer. That Stripe has canceled it is not on record yet",
        ("A worker cancels it at Stripe by itself", "Read the payment again"),
        ANYTHING_BUT_CARDS,
    ),
    "ending, canceled while it waits": Told(
        replace(waiting(S.created), intention=Intention("cancel", "fraudulent", Actor("api_key"))),
        row("create"),
        Situation.ending,
        "with the reason: fraudulent.",
        (),
        ("Do not tell", "suspects"),
        EXPIRY,
    ),
    "ending, exhausted": Told(
        intended(
            "fail",
            "attempts_exhausted",
            handler="disable_card",
            code="card_declined",
            decline_code="stolen_card",
            handler_error="x",
        ),
        row(),
        Situation.ending,
        "because 3 of 3 attempts are used; the last failed: reported stolen (stolen_card).",
        ("Do not tell the customer the reason", "handler_error"),
    ),
    "ending, overdue": Told(
        intended("expire", "confirm_deadline_passed"),
        row(),
        Situation.ending,
        "the outcome of attempt 2 of 3 stayed open until the deadline",
        ("A worker cancels it",),
    ),
    "succeeded": Told(
        ended(S.succeeded, last_outcome=outcome(message="Paid.")),
        row("succeed", handler="complete_payment", completed=True, requires_retry=False),
        Situation.paid,
        "The payment is paid",
        ("You can deliver.",),
        ("Tell the customer", "create a new payment", "given back;", *ANYTHING_BUT_CARDS),
    ),
    "succeeded, given back": Told(
        ended(S.succeeded, amount_refunded=1),
        row("succeed", handler="complete_payment", completed=True, requires_retry=False),
        Situation.paid,
        "It stays so, whatever is given back.",
        ("look at the payment's refunds and disputes before you deliver",),
        ("You can deliver",),
    ),
    "succeeded, disputed": Told(
        ended(S.succeeded, amount_disputed=1),
        row("succeed", handler="complete_payment", completed=True, requires_retry=False),
        Situation.paid,
        "It stays so, whatever is given back.",
        ("look at the payment's refunds and disputes before you deliver",),
        ("You can deliver",),
    ),
    "failed, exhausted": Told(
        ended(S.failed, last_outcome=outcome(message="No funds.")),
        decision("fail", "ask_for_new_card", "insufficient_funds", reason="attempts_exhausted"),
        Situation.failed,
        "because 3 of 3 attempts are used; the last failed: not enough funds "
        "(insufficient_funds). It is canceled at Stripe",
        ('Tell the customer: "No funds."', "create a new payment"),
        ANYTHING_BUT_CARDS,
    ),
    "failed, blocked": Told(
        ended(S.failed, last_outcome=outcome()),
        decision("fail", "fail_payment", "fraudulent", reason="blocked:highest_risk_level"),
        Situation.failed,
        "because Stripe itself blocked it: blocked: highest risk (fraudulent)",
        ("Do not tell the customer the reason",),
    ),
    "failed by a rule": Told(
        ended(S.failed, last_outcome=outcome()),
        decision("fail", "fail_payment", "duplicate_transaction"),
        Situation.failed,
        "because a rule ends payments that are declined like this: same amount and card "
        "submitted very recently (duplicate_transaction)",
    ),
    "failed, canceled": Told(
        ended(S.failed, last_outcome=outcome(message="Old news.")),
        row("cancel", reason="fraudulent"),
        Situation.failed,
        "because it was canceled through the API, with the reason: fraudulent.",
        ("create a new payment",),
        ("Old news", "Do not tell", "suspects"),
    ),
    "failed, canceled by an operator": Told(
        ended(S.failed),
        row("cancel", reason="by_operator:withdrawn: see ticket_7"),
        Situation.failed,
        "because an operator canceled it, with the reason: withdrawn: see ticket_7.",
    ),
    "failed, canceled at Stripe": Told(
        ended(S.failed),
        row("fail", reason="canceled_at_stripe:requested_by_customer"),
        Situation.failed,
        "than this program, with the reason: requested by customer.",
    ),
    "failed, canceled at Stripe while it waited": Told(
        ended(S.failed),
        row("cancel", reason="canceled_at_stripe:unspecified"),
        Situation.failed,
        "than this program, with the reason: unspecified.",
    ),
    "failed, expired": Told(
        ended(S.failed, last_outcome=outcome(message="Old news.")),
        row("expire", reason="payment_expired"),
        Situation.failed,
        "because its time was over before a card was known to be accepted.",
        ("create a new payment",),
        ("Old news",),
    ),
    "failed, overdue": Told(
        ended(S.failed),
        row("expire", reason="confirm_deadline_passed"),
        Situation.failed,
        "because the outcome of attempt 3 of 3 stayed open until the deadline",
    ),
}
