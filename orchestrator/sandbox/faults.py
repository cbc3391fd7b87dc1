"""Fault rules: which call goes wrong, and how. Decides only; ``pipeline`` carries out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What goes wrong."""

    drop_before = "drop_before"  # the connection closes, nothing happened
    drop_after = "drop_after"  # it happened and is stored, the answer is lost
    truncate_after = "truncate_after"  # it happened, half of the answer arrives
    conflict_409 = "conflict_409"
    rate_limit_429 = "rate_limit_429"
    lock_timeout_429 = "lock_timeout_429"
    error_500_stored = "error_500_stored"  # replayed for the key; `effect`: it happened
    error_500_unstored = "error_500_unstored"  # nothing happened, nothing stored
    bad_gateway_502 = "bad_gateway_502"  # not JSON; `effect`: it happened and is stored
    latency = "latency"  # `seconds`, `when`: before or after the effect
    unauthorized_401 = "unauthorized_401"


class When(StrEnum):
    """On which side of the effect a latency lies.

    ``before`` holds the idempotency key and the intent, so that a second request meets 409 or
    429; ``after`` delays a finished answer on its way.
    """

    before = "before"
    after = "after"


class FaultInvalid(ValueError):
    """A rule that cannot be understood."""


@dataclass(slots=True)
class Rule:
    """One rule. Of the calls it matches, those from the ``nth`` on go wrong, ``times`` of them.

    ``operation`` may be ``*``. ``times`` null means from then on. ``account`` null means all.
    """

    operation: str
    kind: Kind
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    when: When = When.before
    effect: bool = False
    match: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    seen: int = 0

    def counts(self, operation: str, account: str, facts: Mapping[str, str]) -> bool:
        """Tell whether a call is one this rule counts."""
        return (
            self.operation in ("*", operation)
            and self.account in (None, account)
            and all(facts.get(name) == wanted for name, wanted in self.match.items())
        )

    def is_due(self) -> bool:
        """Tell whether the call just counted goes wrong."""
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def take(self, operation: str, account: str, facts: Mapping[str, str]) -> Rule | None:
        """Count a call with every rule that matches and return the first that is due."""
        due = None
        for rule in self.rules:
            if rule.counts(operation, account, facts):
                rule.seen += 1
                if due is None and rule.is_due():
                    due = rule
        return due

    def forget(self, account: str | None) -> None:
        """Drop the rules of ``account``, or all."""
        self.rules = [rule for rule in self.rules if account not in (None, rule.account)]

    def shown(self, account: str | None) -> list[dict[str, Any]]:
        """List the rules of ``account``, or all, with how many calls each has counted."""
        return [asdict(rule) for rule in self.rules if account in (None, rule.account)]


MATCHABLE = frozenset({"payment_intent", "payment_method", "idempotency_key", "id"})
_FIELDS = frozenset({"operation", "kind", "nth", "times", "seconds", "when", "effect", "match"})


def read_rule(given: Mapping[str, Any], operations: frozenset[str], account: str | None) -> Rule:
    """Read a rule as it was posted.

    Raises:
        FaultInvalid: a field is unknown, missing or out of range.
    """
    unknown = set(given) - _FIELDS
    if unknown:
        raise FaultInvalid(f"unknown fields: {', '.join(sorted(unknown))}")
    if given.get("operation") not in operations | {"*"}:
        raise FaultInvalid(f"unknown operation: {given.get('operation')}")
    match = given.get("match") or {}
    if not set(match) <= MATCHABLE:
        raise FaultInvalid(f"match knows only {', '.join(sorted(MATCHABLE))}")
    try:
        rule = Rule(**{**given, "match": match, "account": account})
        rule.kind = Kind(rule.kind)
        rule.when = When(rule.when)
    except (TypeError, ValueError) as error:
        raise FaultInvalid(str(error)) from error
    if rule.nth < 1 or (rule.times is not None and rule.times < 1):
        raise FaultInvalid("nth and times start at 1; times null means for good")
    return rule
