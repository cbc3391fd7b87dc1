"""How each value is read from the JSON of an answer."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, Generic

from orchestrator.client.values.base import Document, Value
from orchestrator.client.values.customers import Card, Customer
from orchestrator.client.values.events import Event, EventData, WebhookDelivery, WebhookEndpoint
from orchestrator.client.values.oversight import (
    Action,
    Anomaly,
    AnomalyNote,
    DeclineRule,
    DeclineRuleVersion,
    Edge,
    Machine,
    Person,
    Subject,
    WhatIf,
)
from orchestrator.client.values.payments import (
    Actor,
    Dispute,
    ExcludedCard,
    Explanation,
    Outcome,
    Payment,
    Refund,
    Rule,
    Transition,
)


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """One page of a list, in the order of the API."""

    data: tuple[Value, ...]
    has_more: bool
    url: str


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
