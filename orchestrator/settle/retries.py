"""The automatic retry of a card: when one is planned, and what ends the plan.

The plan stands on the payment's row beside its timer. Whatever else moves the payment ends it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from orchestrator.change import Change, Draft
from orchestrator.handlers import RuleSet, Ruling
from orchestrator.payment import Actor, Payment, PlannedRetry
from orchestrator.states import PaymentEvent


def plan_retry(
    draft: Draft, attempt: int, ruling: Ruling, rules: RuleSet
) -> tuple[Ruling, PlannedRetry | None]:
    """Plan to try an attempt's card again where its rule and the deployment want that.

    The ruling then says so too: the same card is allowed, from the planned moment on. One that the
    payment would not live to see is not planned.
    """
    payment, made = draft.payment, draft.payment.settling.retried
    most = min(rules.auto_retries, len(ruling.retry_delays))
    wanted = ruling.event is PaymentEvent.require_new_card and payment.intention is None
    if not wanted or made >= most:
        return ruling, None
    at = draft.now + timedelta(seconds=ruling.retry_delays[made])
    at = max(at, ruling.result.not_before(draft.now) or at)
    if at >= payment.expires_at:
        return ruling, None
    result = replace(
        ruling.result, same_card_allowed=True, retry_not_before=at, retry_after_seconds=None
    )
    return replace(ruling, result=result), PlannedRetry(attempt, at)


def forget_retry(draft: Draft) -> None:
    """Let no automatic retry stand, nor the payment say that there is to be one."""
    if draft.payment.settling.retry is None:
        return
    draft.remember(retry=None)
    shown = draft.payment.last_outcome
    draft.set(last_outcome={**shown, "automatic_retry": False} if shown is not None else None)


def drop_retry(payment: Payment, *, actor: Actor, now: datetime, rules_version: str) -> Change:
    """Give a planned retry up: the payment waits for a card, as it would without one."""
    draft = Draft(
        before=payment, payment=payment, now=now, actor=actor, rules_version=rules_version
    )
    forget_retry(draft)
    draft.set(due_at=payment.expires_at)
    return draft.finish()
