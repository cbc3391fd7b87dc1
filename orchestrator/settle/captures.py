"""Taking money that a bank holds: the wish to, what Stripe's answer makes of it, and until when.

A wish is on record before Stripe is asked, with the key it is asked under, so that any process can
ask again. The money itself is a success like any other, and settled as one.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.change import Change, Draft, Row
from orchestrator.gateway.views import IntentStatus, IntentView, ReplyKind
from orchestrator.payment import Actor, Payment, WishedCapture
from orchestrator.settle.schedule import Timing, own_answer_due
from orchestrator.settle.situation import Situation, keep_evidence, look_again

# The payment is ended this long before Stripe lets go of the money by itself, so that whoever
# waits for it is told, and not surprised.
CAPTURE_MARGIN: Final = timedelta(hours=1)
# Where Stripe does not say until when it holds the money. No network holds it for less.
# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method#auth-validity
UNTOLD_HOLD: Final = timedelta(days=1)


def wish_to_capture(
    payment: Payment,
    *,
    amount: int,
    now: datetime,
    timing: Timing,
    actor: Actor,
    request_id: str | None,
    rules_version: str,
    idempotency: Row | None,
) -> Change:
    """Write down that ``amount`` shall be taken; nothing is asked of Stripe yet."""
    draft = Draft(
        before=payment,
        payment=payment,
        now=now,
        actor=actor,
        rules_version=rules_version,
        request_id=request_id,
    )
    key = f"{payment.id}:capture:{payment.evidence_count + 1}"
    draft.observe(
        "capture_wished",
        {
            "amount": amount,
            "stripe_key": key,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "request_id": request_id,
        },
        attempt=payment.settling.open.number if payment.settling.open else None,
    )
    draft.remember(capture=WishedCapture(amount, key), tries=0)
    draft.set(due_at=own_answer_due(now, timing))
    if idempotency:
        draft.idempotency.append(idempotency)
    return draft.finish()


def no_longer_wished(run: Situation) -> bool:
    """Settle a capture that Stripe would not make, or whose answer it keeps; tell whether it was.

    A refusal ends the wish: the money is still held, and may be wished for again. A stored 5xx is
    asked about under another key: an intent is captured once, whatever it is asked.
    """
    wish, reply = run.payment.settling.capture, run.observation.reply
    if wish is None or run.observation.capture_key != wish.stripe_key:
        return False
    if reply.kind is ReplyKind.stored_error:
        run.draft.remember(capture=replace(wish, keys=wish.keys + 1))
    elif reply.kind is ReplyKind.refused:
        if run.payment.settling.tries:
            # Of a first look it is kept below.
            keep_evidence(run)
        run.draft.remember(capture=None)
    else:
        return False
    look_again(run)
    return True


def hold_until_captured(run: Situation, intent: IntentView) -> None:
    """Let a payment wait for its capture as long as Stripe holds the money, less a margin."""
    payment = run.payment
    if payment.capture_method != "manual" or intent.status != IntentStatus.requires_capture:
        return
    until = next(
        (
            charge.capture_before
            for charge in intent.charges or ()
            if charge.id == intent.latest_charge
        ),
        None,
    )
    if until is not None:
        run.draft.set(deadline_at=datetime.fromtimestamp(until, UTC) - CAPTURE_MARGIN)
    elif payment.settling.seen_status != intent.status:
        run.draft.set(deadline_at=run.draft.now + UNTOLD_HOLD)


def expected_amount(payment: Payment) -> int:
    """Return how much a success should bring: what we wished to capture, else all of it."""
    wish = payment.settling.capture
    return payment.amount if wish is None else wish.amount
