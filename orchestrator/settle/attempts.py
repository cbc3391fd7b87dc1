"""The first row of a payment, and the opening of an attempt (phase A of a confirm).

Refuses nothing by itself: whether a request may be accepted is decided in ``payments.py``; an
illegal one fails here as ``IllegalTransition``.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.change import Change, Draft, Row
from orchestrator.payment import AbandonedAttempt, Actor, OpenAttempt, Payment
from orchestrator.settle.schedule import Timing, own_answer_due
from orchestrator.states import PaymentEvent, PaymentState

# The reason on the history row of a confirm that was nobody's wish.
AUTOMATIC_RETRY: Final = "automatic_retry"


def begin_payment(
    payment: Payment, *, actor: Actor, request_id: str | None, rules_version: str, idempotency: Row
) -> Change:
    """Turn a payment that Stripe has an intent for into its first change."""
    draft = Draft(
        before=None,
        payment=payment,
        now=payment.created_at,
        actor=actor,
        rules_version=rules_version,
        request_id=request_id,
    )
    draft.begin()
    draft.idempotency.append(idempotency)
    return draft.finish()


def open_attempt(
    payment: Payment,
    *,
    parameters: dict[str, Any],
    now: datetime,
    timing: Timing,
    actor: Actor,
    request_id: str | None,
    rules_version: str,
    idempotency: Row | None = None,
    cards: tuple[Row, ...] = (),
    declined_card: str | None = None,
    automatic: bool = False,
) -> Change:
    """Spend an attempt: the ``confirm`` row, and all that is needed to send its request again.

    Where a challenge is open it is abandoned first, in the same transaction. ``declined_card`` is
    the card's fingerprint where declines of it are counted. ``automatic`` is a retry that nobody
    asked for.

    Raises:
        IllegalTransition: the payment is in no state that takes a confirmation.
        AttemptsExhausted: no attempt is left.
    """
    draft = Draft(
        before=payment,
        payment=payment,
        now=now,
        actor=actor,
        rules_version=rules_version,
        request_id=request_id,
    )
    if payment.state is PaymentState.confirming:
        _abandon_challenge(draft)
    draft.move(
        PaymentEvent.confirm,
        attempt=draft.payment.attempts_used + 1,
        reason=AUTOMATIC_RETRY if automatic else None,
    )
    number = draft.payment.attempts_used
    draft.open_attempt(
        payment_method=parameters["payment_method"],
        stripe_key=f"{payment.id}:confirm:{number}",
        parameters=parameters,
    )
    draft.remember(
        open=OpenAttempt(number, (parameters["payment_method"],), declined_card=declined_card),
        tries=0,
        seen_status=None,
        retry=None,
        retried=payment.settling.retried + automatic,
    )
    draft.set(
        next_action=None,
        last_outcome=None,
        due_at=own_answer_due(now, timing),
        deadline_at=now + timedelta(seconds=timing.confirm_deadline_seconds),
    )
    draft.cards.extend(cards)
    if idempotency:
        draft.idempotency.append({**idempotency, "attempt": number})
    return draft.finish()


def _abandon_challenge(draft: Draft) -> None:
    given_up = draft.payment.settling.open
    assert given_up is not None, "a challenge is abandoned only while an attempt is open"
    draft.close_attempt(given_up.number, "abandoned")
    draft.remember(
        open=None,
        abandoned=(
            *draft.payment.settling.abandoned,
            AbandonedAttempt(given_up.number, given_up.payment_methods),
        ),
    )
    draft.move(
        PaymentEvent.require_new_card,
        attempt=given_up.number,
        reason="authentication_abandoned",
        completed=True,
        requires_retry=True,
    )
