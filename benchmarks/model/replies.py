"""How the rules see what Stripe answers in the model: replies, intents, failures, charges."""

from dataclasses import replace
from typing import Final

from benchmarks.model.intent import (
    DECLINE_CODES,
    SUCCEEDED,
    Answer,
    Charge,
    Error,
    Seen,
    kind_of,
)
from orchestrator.gateway.parsing import merge_failure
from orchestrator.gateway.views import ChargeView, Failure, IntentView, Reply, ReplyKind

AMOUNT: Final = 1000
INTENT: Final = "pi_model"
REFUSALS: Final = {
    "refused": "payment_method_unexpected_state",
    "unexpected": "payment_intent_unexpected_state",
}


def charge_id(number: int) -> str:
    """Name a charge as the rules see it."""
    return f"ch_{number}"


def charge_number(charge: str | None) -> int | None:
    """Return which charge of the model a name is of."""
    return int(charge.removeprefix("ch_")) if charge is not None else None


def reply_of(answer: Answer) -> Reply:
    """Draw an answer as the gateway and the driver hand it on."""
    if answer.kind in REFUSALS:
        intent = _intent_view(answer.seen) if answer.seen else None
        code = REFUSALS[answer.kind]
        return Reply(ReplyKind.refused, intent, code=code, http_status=400)
    if answer.seen is None:
        return Reply(ReplyKind.stored_error, http_status=500, replayed=True)
    if answer.kind == "declined":
        return _declined_reply(answer.seen)
    return Reply(ReplyKind.answered, _intent_view(answer.seen))


def _declined_reply(seen: Seen) -> Reply:
    assert seen.error is not None, "a decline shows what it was"
    intent, failure = _intent_view(seen), _failure(seen.error)
    charge = next((c for c in intent.charges or () if c.id == failure.charge), None)
    return Reply(
        ReplyKind.answered, intent, failure=merge_failure(failure, charge), http_status=402
    )


def _intent_view(seen: Seen) -> IntentView:
    charges = seen.charges
    return IntentView(
        id=INTENT,
        status=seen.status,
        amount=AMOUNT,
        currency="usd",
        amount_received=AMOUNT if seen.status == SUCCEEDED else 0,
        payment_method=seen.card,
        last_payment_error=_failure(seen.error) if seen.error else None,
        latest_charge=charge_id(seen.latest) if seen.latest else None,
        charges=None if charges is None else tuple(_charge_view(c) for c in reversed(charges)),
    )


def _failure(error: Error) -> Failure:
    if error.charge is None:
        return Failure("payment_intent_authentication_failure", payment_method=error.card)
    code = DECLINE_CODES[kind_of(error.card)]
    return Failure("card_declined", code, charge=charge_id(error.charge), payment_method=error.card)


def _charge_view(charge: Charge) -> ChargeView:
    failure = None
    if charge.status == "failed":
        failure = replace(
            _failure(Error(charge.card, charge.id)),
            outcome_read=True,
            outcome_type="issuer_declined",
        )
    return ChargeView(
        id=charge_id(charge.id),
        status=charge.status,
        amount=AMOUNT,
        currency="usd",
        created=charge.id,
        payment_method=charge.card,
        failure=failure,
    )
