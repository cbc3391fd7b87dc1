"""Payments, what became of them, and money that goes back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.client.values.base import Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last attempt ended. ``message`` may be shown to the customer."""

    code: str | None
    decline_code: str | None
    advice_code: str | None
    handler: str | None
    completed: bool
    requires_retry: bool
    message: str
    same_card_allowed: bool
    retry_not_before: datetime | None
    automatic_retry: bool


@dataclass(frozen=True, slots=True)
class ExcludedCard:
    """A card that this payment took out of use when it was declined.

    How it stands now, renewed or put back into use since, the customer's cards tell.
    """

    payment_method: str
    reason: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment. ``amount`` is in minor units; moments are UTC."""

    id: str
    state: str
    handled: bool
    amount: int
    currency: str
    customer: str | None
    item_ids: tuple[str, ...]
    transaction_id: str | None
    description: str | None
    metadata: dict[str, str]
    attempts_used: int
    attempts_left: int
    max_attempts: int
    payment_intent: str
    last_outcome: Outcome | None
    excluded_cards: tuple[ExcludedCard, ...]
    # A redirect's address may carry the client secret.
    next_action: dict[str, Any] | None = field(repr=False)
    failure_reason: str | None
    capture_method: str
    awaits_capture: bool
    amount_received: int
    amount_refunded: int
    disputed: bool
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    client_secret: str | None = field(default=None, repr=False)
    answer: Answer = field(default=Answer(), compare=False)

    @property
    def outcome_unknown(self) -> bool:
        """Whether Stripe was asked and nobody knows yet what came of it.

        Told by the state, so that a payment that was only read says so as well, and by a 202. Of a
        payment that waits for a card while it is being canceled only the 202 tells.
        """
        asked = self.state == "confirming" and self.next_action is None
        return asked or self.answer.status == 202

    @property
    def awaits_customer(self) -> bool:
        """Whether the customer has to authenticate before anything more can happen."""
        return self.state == "confirming" and self.next_action is not None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a transition."""

    kind: str
    id: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a payment's history."""

    payment: str
    sequence: int
    source: str | None
    event: str
    target: str
    attempt: int | None
    handler: str | None
    handler_error: str | None
    completed: bool | None
    requires_retry: bool | None
    code: str | None
    decline_code: str | None
    reason: str | None
    actor: Actor
    request_id: str | None
    stripe_request_id: str | None
    stripe_event_id: str | None
    evidence: int | None
    machine_version: str
    rules_version: str
    occurred_at: datetime
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back. ``amount`` is in minor units."""

    id: str
    payment: str
    amount: int
    currency: str
    reason: str | None
    metadata: dict[str, str]
    state: str
    failure_reason: str | None
    stripe_refund: str | None
    origin: str
    created_at: datetime
    updated_at: datetime
    answer: Answer = field(default=Answer(), compare=False)

    @property
    def outcome_unknown(self) -> bool:
        """Whether Stripe was asked and nobody knows yet what came of it (the answer was 202)."""
        return self.answer.status == 202


@dataclass(frozen=True, slots=True)
class Dispute:
    """The customer has asked the bank for the money back; answer it at Stripe."""

    id: str
    payment: str
    amount: int
    currency: str
    reason: str | None
    status: str
    evidence_due_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A payment's client secret, for the page of the customer who pays it."""

    payment: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rule decided last, and what it decided."""

    code: str | None
    decline_code: str | None
    handler: str | None
    meaning: str | None
    completed: bool | None
    requires_retry: bool | None
    event: str | None
    rules_version: str | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a payment is where it is, in words, and what comes next."""

    payment: str
    state: str
    handled: bool
    summary: str
    rule: Rule | None
    allowed_events: tuple[str, ...]
    attempts_left: int
    max_attempts: int
    deadline: datetime | None
    deadline_effect: str | None
    excluded_cards: tuple[ExcludedCard, ...]
    next_steps: tuple[str, ...]
