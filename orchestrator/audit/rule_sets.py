"""Checks the sets of rules that are kept: each is what the history's ``rules_version`` names.

A set of rules has its version for a name, the hash of its content, and history rows with their own
hashes carry that name. So a set cannot be rewritten, only taken away; a payment's page says where
one is not kept.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from orchestrator.audit.records import Problem
from orchestrator.audit.unreadable import UNREADABLE
from orchestrator.kept_rules import RULE_FIELDS, KeptRules, source_of
from orchestrator.store.connections import Database
from orchestrator.store.rules import read_rule_set_names, read_rule_sets, read_rule_versions
from orchestrator.store.schema import payment_transitions

TABLE: Final = "rule_sets"
_SHOWN: Final = 12


async def verify_rule_sets(
    database: Database, versions: Collection[str] | None = None
) -> list[Problem]:
    """Check the sets of these versions, or all that are kept, one at a time."""
    if versions is None:
        versions = await database.read(read_rule_set_names)
    problems: list[Problem] = []
    for version in versions:
        try:
            problems += await database.read(_problems_of, version)
        except UNREADABLE as exc:
            problems.append(_problem(version, "readable", f"holds what cannot be read: {exc}"))
    return problems


def versions_of(connection: Connection, payment_id: str) -> list[str]:
    """List the sets of rules that decided about a payment."""
    column = payment_transitions.c.rules_version
    query = select(column).where(payment_transitions.c.payment_id == payment_id).distinct()
    return list(connection.execute(query.order_by(column)).scalars())


def _problems_of(connection: Connection, version: str) -> list[Problem]:
    kept = read_rule_sets(connection, [version]).get(version)
    if kept is None:
        return []
    if not kept.genuine:
        return [_problem(version, "content", "is not what its version is the hash of")]
    return list(_stored_otherwise(connection, kept))


def _stored_otherwise(connection: Connection, kept: KeptRules) -> Iterator[Problem]:
    """Find stored rules that the set says it has, and that say something else by now."""
    for code in sorted(kept.content.get("standing", {}).keys() - kept.stored.keys()):
        sentence = f"does not say which version of the rule for {code} it has"
        yield _problem(kept.rules_version, "stored", sentence)
    for code, version in kept.stored.items():
        rows = {row["version"]: row for row in read_rule_versions(connection, code)}
        row = rows.get(version)
        if row is None or row["state"] != "approved":
            said = "is not stored as approved"
        elif kept.errors.get(code, {}).get("source") != source_of(version):
            said = "is not the version that decided"
        elif _said(row) != _said(kept.errors.get(code, {})):
            said = "says something else"
        else:
            continue
        sentence = f"has version {version} of the rule for {code}, which {said}"
        yield _problem(kept.rules_version, "stored", sentence)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in RULE_FIELDS}


def _problem(version: str, rule: str, sentence: str) -> Problem:
    return Problem("-", TABLE, None, rule, f"The set {version[:_SHOWN]}… {sentence}.")
