"""Whose failure it is: the open attempt's, a browser's, or that of an attempt that was given up.

Reads only an intent that wants another card. An observation may settle the attempt that was open
before it was made, and no other.
"""

from dataclasses import replace

from orchestrator.gateway.views import ChargeView, Failure, IntentStatus, IntentView
from orchestrator.payment import AbandonedAttempt, Answer, OpenAttempt
from orchestrator.settle.failures import (
    Case,
    bind_to_abandoned,
    record_uncounted,
    settle_browser_failure,
    settle_open_attempt,
    settle_without_running,
)
from orchestrator.settle.observation import charge_projection
from orchestrator.settle.schedule import wakes_at
from orchestrator.settle.situation import (
    Situation,
    all_uncounted_failures,
    is_uncounted_failure,
    look_again,
    uncounted_failures,
)

# An attempt whose own answer was one of these has been handed to somebody else (the customer's
# bank, the network): what the intent says afterwards is that attempt's.
HANDED_ON = frozenset({"requires_action", "processing"})


def read_failures(run: Situation, intent: IntentView) -> None:
    """Settle the open attempt if its failure is here, then count what browsers did."""
    attempt = run.open
    if attempt is not None:
        if not _settle_open(run, intent, attempt):
            hold_browser_failures(run, intent)
            look_again(run)
        if run.open is not None:
            return
    if run.payment.waiting and run.payment.intention is None:
        # With an intention standing the timer stays: whoever was to carry it out may be dead.
        run.draft.set(due_at=wakes_at(run.payment))
        run.draft.remember(tries=0)
    _count_browser_failures(run, intent)


def _settle_open(run: Situation, intent: IntentView, attempt: OpenAttempt) -> bool:
    """Settle the attempt that is open, if this observation may and its failure can be told."""
    observation = run.observation
    own = own_failure(run, intent)
    if own is not None:
        declined = observation.reply.failure is not None
        return _settle_with(run, attempt, own, observation.reply.http_status if declined else None)
    known = observation.before
    if known is None or known.number != attempt.number or known.answer is None:
        return False
    if known.answer == "not_run":
        settle_without_running(run.draft, attempt, observation)
        return True
    found = _failure_since(run, intent, attempt, known.answer)
    return found is not None and _settle_with(run, attempt, found, None)


def _settle_with(
    run: Situation, attempt: OpenAttempt, failure: Failure, http_status: int | None
) -> bool:
    method = failure.payment_method or (failure.card.payment_method if failure.card else None)
    sent = attempt.payment_methods[0]
    known_card = method is None or method in attempt.payment_methods or run.own
    case = Case(failure, attempt.number, http_status, sent if known_card else None)
    settle_open_attempt(run.draft, case, run.observation, run.rules)
    return True


def _failure_since(
    run: Situation, intent: IntentView, attempt: OpenAttempt, answer: Answer
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
        if is_uncounted_failure(run, charge) and charge.payment_method in attempt.payment_methods:
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


def own_failure(run: Situation, intent: IntentView) -> Failure | None:
    """Return the failure that the open attempt's own answer reports, with the charge it has.

    The error itself may leave the charge out; the intent beside it then names it, unless that
    charge is counted already and so belongs to another attempt. A confirm may also end without an
    error of its own and leave the intent wanting a card (3-D Secure could not be started): what
    failed is then the intent's last error, which the confirm had cleared.
    """
    failure, error = run.observation.reply.failure, intent.last_payment_error
    if not run.own:
        return None
    if failure is None:
        if intent.status != IntentStatus.requires_payment_method:
            return None
        failure = error or Failure()
    charge = failure.charge or (error.charge if error is not None else None)
    return replace(failure, charge=None if charge in run.payment.settling.counted else charge)


def _count_browser_failures(run: Situation, intent: IntentView) -> None:
    """Count, oldest first, the failed charges that no attempt of ours made."""
    for charge in all_uncounted_failures(run, intent):
        abandoned = _abandoned_attempt_of(run, charge)
        if abandoned is not None:
            bind_to_abandoned(run.draft, charge, abandoned, run.rules)
        elif run.payment.waiting and run.payment.intention is None:
            if not settle_browser_failure(run.draft, charge, run.observation, run.rules):
                # Its handler wants to be asked again; what came after it waits for that.
                return
        else:
            record_uncounted(run.draft, charge, run.rules)
    run.draft.remember(held=())


def hold_browser_failures(run: Situation, intent: IntentView) -> None:
    """Keep failed charges that may not be counted while an attempt is open."""
    if run.open is None:
        return
    held = {charge.id: charge for charge in run.payment.settling.held}
    for charge in uncounted_failures(run, intent):
        if charge.id not in held:
            run.draft.observe("held", {"charge": charge_projection(charge)})
            held[charge.id] = charge
    run.draft.remember(held=tuple(held.values()))


def _abandoned_attempt_of(run: Situation, charge: ChargeView) -> AbandonedAttempt | None:
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
