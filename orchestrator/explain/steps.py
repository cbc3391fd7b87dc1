"""What comes next, as sentences by situation; what stands in braces is in ``facts.py``.

What a customer may hear is only what is put in quotation marks.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from orchestrator.explain.facts import Facts
from orchestrator.explain.situation import Situation
from orchestrator.explain.words import AFTER_A_TRY, OPEN, WAITING

_S = Situation


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
