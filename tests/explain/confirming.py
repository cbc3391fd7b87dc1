"""What must be said of payments whose attempt is open."""

from __future__ import annotations

from orchestrator.explain import Situation
from orchestrator.gateway.views import Failure
from orchestrator.payment import OpenAttempt, Settling, WishedCapture
from tests.explain.told import (
    ANYTHING_BUT_CARDS,
    CAREFUL,
    EARLIER,
    LOOKS,
    REFRESH,
    SECRET,
    Told,
    confirming,
    row,
)

ACTION = {"type": "redirect_to_url", "redirect_to_url": {"url": f"https://x/{SECRET}"}}

CONFIRMING: dict[str, Told] = {
    "in flight": Told(
        confirming(),
        row(),
        Situation.in_flight,
        "Stripe is being asked to charge the card, attempt 2 of 3, and its answer is awaited.",
        (CAREFUL, LOOKS, "You can refresh"),
        ANYTHING_BUT_CARDS,
    ),
    "timed out": Told(
        confirming(tries=1),
        row(),
        Situation.outcome_unknown,
        "no usable answer has come back",
        (CAREFUL, LOOKS, "You can refresh"),
        ANYTHING_BUT_CARDS,
    ),
    "sender died": Told(
        confirming(due_at=EARLIER),
        row(),
        Situation.outcome_unknown,
        "no usable answer has come back",
        (CAREFUL, "A worker looks for the outcome by itself, and is about to."),
    ),
    "past the deadline": Told(
        confirming(tries=9, deadline_at=EARLIER),
        row(),
        Situation.outcome_unknown,
        "no usable answer has come back",
        ("The deadline, 2026-03-01 12:55:00 UTC, has passed: a worker is about to cancel",),
        ("looks for the outcome",),
    ),
    "challenge": Told(
        confirming("requires_action", "requires_action", next_action=ACTION),
        row(),
        Situation.awaits_customer,
        "When Stripe last answered, the customer had still to confirm attempt 2 of 3 with the "
        "bank. Whether the card has been charged since is not known; a refresh asks Stripe.",
        (
            "(redirect_to_url)",
            "another card instead",
            "has 1 attempt left",
            CAREFUL,
            LOOKS,
            REFRESH,
        ),
        (SECRET, "https", "has not been charged"),
    ),
    "challenge of the last attempt": Told(
        confirming("requires_action", "requires_action", next_action=ACTION, attempts_used=3),
        row(),
        Situation.awaits_customer,
        "confirm attempt 3 of 3",
        ("This is the last attempt; no other card can be tried.",),
        ("another card instead",),
    ),
    "challenge passed, processing": Told(
        confirming("requires_action", "processing"),
        row(),
        Situation.processing,
        "Stripe last answered, it had accepted attempt 2 of 3 and was still processing it.",
        (CAREFUL, LOOKS),
        ("next_action",),
    ),
    "processing": Told(
        confirming("processing", "processing"),
        row(),
        Situation.processing,
        "was still processing it",
        (CAREFUL, LOOKS),
        ANYTHING_BUT_CARDS,
    ),
    "requires capture": Told(
        confirming("requires_capture", "requires_capture"),
        row(),
        Situation.authorised,
        "the money had not been collected",
        (CAREFUL, "Somebody has to look at the payment at Stripe"),
    ),
    "money held": Told(
        confirming("requires_capture", "requires_capture", capture_method="manual"),
        row(),
        Situation.authorised,
        "the money had not been collected",
        (CAREFUL, "Capture it to take the money"),
        ("Somebody has to look", "The money is being taken"),
    ),
    "money being taken": Told(
        confirming(
            capture_method="manual",
            settling=Settling(
                open=OpenAttempt(2, ("pm_two",), "requires_capture"),
                seen_status="requires_capture",
                capture=WishedCapture(600, "pay_a:capture:2"),
            ),
        ),
        row(),
        Situation.authorised,
        "the money had not been collected",
        (CAREFUL, "The money is being taken"),
        ("Somebody has to look", "Capture it"),
    ),
    "requires confirmation": Told(
        confirming("requires_confirmation"),
        row(),
        Situation.unconfirmed,
        "had not begun to charge it",
        (CAREFUL, LOOKS),
    ),
    "status from the future": Told(
        confirming("processing", "requires_patience"),
        row(),
        Situation.status_unknown,
        'When Stripe last answered, attempt 2 of 3 had the status "requires_patience"',
        (CAREFUL, "Somebody has to look"),
    ),
    "not run": Told(
        confirming("not_run", "requires_action"),
        row(),
        Situation.not_run,
        "Stripe refused to run attempt 2 of 3. Whether the payment was charged otherwise",
        (CAREFUL, LOOKS),
    ),
    "stored error": Told(
        confirming("stored_error"),
        row(),
        Situation.stored_error,
        "with an error that does not tell",
        (CAREFUL, LOOKS),
    ),
    "undecided": Told(
        confirming("undecided", undecided=Failure("card_declined", "do_not_honor")),
        row(),
        Situation.undecided,
        "The card was not accepted, attempt 2 of 3: issuer gave no reason (do_not_honor).",
        (CAREFUL, LOOKS),
        ("Do not tell",),
    ),
    "undecided, of a secret kind": Told(
        confirming("undecided", undecided=Failure("card_declined", "stolen_card")),
        row(),
        Situation.undecided,
        "reported stolen (stolen_card)",
        ("Do not tell the customer the reason",),
    ),
}
