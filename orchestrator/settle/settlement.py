"""``settle``: what an observation of Stripe makes of a payment. Status first, then whose failure.

Nothing else moves a payment on Stripe's word. The order is: a success, a cancellation, a status
that is still open, and only then failures; each failure is counted once, for the attempt it belongs
to. ``docs/adr`` holds the interleavings that each rule answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.change import Change, Draft
from orchestrator.gateway.views import ChargeView, Failure, IntentStatus, IntentView, ReplyKind
from orchestrator.handlers import Action, Outcome, RuleSet, Ruling, rule_on
from orchestrator.payment import AbandonedAttempt, Actor, Answer, OpenAttempt, Payment
from orchestrator.settle.endings import end_canceled, finish_payment
from orchestrator.settle.failures import (
    Case,
    bind_to_abandoned,
    outcome_shown,
    record_uncounted,
    settle_browser_failure,
    settle_open_attempt,
    settle_without_running,
)
from orchestrator.settle.observation import Observation, Source, charge_projection, reply_projection
from orchestrator.settle.schedule import Timing, next_look
from orchestrator.states import PaymentEvent, PaymentState

# An attempt whose own answer was one of these has been handed to somebody else (the customer's
# bank, the network): what the intent says afterwards is that attempt's.
HANDED_ON = frozenset({"requires_action", "processing"})

STILL_OPEN = frozenset(
    {
        IntentStatus.requires_action,
        IntentStatus.processing,
        IntentStatus.requires_capture,
        IntentStatus.requires_confirmation,
    }
)


@dataclass(slots=True)
class _Settlement:
    """One run of ``settle``: the draft and what it is made from."""

    draft: Draft
    observation: Observation
    rules: RuleSet
    timing: Timing

    @property
    def payment(self) -> Payment:
        return self.draft.payment

    @property
    def open(self) -> OpenAttempt | None:
        return self.draft.payment.settling.open

    @property
    def own(self) -> bool:
        """Whether this is the answer of the very attempt that is open now."""
        before, now = self.observation.before, self.open
        return (
            self.observation.own
            and before is not None
            and now is not None
            and before.number == now.number
        )


def settle(
    payment: Payment,
    observation: Observation,
    *,
    rules: RuleSet,
    now: datetime,
    timing: Timing,
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
    )
    run = _Settlement(draft, observation, rules, timing)
    if payment.handled:
        _after_the_end(run)
    else:
        _by_reply(run)
    change = draft.finish()
    return (
        None
        if replace(change.after, revision=0, updated_at=now)
        == replace(payment, revision=0, updated_at=now)
        and not (change.evidence or change.anomalies)
        else change
    )


# ── the reply ────────────────────────────────────────────────────────────────────────────────


def _by_reply(run: _Settlement) -> None:
    reply = run.observation.reply
    if reply.intent is not None and _decided_by_status(run, reply.intent):
        return
    _REPLIES[reply.kind](run)


def _decided_by_status(run: _Settlement, intent: IntentView) -> bool:
    """Apply a status that settles the payment whatever else the reply says."""
    if intent.status == IntentStatus.succeeded:
        _succeed(run, intent)
        return True
    if intent.status == IntentStatus.canceled:
        end_canceled(run.draft, intent, _evidence(run))
        _record_late_declines(run, intent)
        return True
    return False


def _answered(run: _Settlement) -> None:
    intent = run.observation.intent
    if intent is None:
        _look_again(run)
    elif intent.status == IntentStatus.requires_payment_method or _own_failure(run, intent):
        _read_failures(run, intent)
    else:
        if intent.status not in STILL_OPEN:
            run.draft.alerts.append(f"unknown_intent_status:{intent.status}")
        _still_open(run, intent)


def _refused(run: _Settlement) -> None:
    """Settle a request that Stripe called invalid, as far as that tells what became of it."""
    if not run.own:
        _status_or_look_again(run)
        return
    reply = run.observation.reply
    failure = Failure(code=reply.code, decline_code=reply.decline_code, message=reply.message)
    outcome = Outcome(
        code=reply.code, decline_code=reply.decline_code, http_status=reply.http_status
    )
    ruling = rule_on(outcome, run.payment.details, run.rules)
    if ruling.alert:
        run.draft.alerts.append(f"rule:{ruling.key}")
    if ruling.action is Action.read_intent:
        _remember_answer(run, "stored_error" if reply.code == "idempotency_error" else "not_run")
    elif ruling.action in {Action.resend, Action.stay}:
        _look_again(run)
    else:
        assert run.open is not None, "an own answer belongs to an open attempt"
        case = Case(failure, run.open.number, http_status=reply.http_status)
        settle_open_attempt(run.draft, case, run.observation, run.rules)


def _stored_error(run: _Settlement) -> None:
    if run.own:
        _remember_answer(run, "stored_error")
    else:
        _look_again(run)


def _unauthorized(run: _Settlement) -> None:
    run.draft.alerts.append(f"stripe_unauthorized:{run.observation.reply.code or 'no_code'}")
    _look_again(run)


def _look_again(run: _Settlement) -> None:
    """Leave the payment where it is and look again later, at growing intervals."""
    payment, tries = run.payment, run.payment.settling.tries
    due_at = next_look(run.draft.now, tries)
    end = payment.expires_at if payment.waiting else payment.deadline_at
    if end is not None and payment.intention is None and run.draft.now < end:
        due_at = min(due_at, end)
    run.draft.set(due_at=due_at)
    run.draft.remember(tries=tries + 1)
    if tries == 0 and run.observation.reply.kind is not ReplyKind.answered:
        _evidence(run)


def _status_or_look_again(run: _Settlement) -> None:
    intent = run.observation.intent
    if intent is not None and intent.status in STILL_OPEN:
        _still_open(run, intent)
    else:
        _look_again(run)


_REPLIES: dict[ReplyKind, Callable[[_Settlement], None]] = {
    ReplyKind.answered: _answered,
    ReplyKind.refused: _refused,
    ReplyKind.busy: _look_again,
    ReplyKind.unknown: _look_again,
    ReplyKind.stored_error: _stored_error,
    ReplyKind.unauthorized: _unauthorized,
}


# ── a success ────────────────────────────────────────────────────────────────────────────────


def _succeed(run: _Settlement, intent: IntentView) -> None:
    """Take a success from wherever the payment stands; it wins over any intention.

    Whatever the success handler does, the money has moved: its failure is noted on the row.
    """
    ruling = _rule_on_status(run, intent)
    run.draft.set(last_outcome=outcome_shown(Failure(), ruling, run.draft.now))
    evidence = _evidence(run, outcome_charge=intent.latest_charge)
    facts: dict[str, Any] = {
        "evidence": evidence,
        "evidence_status": intent.status,
        "stripe_request_id": run.observation.reply.request_id,
    }
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
    _record_late_declines(run, intent)


def _rule_on_status(run: _Settlement, intent: IntentView) -> Ruling:
    outcome = Outcome(
        status=intent.status, charge=intent.latest_charge, payment_method=intent.payment_method
    )
    ruling = rule_on(outcome, run.payment.details, run.rules)
    if ruling.alert:
        run.draft.alerts.append(f"rule:{ruling.key}")
    return ruling


def _attempt_of_success(run: _Settlement, intent: IntentView, facts: dict[str, Any]) -> int:
    """Return the attempt that succeeded, opening one for a payment made in a browser."""
    draft = run.draft
    if run.open is not None:
        draft.close_attempt(run.open.number, "outcome", intent.latest_charge)
        return run.open.number
    if run.payment.state is PaymentState.confirming:
        return run.payment.attempts_used
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


def _note_difference(run: _Settlement, intent: IntentView, evidence: int) -> None:
    """Put a success over another amount or currency on record; the money did move."""
    expected = (run.payment.amount, run.payment.currency)
    if (intent.amount_received, intent.currency) != expected:
        detail = (
            f"expected {expected[0]} {expected[1]}, "
            f"Stripe received {intent.amount_received} {intent.currency}"
        )
        run.draft.note_anomaly("amount_differs", detail, evidence)


def _after_the_end(run: _Settlement) -> None:
    """Record what still comes for a handled payment; nothing moves."""
    intent = run.observation.intent
    if intent is None:
        return
    if intent.status == IntentStatus.succeeded and run.payment.state is PaymentState.failed:
        evidence = _evidence(run)
        run.draft.note_anomaly("late_success", f"{intent.id} succeeded after the end", evidence)
    _record_late_declines(run, intent)


def _record_late_declines(run: _Settlement, intent: IntentView) -> None:
    for charge in _all_uncounted(run, intent):
        record_uncounted(run.draft, charge, run.rules)
    run.draft.remember(held=())


# ── a status that is still open ──────────────────────────────────────────────────────────────


def _still_open(run: _Settlement, intent: IntentView) -> None:
    """Keep what is awaited as evidence; no row is written."""
    draft = run.draft
    answer = run.open.answer if run.open else None
    seen_before = run.payment.settling.tries > 0 and answer in {None, intent.status}
    if run.own or not seen_before:
        _evidence(run)
    if run.own:
        awaited = outcome_shown(Failure(), _rule_on_status(run, intent), draft.now)
        draft.set(last_outcome=awaited)
        # After a status we do not know, too, only reads can tell more.
        _remember_answer(run, _ANSWER_OF.get(intent.status, "processing"))
    else:
        _hold_browser_failures(run, intent)
    if run.payment.state is PaymentState.confirming and run.payment.intention is None:
        draft.set(next_action=intent.next_action)
    _look_again(run)


_ANSWER_OF: dict[str, Answer] = {
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "requires_capture",
    "requires_confirmation": "requires_confirmation",
}


def _remember_answer(run: _Settlement, answer: Answer) -> None:
    """Note what the open attempt's own request was answered; from here on reads can settle it."""
    attempt = run.open
    assert attempt is not None, "an own answer belongs to an open attempt"
    intent = run.observation.intent
    resolved = intent.payment_method if intent else None
    methods = attempt.payment_methods
    if resolved is not None and resolved not in methods:
        methods = (*methods, resolved)
    if answer in {"not_run", "stored_error"}:
        _evidence(run)
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


# ── failures ─────────────────────────────────────────────────────────────────────────────────


def _read_failures(run: _Settlement, intent: IntentView) -> None:
    """Settle the open attempt if its failure is here, then count what browsers did."""
    attempt = run.open
    if attempt is not None:
        if not _settle_open(run, intent, attempt):
            _hold_browser_failures(run, intent)
            _look_again(run)
        if run.open is not None:
            return
    if run.payment.waiting and run.payment.intention is None:
        # With an intention standing the timer stays: whoever was to carry it out may be dead.
        run.draft.set(due_at=run.payment.expires_at)
        run.draft.remember(tries=0)
    _count_browser_failures(run, intent)


def _settle_open(run: _Settlement, intent: IntentView, attempt: OpenAttempt) -> bool:
    """Settle the attempt that is open, if this observation may and its failure can be told."""
    observation = run.observation
    own_failure = _own_failure(run, intent)
    if own_failure is not None:
        return _settle_with(run, attempt, own_failure, observation.reply.http_status)
    known = observation.before
    if known is None or known.number != attempt.number or known.answer is None:
        return False
    if known.answer == "not_run":
        settle_without_running(run.draft, attempt, observation)
        return True
    found = _failure_since(run, intent, attempt, known.answer)
    return found is not None and _settle_with(run, attempt, found, None)


def _settle_with(
    run: _Settlement, attempt: OpenAttempt, failure: Failure, http_status: int | None
) -> bool:
    method = failure.payment_method or (failure.card.payment_method if failure.card else None)
    sent = attempt.payment_methods[0]
    known_card = method is None or method in attempt.payment_methods or run.own
    case = Case(failure, attempt.number, http_status, sent if known_card else None)
    settle_open_attempt(run.draft, case, run.observation, run.rules)
    return True


def _failure_since(
    run: _Settlement, intent: IntentView, attempt: OpenAttempt, answer: Answer
) -> Failure | None:
    """Find the failure of an attempt whose own answer left its outcome open.

    That is the newest failed charge of its card that is not counted and not older than its answer;
    without one, the intent's last error, unless that speaks of a charge which is older or counted.
    """
    if attempt.undecided is not None:
        return attempt.undecided
    # What the network was processing then is the attempt's own charge, under the same id now.
    newer = _newer_than(
        intent.charges or (), attempt.charge_before, or_itself=answer == "processing"
    )
    for charge in newer:
        if _is_uncounted_failure(run, charge) and charge.payment_method in attempt.payment_methods:
            assert charge.failure is not None, "a failed charge carries its failure"
            return replace(
                charge.failure,
                charge=charge.id,
                payment_method=charge.payment_method,
                card=charge.failure.card or charge.card,
            )
    error = intent.last_payment_error
    if answer not in HANDED_ON or error is None:
        return None
    if error.charge is None:
        return error
    fresh = error.charge not in run.payment.settling.counted
    known_newer = error.charge in {charge.id for charge in newer} or not intent.charges
    return error if fresh and known_newer else None


def _count_browser_failures(run: _Settlement, intent: IntentView) -> None:
    """Count, oldest first, the failed charges that no attempt of ours made."""
    for charge in _all_uncounted(run, intent):
        abandoned = _abandoned_attempt_of(run, charge)
        if abandoned is not None:
            bind_to_abandoned(run.draft, charge, abandoned, run.rules)
        elif run.payment.waiting:
            settle_browser_failure(run.draft, charge, run.observation, run.rules)
        else:
            record_uncounted(run.draft, charge, run.rules)
    run.draft.remember(held=())


def _hold_browser_failures(run: _Settlement, intent: IntentView) -> None:
    """Keep failed charges that may not be counted while an attempt is open."""
    if run.open is None:
        return
    held = {charge.id: charge for charge in run.payment.settling.held}
    for charge in _uncounted_failures(run, intent):
        if charge.id not in held:
            run.draft.observe("held", {"charge": charge_projection(charge)})
            held[charge.id] = charge
    run.draft.remember(held=tuple(held.values()))


def _all_uncounted(run: _Settlement, intent: IntentView) -> list[ChargeView]:
    """List held and newly read failures that are not counted yet, oldest first, each once."""
    known = {charge.id: charge for charge in run.payment.settling.held}
    for charge in _uncounted_failures(run, intent):
        known.setdefault(charge.id, charge)
    counted = run.payment.settling.counted
    return sorted(
        (charge for charge in known.values() if charge.id not in counted),
        key=lambda charge: charge.created,
    )


def _uncounted_failures(run: _Settlement, intent: IntentView) -> list[ChargeView]:
    """List an intent's failed charges that are not counted yet, oldest first."""
    charges = intent.charges or ()
    return [charge for charge in reversed(charges) if _is_uncounted_failure(run, charge)]


def _is_uncounted_failure(run: _Settlement, charge: ChargeView) -> bool:
    return charge.status == "failed" and charge.id not in run.payment.settling.counted


def _abandoned_attempt_of(run: _Settlement, charge: ChargeView) -> AbandonedAttempt | None:
    for attempt in run.payment.settling.abandoned:
        if charge.payment_method in attempt.payment_methods:
            return attempt
    return None


def _newer_than(
    charges: tuple[ChargeView, ...], baseline: str | None, *, or_itself: bool
) -> tuple[ChargeView, ...]:
    """Return the charges made after ``baseline``; Stripe lists the newest first."""
    ids = [charge.id for charge in charges]
    return charges[: ids.index(baseline) + or_itself] if baseline in ids else charges


def _own_failure(run: _Settlement, intent: IntentView) -> Failure | None:
    """Return the failure that the open attempt's own answer reports, with the charge it has.

    The error itself may leave the charge out; the intent beside it then names it. A confirm may
    also end without an error of its own and leave the intent wanting a card (3-D Secure could not
    be started): what failed is then the intent's last error, which the confirm had cleared.
    """
    failure, error = run.observation.reply.failure, intent.last_payment_error
    if not run.own:
        return None
    if failure is None:
        wants_card = intent.status == IntentStatus.requires_payment_method
        return (error or Failure()) if wants_card else None
    if failure.charge is None and error is not None and error.charge is not None:
        return replace(failure, charge=error.charge)
    return failure


def _evidence(run: _Settlement, *, outcome_charge: str | None = None) -> int:
    reply, intent = run.observation.reply, run.observation.intent
    return run.draft.observe(
        run.observation.source,
        reply_projection(reply),
        attempt=run.observation.before.number if run.observation.before else None,
        intent_status=intent.status if intent else None,
        outcome_charge=outcome_charge,
        code=reply.code,
        decline_code=reply.decline_code,
        stripe_request_id=reply.request_id,
        stripe_event_id=run.observation.stripe_event_id,
    )


__all__ = ["HANDED_ON", "STILL_OPEN", "Source", "settle"]
