"""Stored decline rules: the versions of each, those in force, and the sets they made up."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, literal, select, update

from orchestrator.actions import Action
from orchestrator.kept_rules import KeptRules
from orchestrator.store.actions import record_action
from orchestrator.store.schema import decline_rules, idempotency_keys, rule_sets

Row = dict[str, Any]

_IN_FORCE: Final = (
    select(decline_rules.c.code, func.max(decline_rules.c.version).label("version"))
    .where(decline_rules.c.state == "approved")
    .group_by(decline_rules.c.code)
    .subquery()
)


def read_rules_in_force(connection: Connection) -> list[Row]:
    """Read the newest approved version of each code, in the order of the codes."""
    query = (
        select(decline_rules)
        .join(
            _IN_FORCE,
            (decline_rules.c.code == _IN_FORCE.c.code)
            & (decline_rules.c.version == _IN_FORCE.c.version),
        )
        .order_by(decline_rules.c.code)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def read_rule_versions(connection: Connection, code: str) -> list[Row]:
    """Read every version of a code's rule, newest first."""
    query = select(decline_rules).where(decline_rules.c.code == code)
    query = query.order_by(decline_rules.c.version.desc())
    return [dict(row) for row in connection.execute(query).mappings()]


def insert_rule(connection: Connection, row: Row, action: Action) -> None:
    """Store a new version of a rule, and who wrote it."""
    connection.execute(insert(decline_rules), row)
    record_action(connection, action)


def decide_rule(
    connection: Connection,
    code: str,
    version: int,
    decision: Row,
    action: Action,
    key: Row | None = None,
) -> bool:
    """Approve or reject a proposal; False where it is none any more."""
    decided = connection.execute(
        update(decline_rules)
        .where(
            decline_rules.c.code == code,
            decline_rules.c.version == version,
            decline_rules.c.state == "proposed",
        )
        .values(**decision)
    )
    if decided.rowcount != 1:
        return False
    if key is not None:
        connection.execute(insert(idempotency_keys), key)
    record_action(connection, action)
    return True


def keep_rule_set(
    connection: Connection, kept: KeptRules, application_version: str, now: datetime
) -> None:
    """Keep what a version of the whole set stands for, unless that is known."""
    known = select(literal(1)).where(rule_sets.c.rules_version == kept.rules_version)
    if connection.execute(known).one_or_none() is None:
        connection.execute(
            insert(rule_sets),
            {
                "rules_version": kept.rules_version,
                "content": dict(kept.content),
                "stored": dict(kept.stored),
                "application_version": application_version,
                "adopted_at": now,
            },
        )


def read_rule_sets(connection: Connection, versions: Collection[str]) -> dict[str, KeptRules]:
    """Read the sets that some history rows name, by their versions; those that are kept."""
    columns = (rule_sets.c.rules_version, rule_sets.c.content, rule_sets.c.stored)
    query = select(*columns).where(rule_sets.c.rules_version.in_(sorted(set(versions))))
    return {row.rules_version: KeptRules(*row) for row in connection.execute(query)}


def read_rule_set_names(connection: Connection) -> list[str]:
    """List the versions of all sets that are kept."""
    return list(connection.execute(select(rule_sets.c.rules_version)).scalars())
