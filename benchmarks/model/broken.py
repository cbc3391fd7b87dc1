"""Copies of the rules that are wrong on purpose: what cannot be caught proves nothing.

Each one leaves out or bends one word of the rules, as earlier drafts did.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType, ModuleType
from typing import Any, Final

from benchmarks.model import desk
from orchestrator import refusals
from orchestrator.gateway.views import ChargeView, Failure, IntentStatus, IntentView
from orchestrator.payment import OpenAttempt
from orchestrator.settle import attempts, attribution, failures, settlement
from orchestrator.states import PaymentEvent, PaymentState


@dataclass(frozen=True, slots=True)
class Broken:
    """One function replaced, and the small scenario that must show it."""

    module: ModuleType
    name: str
    copy: Callable[..., Any]
    scenario: str


@contextmanager
def broken(copy: Broken) -> Iterator[None]:
    """Let the rules be wrong for a while."""
    right = getattr(copy.module, copy.name)
    setattr(copy.module, copy.name, copy.copy)
    try:
        yield
    finally:
        setattr(copy.module, copy.name, right)


_settle_open = attribution._settle_open
_failure_since = attribution._failure_since
_remember_answer = settlement._remember_answer
_read_failures = attribution.read_failures
_decided_by_status = settlement._decided_by_status
_apply = failures._apply
_abandon_challenge = attempts._abandon_challenge
_refuse_confirm = refusals.refuse_confirm


def _any_read_settles(run: Any, intent: IntentView, attempt: OpenAttempt) -> bool:
    """Take every read for one made after the attempt was opened and answered."""
    observation = replace(run.observation, before=replace(attempt, answer="requires_action"))
    run.observation = observation
    return _settle_open(run, intent, attempt)


def _later_knowledge_settles(run: Any, intent: IntentView, attempt: OpenAttempt) -> bool:
    """Look at what is known of the attempt now, not at what was known before the call."""
    run.observation = replace(run.observation, before=attempt)
    return _settle_open(run, intent, attempt)


def _last_error_always(
    run: Any, intent: IntentView, attempt: OpenAttempt, answer: str
) -> Failure | None:
    return intent.last_payment_error


def _any_card(run: Any, intent: IntentView, attempt: OpenAttempt, answer: str) -> Failure | None:
    """Let any uncounted failed charge be the attempt's."""
    for charge in reversed(intent.charges or ()):
        if charge.failure is not None and charge.id not in run.payment.settling.counted:
            return replace(charge.failure, payment_method=charge.payment_method)
    return intent.last_payment_error


def _own_charge_is_old(
    charges: tuple[ChargeView, ...], baseline: str | None, *, or_itself: bool
) -> tuple[ChargeView, ...]:
    ids = [charge.id for charge in charges]
    return charges[: ids.index(baseline)] if baseline in ids else charges


def _it_ran_after_all(run: Any, answer: Any) -> None:
    """Take a refused confirmation for one that was handed on."""
    _remember_answer(run, "requires_action" if answer == "not_run" else answer)


def _timer_is_reset(run: Any, intent: IntentView) -> None:
    _read_failures(run, intent)
    if run.payment.waiting:
        run.draft.set(due_at=run.payment.expires_at)


def _canceled_is_open(run: Any, intent: IntentView) -> bool:
    return intent.status == IntentStatus.succeeded and _decided_by_status(run, intent)


def _nobody_abandoned(run: Any, charge: ChargeView) -> None:
    return None


def _nothing_held(run: Any, intent: IntentView) -> None:
    """Count a browser's failure for the attempt that is open."""
    for charge in intent.charges or ():
        if charge.failure is not None and run.open is not None:
            attribution._settle_with(run, run.open, charge.failure, None)


def _failed_at_once(draft: Any, case: Any, ruling: Any, *rest: Any) -> None:
    """Write the end before Stripe has canceled."""
    _apply(draft, case, ruling, *rest)
    if ruling.event is PaymentEvent.fail and draft.payment.state is PaymentState.confirming:
        draft.set(intention=None, due_at=None)
        draft.move(PaymentEvent.fail)


def _forgets_the_abandoned(draft: Any) -> None:
    _abandon_challenge(draft)
    draft.remember(abandoned=())


def _confirms_any_time(payment: Any, now: Any) -> None:
    """Take a new card while a confirmation is in flight."""
    if payment.settling.open is None or payment.attempts_left == 0:
        _refuse_confirm(payment, now)


BROKEN: Final[Mapping[str, Broken]] = MappingProxyType(
    {
        "a read from before the attempt settles it": Broken(
            attribution, "_settle_open", _any_read_settles, "cards"
        ),
        "a read is trusted with what was learned after it": Broken(
            attribution, "_settle_open", _later_knowledge_settles, "browser"
        ),
        "the last error is always the attempt's": Broken(
            attribution, "_failure_since", _last_error_always, "browser"
        ),
        "a charge of any card is the attempt's": Broken(
            attribution, "_failure_since", _any_card, "browser"
        ),
        "a processed charge is older than its answer": Broken(
            attribution, "_newer_than", _own_charge_is_old, "processing"
        ),
        "a refused confirmation counts as handed on": Broken(
            settlement, "_remember_answer", _it_ran_after_all, "unsuperseded"
        ),
        "a read resets the timer of an intention": Broken(
            settlement, "read_failures", _timer_is_reset, "outside"
        ),
        "a canceled intent is still open": Broken(
            settlement, "_decided_by_status", _canceled_is_open, "outside"
        ),
        "an abandoned attempt's decline is a browser's": Broken(
            attribution, "_abandoned_attempt_of", _nobody_abandoned, "cards"
        ),
        "abandoned attempts are forgotten": Broken(
            attempts, "_abandon_challenge", _forgets_the_abandoned, "cards"
        ),
        "a browser's decline settles the open attempt": Broken(
            attribution, "hold_browser_failures", _nothing_held, "browser"
        ),
        "failed before Stripe has canceled": Broken(failures, "_apply", _failed_at_once, "cards"),
        "a new card while another is in flight": Broken(
            desk, "refuse_confirm", _confirms_any_time, "cards"
        ),
    }
)
