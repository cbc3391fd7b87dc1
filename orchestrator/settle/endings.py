"""Ending a payment without success: first an intention, and once Stripe has canceled, the row.

An intention stands on the payment's row until Stripe's answer settles it; while it stands no
confirmation is accepted. A success still wins over it.
"""

from datetime import datetime
from typing import Literal

from orchestrator.change import Change, Draft
from orchestrator.gateway.views import IntentView
from orchestrator.payment import Actor, Intention, Payment
from orchestrator.settle.retries import forget_retry
from orchestrator.states import PaymentEvent, PaymentState


def intend(
    payment: Payment,
    event: Literal["cancel", "expire"],
    *,
    reason: str,
    cancellation_reason: str | None,
    actor: Actor,
    request_id: str | None,
    now: datetime,
    rules_version: str,
    idempotency: dict[str, object] | None = None,
) -> Change:
    """Write down that the payment shall end; nothing is asked of Stripe yet."""
    draft = Draft(
        before=payment,
        payment=payment,
        now=now,
        actor=actor,
        rules_version=rules_version,
        request_id=request_id,
    )
    if idempotency:
        draft.idempotency.append(idempotency)
    if payment.intention is None:
        place_intention(
            draft,
            Intention(
                event=event,
                reason=reason,
                actor=actor,
                request_id=request_id,
                cancellation_reason=cancellation_reason,
            ),
        )
    return draft.finish()


def place_intention(draft: Draft, intention: Intention) -> None:
    """Let an intention stand, and have it carried out at once."""
    forget_retry(draft)
    draft.set(intention=intention, due_at=draft.now, next_action=None)
    draft.remember(tries=0)


def end_canceled(draft: Draft, intent: IntentView, evidence: int) -> None:
    """Append the last row of a payment whose intent Stripe reports as canceled.

    Without an intention of ours somebody canceled at Stripe: that is ``fail`` where a
    confirmation was open and ``cancel`` where none was.
    """
    intention = draft.payment.intention or _outside_cancellation(draft, intent)
    open_attempt = draft.payment.settling.open
    if open_attempt is not None:
        draft.close_attempt(open_attempt.number, "canceled")
    draft.request_id = intention.request_id or draft.request_id
    # Who decided did so then; the rules may have been changed until Stripe canceled.
    draft.rules_version = intention.rules_version or draft.rules_version
    draft.move(
        PaymentEvent(intention.event),
        actor=intention.actor,
        attempt=intention.attempt or (open_attempt.number if open_attempt else None),
        handler=intention.handler,
        handler_error=intention.handler_error,
        completed=intention.completed,
        requires_retry=intention.requires_retry,
        code=intention.code,
        decline_code=intention.decline_code,
        reason=intention.reason,
        evidence=evidence,
        evidence_status=intent.status,
    )
    finish_payment(draft, failure_reason=intention.reason)


def finish_payment(draft: Draft, *, failure_reason: str | None) -> None:
    """Clear what only a payment that still goes on needs."""
    forget_retry(draft)
    draft.remember(open=None, tries=0)
    draft.set(
        intention=None,
        next_action=None,
        failure_reason=failure_reason,
        due_at=None,
        deadline_at=None,
    )


def _outside_cancellation(draft: Draft, intent: IntentView) -> Intention:
    event: Literal["fail", "cancel"] = (
        "fail" if draft.payment.state is PaymentState.confirming else "cancel"
    )
    reason = f"canceled_at_stripe:{intent.cancellation_reason or 'unspecified'}"
    return Intention(event=event, reason=reason, actor=Actor("stripe"))
