"""Holds stored decline rules and API keys against the actions that made them what they are.

The chain of actions has what people did, with what they wrote; the tables have what came of it. A
row that nobody is on record for, or that says otherwise, was written behind the program's back.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from orchestrator.actions import ActionName
from orchestrator.audit.records import Problem, Row
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.chain import instant
from orchestrator.store.connections import Database
from orchestrator.store.schema import actions, api_keys, decline_rules
from orchestrator.store.snapshots import snapshot

RULE: Final = "on_record"

# What a version of a rule is after each action.
_STATE_AFTER: Final = {
    "rule_changed": "approved",
    "rule_proposed": "proposed",
    "rule_approved": "approved",
    "rule_rejected": "rejected",
}
_OF_KEYS: Final = (ActionName.key_created, ActionName.key_revoked)
_ACT: Final = (
    actions.c.action,
    actions.c.actor_id,
    actions.c.subject_id,
    actions.c.reason,
    actions.c.details,
    actions.c.occurred_at,
)


async def verify_on_record(database: Database) -> list[Problem]:
    """Find each rule and each key that is not what the actions made it."""
    return await database.read(_problems)


def _problems(connection: Connection) -> list[Problem]:
    with snapshot(connection):
        return [
            *_guarded("decline_rules", _rules(connection)),
            *_guarded("api_keys", _keys(connection)),
        ]


def _guarded(table: str, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Pass problems on; what cannot be read is one, and the last."""
    try:
        yield from problems
    except UNREADABLE as exc:
        yield Problem("-", table, None, "readable", f"A column holds what cannot be read: {exc}")


# ── decline rules ────────────────────────────────────────────────────────────────────────────


def _rules(connection: Connection) -> Iterator[Problem]:
    acts: dict[tuple[str, int], list[Row]] = {}
    for act in _acts(connection, tuple(_STATE_AFTER)):
        acts.setdefault((act["subject_id"], act["details"].get("version")), []).append(act)
    query = select(decline_rules).order_by(decline_rules.c.code, decline_rules.c.version)
    rows = {(row["code"], row["version"]): dict(row) for row in _mappings(connection, query)}
    for name in sorted(acts.keys() | rows.keys(), key=str):
        for sentence in _of_rule(rows.get(name), acts.get(name, [])):
            code, version = name
            yield Problem("-", "decline_rules", version, RULE, f"The rule for {code}: {sentence}")


def _of_rule(row: Row | None, acts: list[Row]) -> Iterator[str]:
    if not acts:
        yield "nobody is on record for this version."
        return
    if row is None:
        yield "this version is on record, and its row was removed."
        return
    last = acts[-1]
    said = {**row, "author": row["author_name"]}
    recorded = {**last["details"], **_people(acts)}
    otherwise = sorted(key for key, value in recorded.items() if said.get(key) != value)
    if otherwise:
        yield f"{', '.join(otherwise)} are not what is on record."
    if row["state"] != _STATE_AFTER[last["action"]]:
        yield f"it is {row['state']}, and on record is {last['action'].replace('_', ' ')}."


def _people(acts: list[Row]) -> Row:
    """Return who wrote a version and why, and who decided on it and why."""
    first, last = acts[0], acts[-1]
    proposed = first["action"] == ActionName.rule_proposed
    return {
        "author_id": first["actor_id"],
        "reason": first["reason"],
        "needs_approval": proposed,
        "decided_by": None if last["action"] == ActionName.rule_proposed else last["actor_id"],
        "decided_reason": last["reason"] if proposed and last is not first else None,
    }


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def _keys(connection: Connection) -> Iterator[Problem]:
    acts: dict[str, dict[str, Row]] = {}
    for act in _acts(connection, _OF_KEYS):
        acts.setdefault(act["subject_id"], {})[act["action"]] = act
    query = select(api_keys).order_by(api_keys.c.id)
    keys = {key["id"]: dict(key) for key in _mappings(connection, query)}
    for key_id in sorted(acts.keys() | keys.keys()):
        for sentence in _of_key(keys.get(key_id), acts.get(key_id, {})):
            yield Problem("-", "api_keys", None, RULE, f"The key {key_id}: {sentence}")


def _of_key(key: Row | None, acts: Mapping[str, Row]) -> Iterator[str]:
    if key is None:
        yield "it is on record, and its row was removed."
        return
    made, revoked = acts.get("key_created"), acts.get("key_revoked")
    if made is None:
        yield "nobody is on record for making it."
        return
    expires = key["expires_at"]
    now = {**key, "expires_at": instant(expires) if expires is not None else None}
    recorded = {
        **made["details"],
        "created_at": made["occurred_at"],
        "revoked_at": revoked["occurred_at"] if revoked is not None else None,
    }
    otherwise = sorted(name for name, value in recorded.items() if now.get(name) != value)
    if otherwise:
        yield f"{', '.join(otherwise)} are not what is on record."


def _acts(connection: Connection, names: tuple[str, ...]) -> Iterator[Row]:
    """Read the actions of these names, the oldest first."""
    query = select(*_ACT).where(actions.c.action.in_([str(name) for name in names]))
    for row in _mappings(connection, query.order_by(actions.c.number)):
        yield dict(row)


def _mappings(connection: Connection, query: Any) -> Any:
    return connection.execute(query).mappings()
