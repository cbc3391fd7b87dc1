"""Puts an explanation together: the situation chooses the words, the facts fill them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.explain.facts import Facts
from orchestrator.explain.situation import Row, Situation, ending_of, situation_of
from orchestrator.explain.steps import STEPS
from orchestrator.explain.words import BECAUSE, EFFECTS, SUMMARIES
from orchestrator.handlers import RuleSet
from orchestrator.kept_rules import NOT_KEPT, KeptRules
from orchestrator.payment import Payment
from orchestrator.states import Configuration, permitted_events


@dataclass(frozen=True, slots=True)
class RuleShown:
    """The rule that decided last; ``event`` is what it led to, ``meaning`` what it was about.

    ``version`` is a stored rule's; null where a built-in one or a deployment's decided.
    """

    code: str | None
    decline_code: str | None
    handler: str
    meaning: str | None
    completed: bool | None
    requires_retry: bool | None
    event: str
    rules_version: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a payment is where it is, what may happen to it, and what does."""

    payment: Payment
    situation: Situation
    summary: str
    rule: RuleShown | None
    allowed_events: tuple[str, ...]
    deadline: datetime | None
    deadline_effect: str | None
    next_steps: tuple[str, ...]


def explain(
    payment: Payment,
    last: Row,
    rules: RuleSet,
    now: datetime,
    kept: KeptRules = NOT_KEPT,
) -> Explanation:
    """Explain a payment by its row, its last history row and the rules in force.

    ``kept`` is the set of rules that decided last.
    """
    facts = Facts(payment, last, rules, now, kept)
    situation = situation_of(payment, last, now)
    words = facts.words()
    words["because"] = _because(facts, words)
    here = Configuration(payment.state, payment.attempts_left)
    return Explanation(
        payment=payment,
        situation=situation,
        summary=SUMMARIES[situation].format_map(words),
        rule=_rule(facts),
        allowed_events=tuple(event.value for event in permitted_events(here)),
        deadline=facts.deadline,
        deadline_effect=EFFECTS.get(situation),
        next_steps=tuple(
            step.sentence.format_map(words)
            for step in STEPS
            if situation in step.situations and step.applies(facts)
        ),
    )


def _because(facts: Facts, words: dict[str, Any]) -> str:
    """Say why the payment ended or is to end; of no use to any other."""
    decision = facts.decision
    return BECAUSE[ending_of(decision.event, decision.reason or "")].format_map(words)


def _rule(facts: Facts) -> RuleShown | None:
    """Show the rule that decided; null where somebody's wish or the clock did, or nothing yet."""
    decision = facts.decision
    if decision.handler is None:
        return None
    return RuleShown(
        code=decision.code,
        decline_code=decision.decline_code,
        handler=decision.handler,
        meaning=facts.meaning,
        completed=decision.completed,
        requires_retry=decision.requires_retry,
        event=decision.event,
        rules_version=facts.rules_version,
        version=facts.rule.version if facts.rule is not None else None,
    )
