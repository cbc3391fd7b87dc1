"""What the API shows of decline rules. Pure."""

from collections.abc import Mapping
from typing import Any

from api.shapes import Document
from orchestrator.chain import instant
from orchestrator.handlers import Rule, RuleSet, describe
from orchestrator.what_if import WhatIf

_DESCRIBED = (
    "handler",
    "action",
    "message",
    "meaning",
    "source",
    "disable_scope",
    "generic",
    "alert",
    "retry_after_seconds",
    "yields_to",
    "auto_retry",
)
_STORED = (
    "code",
    "version",
    "handler",
    "message",
    "meaning",
    "alert",
    "retry_after_seconds",
    "auto_retry",
    "state",
    "reason",
)


def rule_document(code: str, rules: RuleSet, stored: Mapping[str, Any] | None) -> Document:
    """Show a rule that is in force, and who wrote it, where it is a stored one."""
    handler = rules.errors[code]
    described = dict.fromkeys(_DESCRIBED) | describe(handler)
    own = code in rules.own or not isinstance(handler, Rule)
    return {
        "object": "decline_rule",
        "code": code,
        **described,
        "origin": "stored" if stored else "deployment" if own else "built_in",
        "version": stored["version"] if stored else None,
        "author": stored["author_name"] if stored else None,
        "approved_by": stored["decided_by_name"] if stored else None,
        "reason": stored["reason"] if stored else None,
        "in_force_since": instant(stored["decided_at"]) if stored else None,
    }


def version_document(row: Mapping[str, Any]) -> Document:
    """Show one version of a stored rule, in force or not."""
    decided = row["decided_at"]
    return {
        "object": "decline_rule_version",
        **{name: row[name] for name in _STORED},
        "author": {"key": row["author_id"], "name": row["author_name"]},
        "created_at": instant(row["created_at"]),
        "needs_approval": row["needs_approval"],
        "decided_by": (
            {"key": row["decided_by"], "name": row["decided_by_name"]} if decided else None
        ),
        "decided_reason": row["decided_reason"],
        "decided_at": instant(decided) if decided else None,
    }


def what_if_document(found: WhatIf, version: int | None) -> Document:
    """Show what the rules in force would do."""
    outcome, ruling = found.outcome, found.ruling
    return {
        "object": "what_if",
        "rules_version": found.rules_version,
        "outcome": {
            "code": outcome.code,
            "decline_code": outcome.decline_code,
            "advice_code": outcome.advice_code,
            "network_advice_code": outcome.network_advice_code,
            "network_decline_code": outcome.network_decline_code,
            "type": outcome.outcome_type,
            "reason": outcome.reason,
        },
        "considered": list(found.keys),
        "decided_by": ruling.key,
        "step": found.step,
        "handler": ruling.handler,
        "version": version,
        "meaning": found.meaning,
        "message": ruling.result.message,
        "alert": ruling.alert,
        "effects": [
            {"attempts_left": each.attempts_left, "event": each.event, "state": each.state}
            for each in found.effects
        ],
        "card": {
            "disabled": ruling.disable_scope.value if ruling.disable_scope else None,
            "same_card_allowed": ruling.result.same_card_allowed,
            "retry_after_seconds": ruling.result.retry_after_seconds,
            "automatic_retries": list(ruling.retry_delays),
        },
    }
