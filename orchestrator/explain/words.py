"""What is so, in words by situation; what stands in braces is in ``facts.py``.

What comes next is in ``steps.py``. Nothing is said to be so that what
is stored does not prove: what Stripe said is told as what it said then, and what may have happened
since (a challenge passed, a browser's try, a card renewed) is never denied.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.explain.situation import Ending, Situation

_S = Situation

BECAUSE: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.attempts_exhausted: "{most} of {most} attempts are used; the last failed: {why}",
        Ending.blocked: "Stripe itself blocked it: {why}",
        Ending.by_operator: "an operator canceled it, with the reason: {operator_reason}",
        Ending.by_rule: "a rule ends payments that are declined like this: {why}",
        Ending.canceled: "it was canceled through the API, with the reason: {reason}",
        Ending.canceled_at_stripe: (
            "it was canceled at Stripe by somebody or something else than this program, with the "
            "reason: {stripe_reason}"
        ),
        Ending.outcome_never_known: (
            "the outcome of {attempt} stayed open until the deadline, and canceling at Stripe was "
            "the way to be certain"
        ),
        Ending.expired: "its time was over before a card was known to be accepted",
    }
)

SUMMARIES: Final[Mapping[Situation, str]] = MappingProxyType(
    {
        _S.untried: "No card is known to have been tried. The payment waits for one until {until}.",
        _S.in_flight: (
            "Stripe is being asked to charge the card, {attempt}, and its answer is awaited. "
            "Whether the card was charged is not known yet."
        ),
        _S.outcome_unknown: (
            "Stripe was to charge the card, {attempt}, and no usable answer has come back. Whether "
            "the card was charged is not known, and nothing is assumed until Stripe says."
        ),
        _S.awaits_customer: (
            "When Stripe last answered, the customer had still to confirm {attempt} with the bank. "
            "Whether the card has been charged since is not known; a refresh asks Stripe."
        ),
        _S.processing: (
            "When Stripe last answered, it had accepted {attempt} and was still processing it. "
            "Whether the card is charged is not known yet."
        ),
        _S.authorised: (
            "When Stripe last answered, the bank had approved {attempt}, but the money had not "
            "been collected. Until Stripe says that it is, the payment does not count as paid."
        ),
        _S.unconfirmed: (
            "When Stripe last answered, it had taken the card of {attempt} and had not begun to "
            "charge it. Whether it has since is not known yet."
        ),
        _S.status_unknown: (
            'When Stripe last answered, {attempt} had the status "{status}", which this program '
            "does not know. The outcome counts as not known."
        ),
        _S.not_run: (
            "Stripe refused to run {attempt}. Whether the payment was charged otherwise has still "
            "to be read from Stripe."
        ),
        _S.stored_error: (
            "Stripe answered {attempt} with an error that does not tell what became of it, and "
            "would only repeat it. That has still to be read from Stripe."
        ),
        _S.undecided: (
            "The card was not accepted, {attempt}: {why}. What follows from it has not been "
            "decided yet; the handler for it wants to be asked again."
        ),
        _S.ending: (
            "The payment is being ended because {because}. That Stripe has canceled it is not on "
            "record yet; if the card was charged before, the payment succeeds after all."
        ),
        _S.declined: (
            "The card was not accepted, {attempt}: {why}. The payment waits for a card until "
            "{until}."
        ),
        _S.attempt_not_run: (
            "Stripe refused to run {attempt}, so the card was not tried, though the attempt "
            "counts. The payment waits for a card until {until}."
        ),
        _S.card_disabled: (
            "The card was not accepted, {attempt}: {why}. This payment took it out of use then, "
            "and waits for another card until {until}."
        ),
        _S.time_over: (
            "The payment's time was over at {until}, before a card was known to be accepted. It "
            "takes no card any more and is about to be canceled."
        ),
        _S.paid: (
            "The payment is paid: Stripe has charged the customer, once. It stays so, whatever "
            "is given back."
        ),
        _S.failed: (
            "The payment failed because {because}. It is canceled at Stripe, so nothing was or "
            "will be charged for it."
        ),
    }
)

# In a table's cell: what must happen before the payment goes on. Of what is handled, nothing.
WAITS_FOR: Final[Mapping[Situation, str]] = MappingProxyType(
    {
        _S.untried: "a card",
        _S.declined: "a card",
        _S.attempt_not_run: "a card",
        _S.card_disabled: "another card",
        _S.in_flight: "an answer",
        _S.processing: "Stripe",
        _S.unconfirmed: "Stripe",
        _S.authorised: "its capture",
        _S.awaits_customer: "the customer",
        _S.outcome_unknown: "its outcome",
        _S.status_unknown: "its outcome",
        _S.not_run: "its outcome",
        _S.stored_error: "its outcome",
        _S.undecided: "a handler",
        _S.ending: "its end",
        _S.time_over: "its end",
        _S.paid: "",
        _S.failed: "",
    }
)

WAITING: Final = frozenset({_S.untried, _S.declined, _S.attempt_not_run, _S.card_disabled})
AFTER_A_TRY: Final = WAITING - {_S.untried}
UNKNOWN: Final = frozenset(
    {_S.in_flight, _S.outcome_unknown, _S.not_run, _S.stored_error, _S.undecided, _S.status_unknown}
)
AT_STRIPE: Final = frozenset({_S.processing, _S.authorised, _S.unconfirmed})
OPEN: Final = UNKNOWN | AT_STRIPE | {_S.awaits_customer}

EXPIRES: Final = (
    "The payment is canceled at Stripe and takes no card any more: it fails, or succeeds where a "
    "card turns out to have been charged."
)
RESOLVED: Final = (
    "If the outcome is still open then, the payment is canceled at Stripe to settle it: it fails, "
    "or succeeds where the card turns out to have been charged."
)
EFFECTS: Final[Mapping[Situation, str]] = MappingProxyType(
    {**dict.fromkeys(WAITING | {_S.time_over}, EXPIRES), **dict.fromkeys(OPEN, RESOLVED)}
)
