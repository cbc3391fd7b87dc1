"""What was learned from Stripe, by which call, and what was known before the call was made."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from orchestrator.gateway.views import ChargeView, Failure, IntentView, Reply
from orchestrator.payment import Actor, OpenAttempt


class Source(StrEnum):
    """Which call brought the news."""

    answer = "answer"  # the answer to the open attempt's own request
    replay = "replay"  # the same request sent again under the same key
    read = "read"  # the intent (and its charges) read
    cancel_answer = "cancel_answer"  # the answer to our cancellation
    capture_answer = "capture_answer"  # the answer to our wish to capture


OWN_SOURCES = frozenset({Source.answer, Source.replay})


@dataclass(frozen=True, slots=True)
class Observation:
    """One reply of Stripe's.

    ``before`` is the attempt that was open *before* the call was made, as it was known then: the
    reply can settle that attempt and no other. Null where none was open.
    """

    source: Source
    reply: Reply
    before: OpenAttempt | None
    actor: Actor
    request_id: str | None = None
    stripe_event_id: str | None = None
    # Which wish it answers: by then another one may stand.
    capture_key: str | None = None

    @property
    def own(self) -> bool:
        """Whether this is the answer to the attempt's own key."""
        return self.source in OWN_SOURCES

    @property
    def intent(self) -> IntentView | None:
        """Return the intent the reply carried, if any."""
        return self.reply.intent


def intent_projection(intent: IntentView | None) -> dict[str, Any] | None:
    """Keep of an intent what an auditor needs: no metadata, no secret, nothing personal."""
    if intent is None:
        return None
    return {
        "id": intent.id,
        "status": intent.status,
        "amount": intent.amount,
        "amount_received": intent.amount_received,
        "currency": intent.currency,
        "payment_method": intent.payment_method,
        "latest_charge": intent.latest_charge,
        "cancellation_reason": intent.cancellation_reason,
        "next_action": intent.next_action.get("type") if intent.next_action else None,
        "last_payment_error": failure_projection(intent.last_payment_error),
    }


def failure_projection(failure: Failure | None) -> dict[str, Any] | None:
    """Keep of a failure its codes and what they were read from, not the card's details."""
    if failure is None:
        return None
    kept = asdict(failure)
    del kept["card"], kept["message"]
    return kept


def charge_projection(charge: ChargeView) -> dict[str, Any]:
    """Keep of a charge its money, its status and why it failed."""
    return {
        "id": charge.id,
        "status": charge.status,
        "amount": charge.amount,
        "currency": charge.currency,
        "created": charge.created,
        "payment_method": charge.payment_method,
        "failure": failure_projection(charge.failure),
    }


def reply_projection(reply: Reply) -> dict[str, Any]:
    """Keep of a reply what it said, in the form evidence is hashed and stored."""
    return {
        "kind": reply.kind.value,
        "http_status": reply.http_status,
        "replayed": reply.replayed,
        "error": reply.code,
        "intent": intent_projection(reply.intent),
        "failure": failure_projection(reply.failure),
    }
