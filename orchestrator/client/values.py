"""What the API answers with, as frozen values. Pure.

Fields that a newer service adds are passed over, and states and codes are plain text, so that an
older client goes on working. What may carry a secret stands in no ``repr``.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, Generic, TypeVar

Document = Mapping[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a value was answered: the status, the request's id, and whether it was a repeat."""

    status: int = 200
    request_id: str | None = None
    replayed: bool = False


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
class EventData:
    """What happened, and the payment as it was when the event was read or sent."""

    transition: Transition
    payment: Payment


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a payment. Act once for each ``id``."""

    id: str
    type: str
    created_at: datetime
    data: EventData


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address that events are sent to. ``secret`` is there where this request made it."""

    id: str
    url: str
    description: str | None
    event_types: tuple[str, ...]
    owner: str | None
    state: str
    disabled_reason: str | None
    failures: int
    failing_since: datetime | None
    previous_secret_until: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    secret: str | None = field(default=None, repr=False)
    answer: Answer = field(default=Answer(), compare=False)


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event on its way to one endpoint."""

    id: str
    webhook_endpoint: str
    event: str
    state: str
    tries: int
    next_try_at: datetime | None
    last_tried_at: datetime | None
    last_status: int | None
    last_error: str | None
    replayed_by: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as Stripe has it."""

    id: str
    email: str | None
    name: str | None
    metadata: dict[str, str]
    created_at: datetime
    answer: Answer = field(default=Answer(), compare=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A card. ``usable`` says whether a payment may try it."""

    id: str
    customer: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    usable: bool
    disabled_reason: str | None
    disabled_at: datetime | None
    answer: Answer = field(default=Answer(), compare=False)


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


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A payment's client secret, for the page of the customer who pays it."""

    payment: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """One row of the transition table."""

    source: str
    event: str
    target: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action was done to."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody did to the deployment."""

    id: str
    number: int
    action: str
    actor: Actor
    subject: Subject
    reason: str | None
    details: dict[str, Any]
    request_id: str | None
    application_version: str
    occurred_at: datetime
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AnomalyNote:
    """One step that somebody took about an anomaly."""

    sequence: int
    state: str
    owner: str | None
    resolution: str | None
    reason: str | None
    actor: Actor
    request_id: str | None
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that nobody expected and that moved no payment; ``notes`` is oldest first."""

    id: str
    kind: str
    state: str
    payment: str | None
    payment_intent: str | None
    stripe_object: str | None
    detail: str
    evidence: int | None
    owner: str | None
    resolution: str | None
    reason: str | None
    noted_at: datetime
    notes: tuple[AnomalyNote, ...]


@dataclass(frozen=True, slots=True)
class DeclineRule:
    """A decline rule that is in force."""

    code: str
    handler: str
    action: str | None
    message: str | None
    meaning: str | None
    source: str | None
    disable_scope: str | None
    generic: bool | None
    alert: bool | None
    retry_after_seconds: int | None
    yields_to: tuple[str, ...]
    auto_retry: tuple[int, ...]
    origin: str
    version: int | None
    author: str | None
    approved_by: str | None
    reason: str | None
    in_force_since: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote or decided a version: the key, and its name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class DeclineRuleVersion:
    """A version of a stored decline rule."""

    code: str
    version: int
    handler: str
    message: str
    meaning: str
    alert: bool
    retry_after_seconds: int | None
    auto_retry: tuple[int, ...]
    state: str
    reason: str
    author: Person
    created_at: datetime
    needs_approval: bool
    decided_by: Person | None
    decided_reason: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the rules in force would do with an error of Stripe's."""

    rules_version: str
    outcome: dict[str, Any]
    considered: tuple[str, ...]
    decided_by: str
    step: str
    handler: str
    version: int | None
    meaning: str | None
    message: str
    alert: bool
    effects: tuple[dict[str, Any], ...]
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Machine:
    """The state machine."""

    version: str
    states: tuple[str, ...]
    terminal_states: tuple[str, ...]
    events: tuple[str, ...]
    transitions: tuple[Edge, ...]
    max_attempts: int
    longest_path: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """One page of a list, in the order of the API."""

    data: tuple[Value, ...]
    has_more: bool
    url: str


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def moment(value: Any) -> datetime | None:
    """Read a timestamp, where there is one."""
    return datetime.fromisoformat(value) if value is not None else None


def one(kind: type[Value]) -> Callable[[Any], Value | None]:
    """Read a value of a kind, where there is one."""
    return lambda document: read(kind, document) if document is not None else None


def many(kind: type[Value]) -> Callable[[Any], tuple[Value, ...]]:
    """Read a list of values of a kind."""
    return lambda documents: tuple(read(kind, document) for document in documents)


# How the fields are read that are not what JSON says they are.
_READERS: Mapping[type[Any], Mapping[str, Callable[[Any], Any]]] = {
    Outcome: {"retry_not_before": moment},
    Payment: {
        "item_ids": tuple,
        "last_outcome": one(Outcome),
        "excluded_cards": many(ExcludedCard),
        "expires_at": moment,
        "created_at": moment,
        "updated_at": moment,
    },
    Transition: {"actor": one(Actor), "occurred_at": moment},
    AnomalyNote: {"actor": one(Actor), "noted_at": moment},
    Anomaly: {"noted_at": moment, "notes": many(AnomalyNote)},
    Action: {"actor": one(Actor), "subject": one(Subject), "occurred_at": moment},
    DeclineRule: {
        "yields_to": lambda names: tuple(names or ()),
        "auto_retry": lambda delays: tuple(delays or ()),
        "in_force_since": moment,
    },
    DeclineRuleVersion: {
        "auto_retry": tuple,
        "author": one(Person),
        "created_at": moment,
        "decided_by": one(Person),
        "decided_at": moment,
    },
    WhatIf: {"considered": tuple, "effects": tuple},
    Refund: {"created_at": moment, "updated_at": moment},
    Dispute: {"evidence_due_at": moment, "created_at": moment, "updated_at": moment},
    EventData: {"transition": one(Transition), "payment": one(Payment)},
    Event: {"created_at": moment, "data": one(EventData)},
    WebhookEndpoint: {
        "event_types": tuple,
        "failing_since": moment,
        "previous_secret_until": moment,
        "created_at": moment,
        "updated_at": moment,
    },
    WebhookDelivery: {
        "next_try_at": moment,
        "last_tried_at": moment,
        "created_at": moment,
        "ended_at": moment,
    },
    Customer: {"created_at": moment},
    Card: {"disabled_at": moment},
    Explanation: {
        "rule": one(Rule),
        "allowed_events": tuple,
        "deadline": moment,
        "excluded_cards": many(ExcludedCard),
        "next_steps": tuple,
    },
    Machine: {
        "states": tuple,
        "terminal_states": tuple,
        "events": tuple,
        "transitions": many(Edge),
    },
}


def read(kind: type[Value], document: Document, **more: Any) -> Value:
    """Read a value of a kind from its document.

    Raises:
        KeyError, TypeError, ValueError: the document is no such thing.
    """
    readers = _READERS.get(kind, {})
    values = {
        each.name: readers.get(each.name, _as_it_is)(document[each.name])
        for each in fields(kind)  # type: ignore[arg-type]  # every kind is a dataclass
        if each.name not in more and (each.name in document or each.default is MISSING)
    }
    return kind(**values, **more)


def read_page(kind: type[Value], document: Document) -> Page[Value]:
    """Read a page of values of a kind.

    Raises:
        KeyError, TypeError, ValueError: the document is no list of such things.
    """
    data = tuple(read(kind, item) for item in document["data"])
    return Page(data, bool(document["has_more"]), document["url"])


def _as_it_is(value: Any) -> Any:
    return value
