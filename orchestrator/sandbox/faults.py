"""Fault rules: which call goes wrong, and how. Decides only; ``pipeline`` carries out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

LONGEST_SECONDS: Final = 3600
# What is named as the operation of a rule about deliveries; ``*`` does not mean it.
DELIVERIES: Final = "webhooks.deliver"


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
    deliver_twice = "deliver_twice"  # the event is delivered, and then once more
    deliver_late = "deliver_late"  # `seconds` later
    deliver_never = "deliver_never"


DELIVERY_KINDS: Final = frozenset({Kind.deliver_twice, Kind.deliver_late, Kind.deliver_never})


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
            (self.operation == operation or (self.operation == "*" and operation != DELIVERIES))
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


MATCHABLE = frozenset({"payment_intent", "payment_method", "idempotency_key", "id", "type"})
_FIELDS = frozenset({"operation", "kind", "nth", "times", "seconds", "when", "effect", "match"})


def read_rules(given: Any, operations: frozenset[str], account: str | None) -> list[Rule]:
    """Read what was posted: one rule, a list of rules, or either under ``rules``.

    Raises:
        FaultInvalid: it is none of these, or one of the rules cannot be understood.
    """
    if isinstance(given, Mapping) and set(given) == {"rules"}:
        given = given["rules"]
    rules = given if isinstance(given, list) else [given]
    return [read_rule(rule, operations, account) for rule in rules]


def read_rule(given: Any, operations: frozenset[str], account: str | None) -> Rule:
    """Read a rule as it was posted.

    Raises:
        FaultInvalid: a field is unknown, missing or out of range.
    """
    if not isinstance(given, Mapping):
        raise FaultInvalid("a rule is an object with an operation and a kind")
    unknown = set(given) - _FIELDS
    if unknown:
        raise FaultInvalid(f"unknown fields: {', '.join(sorted(unknown))}")
    if given.get("operation") not in ["*", *operations]:
        known = ", ".join(sorted(operations))
        raise FaultInvalid(f"unknown operation: {given.get('operation')}; known: *, {known}")
    if given.get("kind") not in list(Kind):
        raise FaultInvalid(f"unknown kind: {given.get('kind')}; known: {', '.join(Kind)}")
    if (given["kind"] in DELIVERY_KINDS) is not (given["operation"] == DELIVERIES):
        kinds = ", ".join(sorted(DELIVERY_KINDS))
        raise FaultInvalid(f"{DELIVERIES} goes with one of {kinds}, and they with nothing else")
    _check_values(given)
    return Rule(
        **{
            **given,
            "kind": Kind(given["kind"]),
            "when": When(given.get("when", When.before)),
            "match": given.get("match") or {},
            "account": account,
        }
    )


def _check_values(given: Mapping[str, Any]) -> None:
    nth, times, seconds = given.get("nth", 1), given.get("times", 1), given.get("seconds", 0)
    if not _is_count(nth) or not (times is None or _is_count(times)):
        raise FaultInvalid("nth and times are integers from 1; times null means for good")
    if type(seconds) not in (int, float) or not 0 <= seconds < LONGEST_SECONDS:
        raise FaultInvalid(f"seconds is a number from 0 to {LONGEST_SECONDS}")
    if given.get("when", When.before) not in list(When):
        raise FaultInvalid(f"unknown when: {given['when']}; known: {', '.join(When)}")
    if type(given.get("effect", False)) is not bool:
        raise FaultInvalid("effect is true or false")
    match = given.get("match") or {}
    if not isinstance(match, Mapping) or not set(match) <= MATCHABLE:
        raise FaultInvalid(f"match is an object that knows only {', '.join(sorted(MATCHABLE))}")


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1
