"""Events, and those who are sent them."""

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.client.values.base import Answer
from orchestrator.client.values.payments import Payment, Transition


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
