"""Failed tries at paying: whose they are, what a handler says of them, and the rows they become.

An outcome's identity is its charge; without a charge it is the attempt. Each is counted once.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.card_scopes import disablement_row
from orchestrator.change import Draft
from orchestrator.gateway.views import CardView, ChargeView, Failure
from orchestrator.handlers import (
    ATTEMPTS_EXHAUSTED,
    HandlerResult,
    RuleSet,
    Ruling,
    outcome_of,
    rule_on,
)
from orchestrator.payment import AbandonedAttempt, Actor, Intention, OpenAttempt, PlannedRetry
from orchestrator.settle.endings import place_intention
from orchestrator.settle.observation import (
    Observation,
    charge_projection,
    failure_projection,
    reply_projection,
)
from orchestrator.settle.retries import plan_retry
from orchestrator.settle.schedule import next_look, wakes_at
from orchestrator.states import PaymentEvent


@dataclass(frozen=True, slots=True)
class Case:
    """A failure to be ruled on: what failed, and in which attempt.

    ``sent_as`` is the card's id as the client gave it, where the failed card is that card.
    """

    failure: Failure
    attempt: int
    http_status: int | None = None
    sent_as: str | None = None

    @property
    def identity(self) -> str:
        """Name the outcome: its charge, or the attempt where there is none."""
        return self.failure.charge or f"attempt:{self.attempt}"


def settle_open_attempt(draft: Draft, case: Case, observation: Observation, rules: RuleSet) -> None:
    """Apply the outcome of the attempt that is open: a row, or the intention to end."""
    ruling = _rule(draft, case, rules)
    if ruling.event is None:
        _ask_again_later(draft, case, ruling, observation)
        return
    evidence = _own_evidence(draft, case, observation)
    draft.close_attempt(case.attempt, "outcome", case.failure.charge)
    draft.remember(open=None, counted=_with(draft.payment.settling.counted, case.failure.charge))
    ruling, retry = plan_retry(draft, case.attempt, ruling, rules)
    _apply(draft, case, ruling, evidence, observation.actor, observation.reply.request_id, retry)


def settle_browser_failure(
    draft: Draft, charge: ChargeView, observation: Observation, rules: RuleSet
) -> bool:
    """Count a failed charge that no attempt of ours made: ``confirm`` and its outcome.

    Returns False when the handler asked to be asked again, so that nothing was counted.
    """
    number = draft.payment.attempts_used + 1
    case = Case(_failure_of(charge), number)
    ruling = _rule(draft, case, rules, spent=1)
    if ruling.event is None:
        if ruling.counts_as_ask:
            _count_ask(draft, case)
        draft.set(due_at=next_look(draft.now, draft.payment.settling.tries))
        return False
    evidence = _charge_evidence(draft, charge, number, "browser_outcome")
    draft.move(
        PaymentEvent.confirm,
        actor=Actor("stripe"),
        attempt=number,
        reason="confirmed_in_browser",
        evidence=evidence,
        evidence_status=_status_of(draft, evidence),
    )
    draft.open_attempt(
        origin="browser",
        payment_method=charge.payment_method,
        closed_at=draft.now,
        closed_by="outcome",
        charge=charge.id,
    )
    draft.remember(counted=_with(draft.payment.settling.counted, charge.id))
    _apply(draft, case, ruling, evidence, Actor("stripe"), observation.reply.request_id)
    return True


def bind_to_abandoned(
    draft: Draft, charge: ChargeView, attempt: AbandonedAttempt, rules: RuleSet
) -> None:
    """Record the late decline of an attempt that was given up: it spends and moves nothing."""
    _record_without_row(draft, charge, attempt.number, "abandoned_outcome", rules)
    left = tuple(other for other in draft.payment.settling.abandoned if other != attempt)
    draft.remember(abandoned=left)


def record_uncounted(draft: Draft, charge: ChargeView, rules: RuleSet) -> None:
    """Record a decline that came too late to count; its card is still disabled by the rules."""
    _record_without_row(draft, charge, None, "uncounted_outcome", rules)


def settle_without_running(draft: Draft, attempt: OpenAttempt, observation: Observation) -> None:
    """Settle an attempt that Stripe refused to run: it is spent, and has no charge.

    The card was never tried, so the same one may be presented again.
    """
    result = HandlerResult(
        completed=True,
        requires_retry=True,
        same_card_allowed=True,
        message="The payment could not be attempted. Please try again.",
        reason="attempt_not_run",
    )
    exhausted = draft.payment.attempts_left == 0
    ruling = Ruling(
        event=PaymentEvent.fail if exhausted else PaymentEvent.require_new_card,
        result=result,
        handler="attempt_not_run",
        key="attempt_not_run",
        reason=ATTEMPTS_EXHAUSTED if exhausted else result.reason,
    )
    case = Case(Failure(code="attempt_not_run"), attempt.number)
    evidence = _own_evidence(draft, case, observation)
    draft.close_attempt(attempt.number, "not_run")
    draft.remember(open=None)
    _apply(draft, case, ruling, evidence, observation.actor, observation.reply.request_id)


def outcome_shown(
    failure: Failure, ruling: Ruling, now: datetime, *, automatic_retry: bool = False
) -> dict[str, Any]:
    """Return what the payment shows of its last attempt; a success has an empty failure."""
    moment = ruling.result.not_before(now)
    return {
        "code": failure.code,
        "decline_code": failure.decline_code,
        "advice_code": failure.advice_code,
        "handler": ruling.handler,
        "completed": ruling.result.completed,
        "requires_retry": ruling.result.requires_retry,
        "message": ruling.result.message,
        "same_card_allowed": ruling.result.same_card_allowed,
        "retry_not_before": moment.isoformat() if moment else None,
        "automatic_retry": automatic_retry,
    }


def _rule(draft: Draft, case: Case, rules: RuleSet, *, spent: int = 0) -> Ruling:
    details = draft.payment.details
    if spent:
        details = replace(details, attempts_left=details.attempts_left - spent)
    outcome = replace(outcome_of(case.failure), http_status=case.http_status)
    asks = draft.payment.settling.asks.get(case.identity, 0)
    ruling = rule_on(outcome, details, rules, asks_so_far=asks)
    if ruling.alert:
        draft.alerts.append(f"rule:{ruling.key}")
    return ruling


def _apply(
    draft: Draft,
    case: Case,
    ruling: Ruling,
    evidence: int,
    actor: Actor,
    stripe_request_id: str | None,
    retry: PlannedRetry | None = None,
) -> None:
    """Turn a ruling into its row or its intention; with an intention standing, into neither."""
    _count_decline(draft, case.failure)
    _disable(draft, case, ruling)
    shown = outcome_shown(case.failure, ruling, draft.now, automatic_retry=retry is not None)
    draft.set(last_outcome=shown, next_action=None)
    if draft.payment.intention is not None:
        return
    assert ruling.event is not None, "an undecided ruling is never applied"
    reason = _reason_on_record(ruling)
    decision: dict[str, Any] = {
        "attempt": case.attempt,
        "handler": ruling.handler,
        "handler_error": ruling.handler_error,
        "completed": ruling.result.completed,
        "requires_retry": ruling.result.requires_retry,
        "code": case.failure.code,
        "decline_code": case.failure.decline_code,
        "reason": reason,
    }
    if ruling.event is PaymentEvent.fail:
        place_intention(
            draft,
            Intention(
                event="fail",
                actor=actor,
                request_id=draft.request_id,
                evidence=evidence,
                rules_version=draft.rules_version,
                **decision,
            ),
        )
        return
    draft.move(
        ruling.event,
        actor=actor,
        stripe_request_id=stripe_request_id,
        evidence=evidence,
        evidence_status=_status_of(draft, evidence),
        **decision,
    )
    draft.remember(tries=0, retry=retry)
    draft.set(due_at=wakes_at(draft.payment), deadline_at=None)


def _reason_on_record(ruling: Ruling) -> str:
    """Name what decided: our own row by its key, a deployment's handler by what it says."""
    ours = ruling.action is not None and ruling.handler_error is None
    if ours and ruling.reason != ATTEMPTS_EXHAUSTED:
        return ruling.key
    return ruling.reason or ruling.key


def _ask_again_later(draft: Draft, case: Case, ruling: Ruling, observation: Observation) -> None:
    """Keep an outcome whose handler has not completed, to be asked about again."""
    open_attempt = draft.payment.settling.open
    assert open_attempt is not None, "only an open attempt can be undecided"
    if open_attempt.undecided is None:
        draft.observe(
            observation.source,
            reply_projection(observation.reply),
            attempt=case.attempt,
            stripe_request_id=observation.reply.request_id,
        )
    if ruling.counts_as_ask:
        _count_ask(draft, case)
    tries = draft.payment.settling.tries
    draft.remember(
        open=replace(open_attempt, answer="undecided", undecided=case.failure), tries=tries + 1
    )
    draft.set(due_at=next_look(draft.now, tries))


def _count_ask(draft: Draft, case: Case) -> None:
    asks = draft.payment.settling.asks
    draft.remember(asks={**asks, case.identity: asks.get(case.identity, 0) + 1})


def _own_evidence(draft: Draft, case: Case, observation: Observation) -> int:
    payload = {
        **reply_projection(observation.reply),
        "outcome": failure_projection(case.failure),
    }
    return draft.observe(
        observation.source,
        payload,
        attempt=case.attempt,
        intent_status=observation.intent.status if observation.intent else None,
        outcome_charge=case.failure.charge,
        code=case.failure.code,
        decline_code=case.failure.decline_code,
        stripe_request_id=observation.reply.request_id,
    )


def _charge_evidence(draft: Draft, charge: ChargeView, attempt: int | None, kind: str) -> int:
    failure = _failure_of(charge)
    return draft.observe(
        kind,
        {"charge": charge_projection(charge)},
        attempt=attempt,
        outcome_charge=charge.id,
        code=failure.code,
        decline_code=failure.decline_code,
    )


def _record_without_row(
    draft: Draft, charge: ChargeView, attempt: int | None, kind: str, rules: RuleSet
) -> None:
    number = attempt or draft.payment.attempts_used
    case = Case(_failure_of(charge), number)
    ruling = _rule(draft, case, rules)
    _charge_evidence(draft, charge, attempt, kind)
    draft.remember(counted=_with(draft.payment.settling.counted, charge.id))
    _count_decline(draft, case.failure)
    _disable(draft, case, ruling)


def _count_decline(draft: Draft, failure: Failure) -> None:
    """Count a charge against its card, unless Stripe blocked it and no network was asked."""
    fingerprint = failure.card.fingerprint if failure.card is not None else None
    blocked = failure.outcome_read and failure.outcome_type == "blocked"
    if failure.charge is not None and fingerprint is not None and not blocked:
        draft.count_card(fingerprint, failure.charge, approved=False)


def _disable(draft: Draft, case: Case, ruling: Ruling) -> None:
    """Take the charge's card out of use, if the ruling says so and the charge tells which it is."""
    failure = case.failure
    card = failure.card or (
        CardView(failure.payment_method) if failure.payment_method is not None else None
    )
    if ruling.disable_scope is None or card is None:
        return
    scope = ruling.disable_scope
    reason = failure.decline_code or failure.code or ruling.key
    row = disablement_row(draft.payment, card, scope, reason, draft.now)
    # Two declines of one card in one change disable it once: the statement that writes them
    # cannot see its own first insert.
    if all(other["scope_key"] != row["scope_key"] for other in draft.disablements):
        draft.disablements.append(row)
    excluded = {"payment_method": case.sent_as or card.payment_method, "reason": reason}
    if excluded not in draft.payment.excluded_cards:
        draft.set(excluded_cards=(*draft.payment.excluded_cards, excluded))


def _status_of(draft: Draft, evidence: int) -> str | None:
    for row in draft.evidence:
        if row["sequence"] == evidence:
            status: str | None = row["intent_status"]
            return status
    return None


def _failure_of(charge: ChargeView) -> Failure:
    failure = charge.failure or Failure()
    return replace(
        failure,
        charge=charge.id,
        payment_method=failure.payment_method or charge.payment_method,
        card=failure.card or charge.card,
    )


def _with(counted: tuple[str, ...], charge: str | None) -> tuple[str, ...]:
    return (*counted, charge) if charge is not None and charge not in counted else counted
