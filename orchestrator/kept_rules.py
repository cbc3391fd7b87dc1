"""Sets of rules as they were taken up: what decided then, whatever is in force by now.

A history row names its set by ``rules_version``, the hash of the set's content. So the row's own
chain vouches for the set, and a set that was changed since no longer has the name it is kept under.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.handlers import ERROR_HANDLERS, Rule, RuleSet, version_of

# What a stored rule says of an outcome, in the same words in its row, its action and its set.
RULE_FIELDS: Final = (
    "handler",
    "message",
    "meaning",
    "alert",
    "retry_after_seconds",
    "auto_retry",
)


@dataclass(frozen=True, slots=True)
class KeptRules:
    """A set that is kept: its content, and the version of each stored rule in it, by code.

    ``genuine`` tells whether the content is what the history names; what is not words nothing.
    """

    rules_version: str
    content: Mapping[str, Any]
    stored: Mapping[str, int]
    genuine: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "genuine", self._is_genuine())

    def _is_genuine(self) -> bool:
        # Whatever JSON can hold may stand in a database that somebody has written into.
        if not isinstance(self.stored, Mapping):
            return False
        try:
            return version_of(self.content) == self.rules_version
        except (TypeError, ValueError):
            return False

    @property
    def errors(self) -> Mapping[str, Mapping[str, Any]]:
        """Return its rows of errors, each in plain values; none of a set that is not genuine."""
        return self.content["errors"] if self.genuine else {}


# Of what was decided before sets were kept, or by a process that never served.
NOT_KEPT: Final = KeptRules("", MappingProxyType({}), MappingProxyType({}))


class DecidingRule(NamedTuple):
    """The row that words a decision; ``version`` is a stored rule's, else null.

    ``generic`` rows tell the customer nothing of why.
    """

    key: str
    meaning: str
    generic: bool
    version: int | None


def source_of(version: int) -> str:
    """Return what the row of a stored rule has for its source, and so the set's version is over."""
    return f"stored version {version}"


def keys_of(handler: str | None, reason: str | None, *codes: str | None) -> tuple[str, ...]:
    """Return what the row that decided may be found by, the likeliest first.

    The reason on record is the key of the row that decided, unless a deployment's own handler did;
    then the codes are looked up. The reason of a wish may read like a code, and is none.
    """
    return tuple(key for key in (reason if handler is not None else None, *codes) if key)


def deciding_rule(keys: Iterable[str], kept: KeptRules, rules: RuleSet) -> DecidingRule | None:
    """Return the row of the set that decided, by the first key that has one with words of its own.

    Where that set is not kept as it was, or a deployment's function stands there, the rules in
    force word it, else the built-in ones.
    """
    for key in keys:
        version = kept.stored.get(key) if kept.genuine else None
        row = kept.errors.get(key, {})
        if row.get("meaning"):
            return DecidingRule(key, row["meaning"], row["generic"], version)
        for table in (rules.errors, ERROR_HANDLERS):
            rule = table.get(key)
            if isinstance(rule, Rule):
                return DecidingRule(key, rule.meaning, rule.generic, version)
    return None
