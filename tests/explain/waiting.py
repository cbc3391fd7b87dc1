"""What must be said of payments that wait for a card."""

from __future__ import annotations

from datetime import timedelta

from orchestrator.explain import Situation
from orchestrator.payment import PlannedRetry, Settling
from tests.explain.told import (
    ANYTHING_BUT_CARDS,
    BY_ITSELF,
    EXPIRY,
    LATER,
    NOW,
    ON,
    S,
    Told,
    decision,
    outcome,
    row,
    waiting,
)

FUNDS = decision("require_new_card", "ask_for_new_card", "insufficient_funds")
CVC = decision("require_new_card", "ask_to_fix_details", "incorrect_cvc")
BUSY = decision("require_new_card", "allow_same_card_later", "issuer_not_available")
AUTHENTICATE = decision("require_new_card", "ask_to_authenticate", "authentication_required")
ADVICE = decision(
    "require_new_card", "allow_same_card_later", "do_not_honor", reason="advice:try_again_later"
)
LOST = decision("disable_card", "disable_card", "lost_card")
EXPIRED = decision("disable_card", "disable_until_renewed", "expired_card")
NOT_RUN = row(
    "require_new_card",
    handler="attempt_not_run",
    completed=True,
    requires_retry=True,
    code="attempt_not_run",
    reason="attempt_not_run",
)

WAITING: dict[str, Told] = {
    "created": Told(
        waiting(S.created),
        row("create"),
        Situation.untried,
        f"No card is known to have been tried. The payment waits for one until {ON}.",
        ("You can confirm it with a card, or cancel it.", BY_ITSELF),
        ("left", "worker"),
    ),
    "created, time over": Told(
        waiting(S.created),
        row("create"),
        Situation.time_over,
        f"The payment's time was over at {ON}",
        ("A worker cancels it at Stripe by itself", "create a new payment"),
        ANYTHING_BUT_CARDS,
        EXPIRY,
    ),
    "declined": Told(
        waiting(S.requires_new_card, last_outcome=outcome(message="No funds.")),
        FUNDS,
        Situation.declined,
        "The card was not accepted, attempt 2 of 3: not enough funds (insufficient_funds). The "
        f"payment waits for a card until {ON}.",
        (
            'Tell the customer: "No funds."',
            "Ask the customer for another card.",
            "There is 1 attempt left.",
            BY_ITSELF,
        ),
        ("same card", "Do not tell"),
    ),
    "several attempts left": Told(
        waiting(S.requires_new_card, last_outcome=outcome(), max_attempts=5),
        FUNDS,
        Situation.declined,
        "attempt 2 of 5",
        ("There are 3 attempts left.",),
    ),
    "declined for a moment": Told(
        waiting(
            S.requires_new_card,
            last_outcome=outcome(same_card_allowed=True, retry_not_before=LATER.isoformat()),
        ),
        BUSY,
        Situation.declined,
        "issuer not reached (issuer_not_available)",
        ("the same card may be tried again from 2026-03-01 13:05:00 UTC on, another at any",),
        ("Ask the customer for another card", "now"),
    ),
    "the moment is over": Told(
        waiting(
            S.requires_new_card,
            last_outcome=outcome(same_card_allowed=True, retry_not_before=NOW.isoformat()),
        ),
        BUSY,
        Situation.declined,
        "issuer not reached",
        ("the same card may be tried again now, and so may another.",),
        ("again from", "Ask the customer for another card"),
    ),
    "tried again by itself": Told(
        waiting(
            S.requires_new_card,
            last_outcome=outcome(same_card_allowed=True, retry_not_before=LATER.isoformat()),
            settling=Settling(retry=PlannedRetry(2, LATER)),
        ),
        BUSY,
        Situation.declined,
        "issuer not reached (issuer_not_available)",
        (
            "A worker tries the same card again by itself at 2026-03-01 13:05:00 UTC, unless a "
            "card is tried or the payment is canceled before.",
        ),
        ("Ask the customer for another card", "about to try"),
    ),
    "about to be tried again": Told(
        waiting(
            S.requires_new_card,
            last_outcome=outcome(same_card_allowed=True, retry_not_before=NOW.isoformat()),
            settling=Settling(retry=PlannedRetry(2, NOW)),
        ),
        BUSY,
        Situation.declined,
        "issuer not reached",
        ("A worker is about to try the same card again by itself.",),
        ("tries the same card again by itself at",),
    ),
    "details wrong": Told(
        waiting(S.requires_new_card, last_outcome=outcome(same_card_allowed=True)),
        CVC,
        Situation.declined,
        "security code wrong (incorrect_cvc)",
        ("the same card may be tried again now", "correct the card's details first"),
        ("bank",),
    ),
    "to be authenticated": Told(
        waiting(S.requires_new_card, last_outcome=outcome(same_card_allowed=True)),
        AUTHENTICATE,
        Situation.declined,
        "needs authentication (authentication_required)",
        ("The customer has to be there",),
        ("details",),
    ),
    "advice decided": Told(
        waiting(S.requires_new_card, last_outcome=outcome(same_card_allowed=True)),
        ADVICE,
        Situation.declined,
        "issuer: try again later (do_not_honor)",
    ),
    "a code from the future": Told(
        waiting(S.requires_new_card, last_outcome=outcome()),
        decision("require_new_card", "ask_for_new_card", "too_sunny", reason="*"),
        Situation.declined,
        "code unknown (too_sunny)",
    ),
    "no code at all": Told(
        waiting(S.requires_new_card, last_outcome=outcome()),
        row("require_new_card", handler="mine.ask", reason="because"),
        Situation.declined,
        "attempt 2 of 3: no reason is known.",
    ),
    "a handler failed": Told(
        waiting(S.requires_new_card, last_outcome=outcome()),
        {**FUNDS, "handler_error": "ValueError: x"},
        Situation.declined,
        "not enough funds",
        ("see handler_error in the history",),
    ),
    "declined, time over": Told(
        waiting(S.requires_new_card, last_outcome=outcome()),
        FUNDS,
        Situation.time_over,
        "before a card was known to be accepted. It takes no card any more",
        ("create a new payment",),
        ("Tell the customer", *ANYTHING_BUT_CARDS),
        EXPIRY + timedelta(seconds=1),
    ),
    "attempt not run": Told(
        waiting(S.requires_new_card, last_outcome=outcome(same_card_allowed=True)),
        NOT_RUN,
        Situation.attempt_not_run,
        "Stripe refused to run attempt 2 of 3, so the card was not tried",
        ("the same card may be tried again now",),
        ("declined",),
    ),
    "card disabled": Told(
        waiting(S.card_disabled, customer="cus_1", last_outcome=outcome(message="Declined.")),
        LOST,
        Situation.card_disabled,
        "reported lost (lost_card). This payment took it out of use then, and waits for another "
        f"card until {ON}.",
        (
            'Tell the customer: "Declined."',
            "Do not tell the customer the reason",
            "Fetch the customer's cards again, which leaves out those that are out of use by now",
            BY_ITSELF,
        ),
        ("same card", "renewed", "may not be used", "no customer"),
    ),
    "card disabled, of no customer": Told(
        waiting(S.card_disabled, customer=None, last_outcome=outcome()),
        LOST,
        Situation.card_disabled,
        "This payment took it out of use then",
        ("Ask for another card; the payment has no customer whose saved cards",),
        ("Fetch",),
    ),
    "card expired": Told(
        waiting(S.card_disabled, last_outcome=outcome()),
        EXPIRED,
        Situation.card_disabled,
        "card expired (expired_card)",
        ("taken out of use only until its expiry date is renewed",),
        ("Do not tell", "may not be used"),
    ),
}
