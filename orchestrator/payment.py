"""A payment as one value: everything a decision about it reads.

Pure data, loaded from one row. The tables are in ``store/schema``; the rules that turn one
value into the next are in ``settle.py``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from orchestrator.gateway.views import ChargeView, Failure, IntentStatus
from orchestrator.handlers import PaymentDetails
from orchestrator.states import TERMINAL_STATES, WAITING_STATES, PaymentState

ActorKind = Literal["api_key", "stripe", "worker", "operator"]

# Whether the money is taken with the authorisation, or later when we ask for it.
CaptureMethod = Literal["automatic", "manual"]

# What an open attempt's own request is known to have been answered with. ``not_run``: Stripe
# refused to run it (the intent was in another state). ``stored_error``: Stripe keeps a 5xx for its
# key, so only a read can tell what it did. ``undecided``: declined, and the handler asked to be
# asked again. Null while the answer is unknown.
Answer = Literal[
    "requires_action",
    "processing",
    "requires_capture",
    "requires_confirmation",
    "not_run",
    "stored_error",
    "undecided",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change; for Stripe's own news ``id`` is null."""

    kind: ActorKind
    id: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """The confirmation that is open: sent, perhaps answered, its outcome not yet known.

    ``payment_methods`` holds the card's id as it was sent and as Stripe answered it (a shared test
    id such as ``pm_card_visa`` comes back as another one). ``charge_before`` is the intent's
    latest charge when the own answer was read: that charge and older ones are not this attempt's.
    ``declined_card`` is the card's fingerprint where it has been declined of late: an approval is
    then worth a note.
    """

    number: int
    payment_methods: tuple[str, ...]
    answer: Answer | None = None
    charge_before: str | None = None
    undecided: Failure | None = None
    declined_card: str | None = None


@dataclass(frozen=True, slots=True)
class AbandonedAttempt:
    """An attempt whose challenge was given up for a new card; its own decline may still come."""

    number: int
    payment_methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedRetry:
    """When the card of a declined attempt is to be tried again by itself."""

    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WishedCapture:
    """Held money that shall be taken. ``keys`` counts the keys Stripe was asked under."""

    amount: int
    stripe_key: str
    keys: int = 1

    @property
    def key(self) -> str:
        """Name the request at Stripe: the same at every try, but past an answer Stripe keeps."""
        return self.stripe_key if self.keys == 1 else f"{self.stripe_key}:{self.keys}"


@dataclass(frozen=True, slots=True)
class Settling:
    """What settlement must remember between two observations of one payment.

    ``counted``: charges whose outcome is committed. ``held``: a browser's failed charges that wait
    until the open attempt is settled, oldest first. ``asks``: how often a handler was asked about
    an outcome and said it had not completed. ``tries``: how often the outcome was looked for in
    vain. ``seen_status``: the open status of the intent that was put on record last. ``retry``: the
    automatic retry that is planned, if any; ``retried``: how many were made. ``capture``: what of
    the held money shall be taken, also once it is. ``received``: how much a success brought, where
    that is not the payment's amount.
    """

    open: OpenAttempt | None = None
    abandoned: tuple[AbandonedAttempt, ...] = ()
    counted: tuple[str, ...] = ()
    held: tuple[ChargeView, ...] = ()
    asks: dict[str, int] = field(default_factory=dict)
    tries: int = 0
    seen_status: str | None = None
    retry: PlannedRetry | None = None
    retried: int = 0
    capture: WishedCapture | None = None
    received: int | None = None


@dataclass(frozen=True, slots=True)
class Intention:
    """A decision to end the payment, taken before Stripe was asked to cancel.

    The history row of the end takes its event, reason, actor and decision from here, and of a
    decision by rules their version.
    """

    event: Literal["fail", "cancel", "expire"]
    reason: str
    actor: Actor
    request_id: str | None = None
    attempt: int | None = None
    evidence: int | None = None
    handler: str | None = None
    handler_error: str | None = None
    completed: bool | None = None
    requires_retry: bool | None = None
    code: str | None = None
    decline_code: str | None = None
    cancellation_reason: str | None = None
    rules_version: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment's row. ``amount`` is in minor units; all moments are UTC.

    ``version`` counts history rows, ``revision`` counts writes: whoever writes names the revision
    it read, and loses when another was first.
    """

    id: str
    owner: str
    amount: int
    currency: str
    customer: str | None
    item_ids: tuple[str, ...]
    transaction_id: str | None
    description: str | None
    metadata: dict[str, str]
    setup_future_usage: str | None
    payment_intent: str
    max_attempts: int
    attempts_used: int
    state: PaymentState
    version: int
    last_hash: str
    revision: int
    evidence_count: int
    evidence_hash: str
    intention: Intention | None
    settling: Settling
    last_outcome: dict[str, Any] | None
    # A redirect's address may carry a secret.
    next_action: dict[str, Any] | None = field(repr=False)
    failure_reason: str | None
    excluded_cards: tuple[dict[str, str], ...]
    due_at: datetime | None
    deadline_at: datetime | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    capture_method: CaptureMethod = "automatic"
    # What the records beside the payment add up to: read here, written by the database alone.
    amount_refunded: int = 0
    amount_disputed: int = 0

    @property
    def attempts_left(self) -> int:
        """How many confirmations may still be made."""
        return self.max_attempts - self.attempts_used

    @property
    def handled(self) -> bool:
        """Whether the payment is succeeded or failed, for good."""
        return self.state in TERMINAL_STATES

    @property
    def waiting(self) -> bool:
        """Whether a confirmation could be accepted in this state."""
        return self.state in WAITING_STATES

    @property
    def awaits_capture(self) -> bool:
        """Whether the money is held, as far as is known, and waits for somebody to take it."""
        return (
            self.capture_method == "manual"
            and not self.handled
            and self.intention is None
            and self.settling.seen_status == IntentStatus.requires_capture
            and self.settling.capture is None
        )

    @property
    def amount_received(self) -> int:
        """How much Stripe received for it; 0 before it has succeeded."""
        if self.state is not PaymentState.succeeded:
            return 0
        return self.amount if self.settling.received is None else self.settling.received

    @property
    def details(self) -> PaymentDetails:
        """Return what a handler may know of the payment."""
        return PaymentDetails(
            customer=self.customer,
            transaction_id=self.transaction_id,
            amount=self.amount,
            currency=self.currency,
            item_ids=self.item_ids,
            attempts_left=self.attempts_left,
        )


__all__ = [
    "AbandonedAttempt",
    "Actor",
    "ActorKind",
    "Answer",
    "CaptureMethod",
    "Intention",
    "OpenAttempt",
    "Payment",
    "PlannedRetry",
    "Settling",
    "WishedCapture",
]
