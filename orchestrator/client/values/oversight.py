"""What auditors and administrators look at: acts, anomalies, rules, the machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.client.values.payments import Actor


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
class Edge:
    """One row of the transition table."""

    source: str
    event: str
    target: str


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
