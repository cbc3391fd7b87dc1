"""What an explanation is made from: the payment, what was decided last, the rules, the moment.

Refuses to know anything that is not in these: nobody is asked for an explanation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.explain.situation import Row
from orchestrator.handlers import Rule, RuleSet
from orchestrator.kept_rules import DecidingRule, KeptRules, deciding_rule, keys_of
from orchestrator.next_action import awaited_action
from orchestrator.payment import Payment

# What no rule decides, and so no rule words.
OWN_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"attempt_not_run": "Stripe did not run the attempt"}
)


class Decision(NamedTuple):
    """What was decided last, and what it led or is to lead to."""

    event: str
    reason: str | None
    handler: str | None
    handler_error: str | None
    completed: bool | None
    requires_retry: bool | None
    code: str | None
    decline_code: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What words are chosen by and filled with; ``last`` is the payment's last history row.

    ``kept`` is the set of rules that decided last.
    """

    payment: Payment
    last: Row
    rules: RuleSet
    now: datetime
    kept: KeptRules

    @property
    def decision(self) -> Decision:
        """Return what was decided last: the intention that stands, or the last row."""
        intention = self.payment.intention
        if intention is not None:
            return Decision(*(getattr(intention, name) for name in Decision._fields))
        return Decision(*(self.last[name] for name in Decision._fields))

    @property
    def rules_version(self) -> str:
        """Return by which rules that was decided."""
        return deciding_version(self.payment, self.last, self.rules)

    @property
    def codes(self) -> tuple[str | None, str | None]:
        """Return decline code and code of the last failure; an undecided one has no row yet."""
        opened = self.payment.settling.open
        if opened is not None and opened.undecided is not None:
            return opened.undecided.decline_code, opened.undecided.code
        return self.decision.decline_code, self.decision.code

    @property
    def rule(self) -> DecidingRule | None:
        """Return the row that words the last failure."""
        keys = keys_of(self.decision.handler, self.decision.reason, *self.codes)
        return deciding_rule(keys, self.kept, self.rules)

    @property
    def meaning(self) -> str | None:
        """Return what the last decision was about, in a few words."""
        if self.decision.event == "succeed":
            row = self.rules.successes.get("succeeded")
            return row.meaning if isinstance(row, Rule) else None
        if self.rule is not None:
            return self.rule.meaning
        return OWN_MEANINGS.get(self.decision.code or "")

    @property
    def message(self) -> str | None:
        """Return what the customer may be told of the last attempt."""
        return (self.payment.last_outcome or {}).get("message")

    @property
    def same_card_allowed(self) -> bool:
        """Whether the card of the last attempt may be presented again."""
        return bool((self.payment.last_outcome or {}).get("same_card_allowed"))

    @property
    def retry_from(self) -> datetime | None:
        """Return when the same card may be tried again, where that is still to come."""
        text = (self.payment.last_outcome or {}).get("retry_not_before")
        moment = datetime.fromisoformat(text) if text else None
        return moment if moment is not None and moment > self.now else None

    @property
    def retries_at(self) -> datetime | None:
        """Return when the same card is tried again by itself, if it is to be."""
        planned = self.payment.settling.retry
        return planned.at if planned is not None else None

    @property
    def deadline(self) -> datetime | None:
        """Return when the payment ends by itself, if nothing moves it before."""
        payment = self.payment
        if payment.handled or payment.intention is not None:
            return None
        return payment.expires_at if payment.waiting else payment.deadline_at

    def words(self) -> dict[str, Any]:
        """Return what sentences may name."""
        payment = self.payment
        return {
            "attempt": f"attempt {payment.attempts_used} of {payment.max_attempts}",
            "most": payment.max_attempts,
            "left": attempts(payment.attempts_left),
            "until": when(payment.expires_at),
            "deadline": when(self.deadline),
            "retry": when(self.retry_from),
            "again": when(self.retries_at),
            "look": when(payment.due_at),
            "why": self._why(),
            "message": self.message,
            "status": payment.settling.seen_status,
            "action": (awaited_action(payment.next_action) or {}).get("type"),
            "reason": (self.decision.reason or "").replace("_", " "),
            "operator_reason": (self.decision.reason or "").partition(":")[2],
            "stripe_reason": (self.decision.reason or "").rpartition(":")[2].replace("_", " "),
        }

    def _why(self) -> str:
        code = next((code for code in self.codes if code), None)
        if self.meaning is None:
            return code or "no reason is known"
        return f"{self.meaning} ({code})" if code else self.meaning


def deciding_version(payment: Payment, last: Row, rules: RuleSet) -> str:
    """Return by which rules it was decided last; a wish to end will name those then in force."""
    if payment.intention is not None:
        return payment.intention.rules_version or rules.rules_version
    version: str = last["rules_version"]
    return version


def when(moment: datetime | None) -> str:
    """Write a moment as it is read out."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "no time"


def attempts(number: int) -> str:
    """Write a number of attempts as it is read out."""
    return "1 attempt" if number == 1 else f"{number or 'no'} attempts"
