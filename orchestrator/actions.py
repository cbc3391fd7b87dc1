"""What people do to a deployment, as data: each action, and the row by which it is on record. Pure.

All actions stand in one chain, numbered without gaps, each with the hash of the one before. That
makes them one lock point, so only what people do is recorded here, never what a payment does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator import __version__
from orchestrator.chain import instant, row_hash
from orchestrator.payment import Actor

Row = dict[str, Any]

# Who does something and shows no key that anybody knows.
ANONYMOUS: Final = "anonymous"


class ActionName(StrEnum):
    """What was done."""

    key_created = "key_created"
    key_revoked = "key_revoked"
    rule_changed = "rule_changed"
    rule_proposed = "rule_proposed"
    rule_approved = "rule_approved"
    rule_rejected = "rule_rejected"
    card_disabled = "card_disabled"
    card_enabled = "card_enabled"
    payment_resolved = "payment_resolved"
    anomaly_assigned = "anomaly_assigned"
    anomaly_resolved = "anomaly_resolved"
    payment_erased = "payment_erased"
    signed_in = "signed_in"
    signed_out = "signed_out"
    sign_in_failed = "sign_in_failed"
    export_made = "export_made"
    seal_made = "seal_made"
    webhook_endpoint_created = "webhook_endpoint_created"
    webhook_secret_rotated = "webhook_secret_rotated"  # noqa: S105, RUF100  a name, no password
    webhook_endpoint_enabled = "webhook_endpoint_enabled"
    webhook_endpoint_deleted = "webhook_endpoint_deleted"
    event_replayed = "event_replayed"


class Subject(NamedTuple):
    """What something was done to: the kind of object, and its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody did. An actor of null is nobody known.

    ``details`` are hashed: texts, whole numbers, flags, and lists and objects of these. No secret
    may stand in them.
    """

    name: ActionName
    subject: Subject
    actor: Actor | None
    at: datetime
    reason: str | None = None
    request_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def action_row(action: Action, number: int, previous_hash: str) -> Row:
    """Return the row that stands at this place of the chain.

    Raises:
        TypeError: a detail is one that has no single spelling.
    """
    row: Row = {
        "number": number,
        "actor_kind": action.actor.kind if action.actor else ANONYMOUS,
        "actor_id": action.actor.id if action.actor else None,
        "action": action.name.value,
        "subject_kind": action.subject.kind,
        "subject_id": action.subject.id,
        "reason": action.reason,
        "details": dict(action.details),
        "request_id": action.request_id,
        "application_version": __version__,
        "occurred_at": instant(action.at),
        "previous_hash": previous_hash,
    }
    return {**row, "occurred_at": action.at, "hash": row_hash(row)}


def action_hash(row: Mapping[str, Any]) -> str | None:
    """Hash a stored row anew; null where it holds what no row was ever written with."""
    hashed = {str(name): value for name, value in row.items() if name != "hash"}
    hashed["occurred_at"] = instant(row["occurred_at"])
    try:
        return row_hash(hashed)
    except TypeError:
        return None


# ── keys and people ──────────────────────────────────────────────────────────────────────────


def key_created(key: Mapping[str, Any], actor: Actor) -> Action:
    """Say that an API key was made; of its row everything but the secret's hash."""
    expires = key["expires_at"]
    details = {
        "name": key["name"],
        "scope": key["scope"],
        "expires_at": instant(expires) if expires is not None else None,
    }
    subject = Subject("api_key", key["id"])
    return Action(ActionName.key_created, subject, actor, key["created_at"], details=details)


def key_revoked(key_id: str, actor: Actor, at: datetime) -> Action:
    """Say that an API key was revoked."""
    return Action(ActionName.key_revoked, Subject("api_key", key_id), actor, at)


def signed_in(key_id: str, at: datetime, request_id: str | None = None) -> Action:
    """Say that somebody came in with an API key."""
    return _session(ActionName.signed_in, key_id, at, request_id)


def signed_out(key_id: str, at: datetime, request_id: str | None = None) -> Action:
    """Say that somebody who came in with an API key has left."""
    return _session(ActionName.signed_out, key_id, at, request_id)


def sign_in_failed(
    key_id: str | None, reason: str, at: datetime, request_id: str | None = None
) -> Action:
    """Say that somebody was not let in. The id is what was shown, if it was one: it proves nothing.

    Never hand on what else was typed: it may be a secret with a slip of the pen in it.
    """
    subject = Subject("api_key", key_id or "unknown")
    return Action(ActionName.sign_in_failed, subject, None, at, reason, request_id)


def _session(name: ActionName, key_id: str, at: datetime, request_id: str | None) -> Action:
    actor = Actor("api_key", key_id)
    return Action(name, Subject("api_key", key_id), actor, at, request_id=request_id)


# ── what nobody expected ─────────────────────────────────────────────────────────────────────


def anomaly_assigned(
    anomaly_id: str, actor: Actor, at: datetime, *, owner: str, request_id: str | None
) -> Action:
    """Say that an anomaly became somebody's."""
    details = {"owner": owner}
    subject = Subject("anomaly", anomaly_id)
    return Action(ActionName.anomaly_assigned, subject, actor, at, None, request_id, details)


def anomaly_resolved(
    anomaly_id: str,
    actor: Actor,
    at: datetime,
    *,
    resolution: str,
    reason: str,
    request_id: str | None,
) -> Action:
    """Say how an anomaly was resolved, and why."""
    details = {"resolution": resolution}
    subject = Subject("anomaly", anomaly_id)
    return Action(ActionName.anomaly_resolved, subject, actor, at, reason, request_id, details)


# ── evidence that was taken away ─────────────────────────────────────────────────────────────


def export_made(
    what: Subject, actor: Actor, at: datetime, *, format: str, request_id: str | None = None
) -> Action:
    """Say that stored records were written out: of one payment, or of everything."""
    details = {"format": format}
    return Action(ActionName.export_made, what, actor, at, None, request_id, details)


def payment_erased(
    payment_id: str, actor: Actor, reason: str, at: datetime, *, refunds: int
) -> Action:
    """Say that what callers wrote about a payment was erased, and what of how many refunds."""
    subject = Subject("payment", payment_id)
    return Action(
        ActionName.payment_erased, subject, actor, at, reason, details={"refunds": refunds}
    )


def seal_made(
    seal_id: str, actor: Actor, at: datetime, *, root: str, request_id: str | None = None
) -> Action:
    """Say that the heads of all chains were sealed."""
    details = {"root": root}
    subject = Subject("seal", seal_id)
    return Action(ActionName.seal_made, subject, actor, at, None, request_id, details)


# ── where events are sent ────────────────────────────────────────────────────────────────────


def endpoint_changed(
    name: ActionName,
    endpoint_id: str,
    actor: Actor,
    at: datetime,
    *,
    request_id: str | None = None,
    details: Mapping[str, Any] = MappingProxyType({}),
) -> Action:
    """Say what was done to a webhook endpoint; never its secret."""
    subject = Subject("webhook_endpoint", endpoint_id)
    return Action(name, subject, actor, at, None, request_id, details)


def event_replayed(
    event_id: str,
    actor: Actor,
    at: datetime,
    *,
    webhook_endpoints: Sequence[str],
    request_id: str | None = None,
) -> Action:
    """Say that an event was sent once more, and to which endpoints."""
    details = {"webhook_endpoints": list(webhook_endpoints)}
    subject = Subject("event", event_id)
    return Action(ActionName.event_replayed, subject, actor, at, None, request_id, details)
