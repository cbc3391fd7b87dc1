"""``settle``: what an observation of Stripe makes of a payment. Status first, then whose failure.

Nothing else moves a payment on Stripe's word. The order is: a success, a cancellation, a status
that is still open, and only then failures; each failure is counted once, for the attempt it belongs
to. ``tests/protocol`` tells the interleavings that each rule answers.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from orchestrator.change import Change, Draft
from orchestrator.gateway.views import Failure, IntentStatus, IntentView, ReplyKind
from orchestrator.handlers import Action, Outcome, RuleSet, Ruling, rule_on
from orchestrator.payment import Actor, Answer, Payment
from orchestrator.settle.attribution import hold_browser_failures, own_failure, read_failures
from orchestrator.settle.captures import (
    expected_amount,
    hold_until_captured,
    no_longer_wished,
)
from orchestrator.settle.endings import end_canceled, finish_payment
from orchestrator.settle.failures import Case, outcome_shown, settle_open_attempt
from orchestrator.settle.observation import Observation
from orchestrator.settle.situation import (
    Situation,
    keep_evidence,
    look_again,
    record_late_declines,
)
from orchestrator.states import PaymentEvent, PaymentState

STILL_OPEN = frozenset(
    {
        IntentStatus.requires_action,
        IntentStatus.processing,
        IntentStatus.requires_capture,
        IntentStatus.requires_confirmation,
    }
)


def settle(
    payment: Payment,
    observation: Observation,
    *,
    rules: RuleSet,
    now: datetime,
) -> Change | None:
    """Decide what an observation changes; null when it says nothing new.

    A pure function: the caller writes the change, and on a write conflict reads the payment again
    and settles the same observation against what it finds.
    """
    draft = Draft(
        before=payment,
        payment=payment,
        now=now,
        actor=observation.actor,
        rules_version=rules.rules_version,
        request_id=observation.request_id,
        stripe_event_id=observation.stripe_event_id,
    )
    run = Situation(draft, observation, rules)
    if payment.handled:
        _after_the_end(run)
    else:
        _by_reply(run)
    change = draft.finish()
    return change if _says_something(change, payment) else None


def _says_something(change: Change, payment: Payment) -> bool:
    as_it_was = replace(change.after, revision=payment.revision, updated_at=payment.updated_at)
    return bool(change.evidence or change.anomalies) or as_it_was != payment


# ── the reply ────────────────────────────────────────────────────────────────────────────────


def _by_reply(run: Situation) -> None:
    reply = run.observation.reply
    if reply.intent is not None and _decided_by_status(run, reply.intent):
        return
    if no_longer_wished(run):
        return
    _REPLIES[reply.kind](run)


def _decided_by_status(run: Situation, intent: IntentView) -> bool:
    """Apply a status that settles the payment whatever else the reply says."""
    if intent.status == IntentStatus.succeeded:
        _succeed(run, intent)
        return True
    if intent.status == IntentStatus.canceled:
        end_canceled(run.draft, intent, keep_evidence(run))
        record_late_declines(run, intent)
        return True
    return False


def _answered(run: Situation) -> None:
    intent = run.observation.intent
    if intent is None:
        look_again(run)
    elif intent.status == IntentStatus.requires_payment_method or own_failure(run, intent):
        read_failures(run, intent)
    else:
        if intent.status not in STILL_OPEN:
            run.draft.alerts.append(f"unknown_intent_status:{intent.status}")
        _still_open(run, intent)


def _refused(run: Situation) -> None:
    """Settle a request that Stripe called invalid, as far as that tells what became of it."""
    if not run.own:
        _status_or_look_again(run)
        return
    reply = run.observation.reply
    failure = Failure(
        code=reply.code,
        decline_code=reply.decline_code,
        message=reply.message,
        payment_method=run.open.payment_methods[0] if run.open else None,
    )
    outcome = Outcome(
        code=reply.code, decline_code=reply.decline_code, http_status=reply.http_status
    )
    ruling = rule_on(outcome, run.payment.details, run.rules)
    if ruling.alert:
        run.draft.alerts.append(f"rule:{ruling.key}")
    if ruling.action is Action.read_intent:
        _remember_answer(run, "stored_error" if reply.code == "idempotency_error" else "not_run")
    elif ruling.action in {Action.resend, Action.stay}:
        look_again(run)
    else:
        assert run.open is not None, "an own answer belongs to an open attempt"
        case = Case(failure, run.open.number, http_status=reply.http_status)
        settle_open_attempt(run.draft, case, run.observation, run.rules)


def _stored_error(run: Situation) -> None:
    if run.own:
        _remember_answer(run, "stored_error")
    else:
        look_again(run)


def _unauthorized(run: Situation) -> None:
    run.draft.alerts.append(f"stripe_unauthorized:{run.observation.reply.code or 'no_code'}")
    look_again(run)


def _status_or_look_again(run: Situation) -> None:
    intent = run.observation.intent
    if intent is not None and intent.status in STILL_OPEN:
        _still_open(run, intent)
        return
    if intent is None:
        # Stripe refuses to show our own intent: another account's key, or a deleted test account.
        run.draft.alerts.append(f"intent_refused:{run.observation.reply.code or 'no_code'}")
    look_again(run)


_REPLIES: dict[ReplyKind, Callable[[Situation], None]] = {
    ReplyKind.answered: _answered,
    ReplyKind.refused: _refused,
    ReplyKind.busy: look_again,
    ReplyKind.unknown: look_again,
    ReplyKind.stored_error: _stored_error,
    ReplyKind.unauthorized: _unauthorized,
}


# ── a success ────────────────────────────────────────────────────────────────────────────────


def _succeed(run: Situation, intent: IntentView) -> None:
    """Take a success from wherever the payment stands; it wins over any intention.

    Whatever the success handler does, the money has moved: its failure is noted on the row.
    """
    ruling = _rule_on_status(run, intent)
    run.draft.set(last_outcome=outcome_shown(Failure(), ruling, run.draft.now))
    evidence = keep_evidence(run, outcome_charge=intent.latest_charge)
    facts: dict[str, Any] = {
        "evidence": evidence,
        "evidence_status": intent.status,
        "stripe_request_id": run.observation.reply.request_id,
    }
    _note_approval(run, intent)
    number = _attempt_of_success(run, intent, facts)
    run.draft.move(
        PaymentEvent.succeed,
        attempt=number,
        handler=ruling.handler,
        handler_error=ruling.handler_error,
        completed=ruling.result.completed,
        requires_retry=ruling.result.requires_retry,
        **facts,
    )
    finish_payment(run.draft, failure_reason=None)
    _note_difference(run, intent, evidence)
    if intent.latest_charge is not None:
        run.draft.remember(counted=(*run.payment.settling.counted, intent.latest_charge))
    record_late_declines(run, intent)


def _rule_on_status(run: Situation, intent: IntentView) -> Ruling:
    outcome = Outcome(
        status=intent.status, charge=intent.latest_charge, payment_method=intent.payment_method
    )
    ruling = rule_on(outcome, run.payment.details, run.rules)
    if ruling.alert:
        run.draft.alerts.append(f"rule:{ruling.key}")
    return ruling


def _attempt_of_success(run: Situation, intent: IntentView, facts: dict[str, Any]) -> int | None:
    """Return the attempt that succeeded, opening one for a payment made in a browser.

    Null where the payment was already to end: the attempts are settled, and this success is of
    none of them.
    """
    draft = run.draft
    if run.open is not None:
        draft.close_attempt(run.open.number, "outcome", intent.latest_charge)
        return run.open.number
    if run.payment.state is PaymentState.confirming:
        return None
    draft.move(
        PaymentEvent.confirm,
        actor=Actor("stripe"),
        attempt=run.payment.attempts_used + 1,
        reason="confirmed_in_browser",
        **facts,
    )
    draft.open_attempt(
        origin="browser",
        payment_method=intent.payment_method,
        closed_at=draft.now,
        closed_by="outcome",
        charge=intent.latest_charge,
    )
    return run.payment.attempts_used


def _note_approval(run: Situation, intent: IntentView) -> None:
    """Let an approval end the count of its card's declines, where any are known.

    The charge says which card it was, where it was read; the attempt's own answer was of its card.
    """
    if intent.latest_charge is None:
        return
    charges = {charge.id: charge.card for charge in intent.charges or ()}
    card = charges.get(intent.latest_charge)
    if card is not None and card.fingerprint is not None:
        run.draft.count_card(card.fingerprint, intent.latest_charge, approved=True)
    elif run.own and run.open is not None and run.open.declined_card is not None:
        run.draft.count_card(run.open.declined_card, intent.latest_charge, approved=True)


def _note_difference(run: Situation, intent: IntentView, evidence: int) -> None:
    """Put a success over another amount or currency on record; the money did move."""
    expected = (expected_amount(run.payment), run.payment.currency)
    if intent.amount_received != run.payment.amount:
        run.draft.remember(received=intent.amount_received)
    if (intent.amount_received, intent.currency) != expected:
        detail = (
            f"expected {expected[0]} {expected[1]}, "
            f"Stripe received {intent.amount_received} {intent.currency}"
        )
        run.draft.note_anomaly("amount_differs", detail, evidence)


def _after_the_end(run: Situation) -> None:
    """Record what still comes for a handled payment; nothing moves."""
    intent = run.observation.intent
    if intent is None:
        return
    if intent.status == IntentStatus.succeeded and run.payment.state is PaymentState.failed:
        evidence = keep_evidence(run)
        run.draft.note_anomaly("late_success", f"{intent.id} succeeded after the end", evidence)
    record_late_declines(run, intent)


# ── a status that is still open ──────────────────────────────────────────────────────────────


def _still_open(run: Situation, intent: IntentView) -> None:
    """Keep what is awaited as evidence; no row is written."""
    draft = run.draft
    hold_until_captured(run, intent)
    if run.own or run.payment.settling.seen_status != intent.status:
        keep_evidence(run)
        draft.remember(seen_status=intent.status)
    if run.own:
        awaited = outcome_shown(Failure(), _rule_on_status(run, intent), draft.now)
        draft.set(last_outcome=awaited)
        # After a status we do not know, too, only reads can tell more.
        _remember_answer(run, _ANSWER_OF.get(intent.status, "processing"))
    else:
        hold_browser_failures(run, intent)
    if run.current and run.payment.intention is None:
        draft.set(next_action=intent.next_action)
    look_again(run)


_ANSWER_OF: dict[str, Answer] = {
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "requires_capture",
    "requires_confirmation": "requires_confirmation",
}


def _remember_answer(run: Situation, answer: Answer) -> None:
    """Note what the open attempt's own request was answered; from here on reads can settle it."""
    attempt = run.open
    assert attempt is not None, "an own answer belongs to an open attempt"
    intent = run.observation.intent
    resolved = intent.payment_method if intent else None
    methods = attempt.payment_methods
    if resolved is not None and resolved not in methods:
        methods = (*methods, resolved)
    if answer in {"not_run", "stored_error"}:
        keep_evidence(run)
        methods = attempt.payment_methods
    run.draft.remember(
        open=replace(
            attempt,
            answer=answer,
            payment_methods=methods,
            charge_before=intent.latest_charge if intent else None,
        ),
        tries=0,
    )
    run.draft.set(due_at=run.draft.now)
