"""An explanation says, for every state and situation, what is so and what comes next."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from orchestrator.explain import Ending, Explanation, Situation, ending_of, explain, situation_of
from orchestrator.explain.words import BECAUSE, EFFECTS, STEPS, SUMMARIES
from orchestrator.gateway.views import Failure
from orchestrator.handlers import (
    ERROR_HANDLERS,
    HandlerResult,
    Outcome,
    PaymentDetails,
    Rule,
    RuleSet,
    load_rules,
)
from orchestrator.payment import (
    Actor,
    Answer,
    Intention,
    OpenAttempt,
    Payment,
    PlannedRetry,
    Settling,
    WishedCapture,
)
from orchestrator.states import PaymentState
from tests.stored_payments import START, new_payment

Row = dict[str, Any]

RULES = load_rules()
NOW = START + timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)
EARLIER = NOW - timedelta(minutes=5)
EXPIRY = START + timedelta(days=1)
SECRET = "pi_1_secret_hidden"


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


S = PaymentState
ON = "2026-03-02 12:00:00 UTC"
BY_ITSELF = "fails by itself"
REFRESH = "You can refresh the payment to ask Stripe right now."
LOOKS = "A worker looks for the outcome by itself, next at 2026-03-01 13:05:00 UTC."
CAREFUL = "Do not charge the customer in another way"
ANYTHING_BUT_CARDS = ("another card", "You can confirm")

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
ACTION = {"type": "redirect_to_url", "redirect_to_url": {"url": f"https://x/{SECRET}"}}

CASES: dict[str, Told] = {
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


def explained(told: Told, rules: RuleSet = RULES) -> Explanation:
    """Explain a case."""
    return explain(told.payment, told.last, rules, told.now)


def everything(explanation: Explanation) -> str:
    """Return all that is said."""
    parts = (explanation.summary, explanation.deadline_effect or "", *explanation.next_steps)
    return "\n".join(parts)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_what_is_said(told: Told) -> None:
    """Each case has its situation, its summary, its steps in order, and nothing that misleads."""
    explanation = explained(told)

    assert explanation.situation is told.situation
    assert told.summary in explanation.summary
    found = [
        next((place for place, step in enumerate(explanation.next_steps) if part in step), -1)
        for part in told.steps
    ]
    assert -1 not in found, explanation.next_steps
    assert found == sorted(found)
    assert [part for part in told.unsaid if part in everything(explanation)] == []


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_it_can_be_read_out(told: Told) -> None:
    """What is said are whole sentences: no gap, no null, no brace, no name of a column."""
    said = everything(explained(told))

    assert all(line[0].isupper() and line[-1] in '."' for line in said.splitlines() if line)
    assert not re.search(r"None|[{}]|no time|\battempt 0|  ", said)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_events_are_those_of_the_machine(told: Told) -> None:
    """What may happen is what the table allows with the attempts that are left."""
    allowed = explained(told).allowed_events

    assert ("confirm" in allowed) == told.payment.waiting
    assert (allowed == ()) == told.payment.handled
    assert ("succeed" in allowed) == (told.payment.state is S.confirming)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_a_deadline_has_an_effect(told: Told) -> None:
    """A deadline is told with what happens then, unless the payment ends or has ended anyway."""
    explanation = explained(told)
    over = told.payment.handled or told.payment.intention is not None

    assert (explanation.deadline is None) == over
    assert (explanation.deadline_effect is None) == over
    if not over:
        waits = told.payment.waiting
        assert explanation.deadline == (EXPIRY if waits else told.payment.deadline_at)


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_no_secret_is_told(told: Told) -> None:
    """An address that carries a client secret is nowhere in an explanation but in the payment."""
    explanation = replace(explained(told), payment=new_payment())

    assert SECRET not in repr(explanation)


def test_every_situation_and_ending_has_a_case() -> None:
    """The cases above leave out no situation, no state, no ending, and no sentence."""
    explanations = [explained(told) for told in CASES.values()]
    said = "\n".join(everything(one) for one in explanations)
    fixed = [re.split(r"\{\w+\}", text)[0] for text in (*BECAUSE.values(), *SUMMARIES.values())]
    steps = [max(re.split(r"\{\w+\}", step.sentence), key=len) for step in STEPS]

    assert {one.situation for one in explanations} == set(Situation) == set(SUMMARIES)
    assert {told.payment.state for told in CASES.values()} == set(PaymentState)
    assert set(BECAUSE) == set(Ending)
    assert [part for part in (*fixed, *steps) if part not in said] == []


def test_words_are_of_situations_there_are() -> None:
    """Only situations that can have a deadline tell what it does."""
    assert set(Situation) - set(EFFECTS) == {Situation.ending, Situation.paid, Situation.failed}


# ── the rule ─────────────────────────────────────────────────────────────────────────────────


def test_the_rule_is_the_last_rows() -> None:
    """The rule shown has code, handler, meaning, event and version of the last history row."""
    rule = explained(CASES["declined"]).rule

    assert rule is not None
    assert (rule.code, rule.decline_code) == ("card_declined", "insufficient_funds")
    assert (rule.handler, rule.meaning) == ("ask_for_new_card", "not enough funds")
    assert (rule.completed, rule.requires_retry, rule.event) == (True, True, "require_new_card")
    assert rule.rules_version == "v1"


def test_the_rule_of_an_intention() -> None:
    """While a payment is to fail, the rule shown is the one in force that wants it to."""
    rule = explained(CASES["ending, exhausted"]).rule

    assert rule is not None
    assert (rule.event, rule.meaning) == ("fail", "reported stolen")
    assert rule.rules_version == RULES.rules_version


MEANINGS = {
    "succeeded": "paid",
    "advice decided": "issuer: try again later",
    "attempt not run": "Stripe did not run the attempt",
    "a code from the future": "code unknown",
    "no code at all": None,
}


@pytest.mark.parametrize(("name", "meaning"), MEANINGS.items())
def test_what_a_rule_means(name: str, meaning: str | None) -> None:
    """A meaning is told wherever the row that decided is known."""
    rule = explained(CASES[name]).rule

    assert rule is not None
    assert rule.meaning == meaning


NO_RULE = ["created", "in flight", "undecided", "failed, canceled"]


@pytest.mark.parametrize("name", [*NO_RULE, "failed, expired", "ending, canceled"])
def test_no_rule_where_none_decided(name: str) -> None:
    """Where nothing was decided yet, or a wish or the clock decided, there is no rule."""
    assert explained(CASES[name]).rule is None


def hold(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Stand for a deployment's own handler."""
    return HandlerResult(completed=True, requires_retry=True)


def test_a_deployments_handler_borrows_the_meaning() -> None:
    """Where a deployment's function stands over our row, the code still means what it means."""
    rules = RULES.with_overrides({"insufficient_funds": hold})
    own = decision("require_new_card", "mine.hold", "insufficient_funds", reason="because I say")
    told = replace_last(CASES["declined"], own)

    rule = explained(told, rules).rule

    assert rule is not None
    assert (rule.handler, rule.meaning) == ("mine.hold", "not enough funds")


def test_a_deployments_row_words_itself() -> None:
    """Where a deployment's row has words of its own, they are told."""
    ours = ERROR_HANDLERS["insufficient_funds"]
    assert isinstance(ours, Rule)
    rules = RULES.with_overrides({"insufficient_funds": replace(ours, meaning="payday is near")})

    rule = explained(CASES["declined"], rules).rule

    assert rule is not None
    assert rule.meaning == "payday is near"


def replace_last(told: Told, last: Row) -> Told:
    """Return a case with another last row."""
    return told._replace(last=last)


def test_a_situation_can_be_told_without_the_history() -> None:
    """A list, which reads no history, tells all but why a card is asked for."""
    assert situation_of(CASES["attempt not run"].payment, None, NOW) is Situation.declined


def test_a_deployments_reason_is_no_name_of_ours() -> None:
    """A deployment's handler may give any reason, also one that reads like an attempt not run."""
    declined = CASES["declined"]
    last = decision("require_new_card", "mine.hold", "do_not_honor", reason="attempt_not_run")

    assert situation_of(declined.payment, last, NOW) is Situation.declined


def test_any_other_reason_is_a_rules() -> None:
    """A reason that is a deployment's own words is an ending by rule."""
    assert ending_of("fail", "hold_large_orders") is Ending.by_rule
