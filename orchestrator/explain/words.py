"""The words of an explanation, as tables by situation; what stands in braces is in ``facts.py``.

What a customer may hear is only what is put in quotation marks. Nothing is said to be so that what
is stored does not prove: what Stripe said is told as what it said then, and what may have happened
since (a challenge passed, a browser's try, a card renewed) is never denied.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from orchestrator.explain.facts import Facts
from orchestrator.explain.situation import Ending, Situation

_S = Situation

BECAUSE: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.attempts_exhausted: "{most} of {most} attempts are used; the last failed: {why}",
        Ending.blocked: "Stripe itself blocked it: {why}",
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


def _always(facts: Facts) -> bool:
    return True


class Step(NamedTuple):
    """A sentence about what comes next, and when it is said."""

    situations: frozenset[Situation]
    sentence: str
    applies: Callable[[Facts], bool] = _always


def _last_try(facts: Facts) -> bool:
    return facts.payment.attempts_left == 0


def _another_try(facts: Facts) -> bool:
    return facts.payment.attempts_left > 0


def _overdue(facts: Facts) -> bool:
    return facts.deadline is not None and facts.now >= facts.deadline


def _looks_later(facts: Facts) -> bool:
    return facts.payment.due_at is not None and facts.payment.due_at > facts.now


def _of_a_customer(facts: Facts) -> bool:
    return facts.payment.customer is not None


def _given_back(facts: Facts) -> bool:
    return facts.payment.amount_refunded > 0 or facts.payment.amount_disputed > 0


def _secret_reason(facts: Facts) -> bool:
    return facts.rule is not None and facts.rule.generic


def _handled_by(*names: str) -> Callable[[Facts], bool]:
    return lambda facts: facts.decision.handler in names


# In the order in which they are said.
STEPS: Final[tuple[Step, ...]] = (
    Step(
        AFTER_A_TRY | {_S.failed},
        'Tell the customer: "{message}"',
        lambda facts: bool(facts.message) and facts.decision.handler is not None,
    ),
    Step(
        AFTER_A_TRY | {_S.undecided, _S.failed, _S.ending},
        "Do not tell the customer the reason of the decline; a fraudster would learn from it.",
        _secret_reason,
    ),
    # ── while it waits for a card ──
    Step(frozenset({_S.untried}), "You can confirm it with a card, or cancel it."),
    Step(
        AFTER_A_TRY,
        "For this payment the same card may be tried again from {retry} on, another at any time.",
        lambda facts: facts.same_card_allowed and facts.retry_from is not None,
    ),
    Step(
        AFTER_A_TRY,
        "For this payment the same card may be tried again now, and so may another.",
        lambda facts: facts.same_card_allowed and facts.retry_from is None,
    ),
    Step(
        AFTER_A_TRY,
        "A worker tries the same card again by itself at {again}, unless a card is tried or the "
        "payment is canceled before.",
        lambda facts: facts.retries_at is not None and facts.retries_at > facts.now,
    ),
    Step(
        AFTER_A_TRY,
        "A worker is about to try the same card again by itself.",
        lambda facts: facts.retries_at is not None and facts.retries_at <= facts.now,
    ),
    Step(
        AFTER_A_TRY,
        "The customer has to correct the card's details first.",
        _handled_by("ask_to_fix_details"),
    ),
    Step(
        AFTER_A_TRY,
        "The customer has to be there, to confirm it with the bank.",
        _handled_by("ask_to_authenticate"),
    ),
    Step(
        frozenset({_S.declined}),
        "Ask the customer for another card.",
        lambda facts: not facts.same_card_allowed,
    ),
    Step(
        frozenset({_S.card_disabled}),
        "Fetch the customer's cards again, which leaves out those that are out of use by now, and "
        "ask for another.",
        _of_a_customer,
    ),
    Step(
        frozenset({_S.card_disabled}),
        "Ask for another card; the payment has no customer whose saved cards could be offered.",
        lambda facts: not _of_a_customer(facts),
    ),
    Step(
        frozenset({_S.card_disabled}),
        "It was taken out of use only until its expiry date is renewed.",
        _handled_by("disable_until_renewed"),
    ),
    Step(AFTER_A_TRY, "There is {left} left.", lambda facts: facts.payment.attempts_left == 1),
    Step(AFTER_A_TRY, "There are {left} left.", lambda facts: facts.payment.attempts_left > 1),
    Step(WAITING, "If no card is accepted until {until}, the payment fails by itself."),
    # ── while its outcome is open ──
    Step(
        frozenset({_S.awaits_customer}),
        "The customer's page has to do what next_action asks for ({action}).",
        lambda facts: facts.payment.next_action is not None,
    ),
    Step(
        frozenset({_S.awaits_customer}),
        "You can confirm it with another card instead, which gives this confirmation up; it has "
        "{left} left.",
        _another_try,
    ),
    Step(
        frozenset({_S.awaits_customer}),
        "This is the last attempt; no other card can be tried.",
        _last_try,
    ),
    Step(OPEN, "Do not charge the customer in another way before the outcome is known."),
    Step(
        frozenset({_S.authorised}),
        "Somebody has to look at the payment at Stripe: this program never leaves money "
        "uncollected on purpose.",
        lambda facts: facts.payment.capture_method != "manual",
    ),
    Step(
        frozenset({_S.authorised}),
        "Capture it to take the money, or a part of it; cancel it to let the money go.",
        lambda facts: facts.payment.awaits_capture,
    ),
    Step(
        frozenset({_S.authorised}),
        "The money is being taken: Stripe was asked to and has not said that it has.",
        lambda facts: facts.payment.settling.capture is not None,
    ),
    Step(
        frozenset({_S.status_unknown}),
        "Somebody has to look at the payment at Stripe, and this program wants an update.",
    ),
    Step(
        OPEN,
        "A worker looks for the outcome by itself, next at {look}.",
        lambda facts: _looks_later(facts) and not _overdue(facts),
    ),
    Step(
        OPEN,
        "A worker looks for the outcome by itself, and is about to.",
        lambda facts: not _looks_later(facts) and not _overdue(facts),
    ),
    Step(
        OPEN,
        "The deadline, {deadline}, has passed: a worker is about to cancel the payment at Stripe, "
        "which settles it.",
        _overdue,
    ),
    Step(OPEN, "You can refresh the payment to ask Stripe right now."),
    # ── at its end ──
    Step(
        frozenset({_S.time_over, _S.ending}),
        "A worker cancels it at Stripe by itself, and tries again until Stripe has done so.",
    ),
    Step(
        frozenset({_S.ending}),
        "No card is taken any more. Read the payment again to see how it ended.",
    ),
    Step(frozenset({_S.time_over, _S.failed}), "To try again, create a new payment."),
    Step(
        frozenset({_S.paid}),
        "You can deliver. Money is given back by a refund.",
        lambda facts: not _given_back(facts),
    ),
    Step(
        frozenset({_S.paid}),
        "Money was given back, or the bank was asked for it: look at the payment's refunds and "
        "disputes before you deliver.",
        _given_back,
    ),
    Step(
        AFTER_A_TRY | {_S.ending, _S.failed, _S.paid},
        "A handler of this deployment failed on the outcome; see handler_error in the history.",
        lambda facts: facts.decision.handler_error is not None,
    ),
)
