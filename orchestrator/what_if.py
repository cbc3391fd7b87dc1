"""What the rules in force would do with an error of Stripe's: the same decision, without effects.

Pure: it is asked with the very functions that settle a payment, and writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.gateway.parsing import merge_failure, parse_charge, parse_error
from orchestrator.handlers import (
    Outcome,
    PaymentDetails,
    Rule,
    RuleSet,
    Ruling,
    outcome_of,
    rule_on,
)
from orchestrator.handlers.rules import DECLINED, DEFAULT_KEYS, applicable_keys
from orchestrator.states import PaymentState, advance

# A deployment's own handler may look at the amount; ours do not.
_AMOUNT: Final = 1000


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of a payment with so many attempts left after this one; null: it stays."""

    attempts_left: int
    event: str | None
    state: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The decision: which row decided, by which step of the precedence, and what follows."""

    outcome: Outcome
    keys: tuple[str, ...]
    ruling: Ruling
    step: str
    meaning: str | None
    effects: tuple[Effect, ...]
    rules_version: str


def what_if(
    error: Mapping[str, Any],
    charge: Mapping[str, Any] | None,
    http_status: int,
    rules: RuleSet,
    max_attempts: int,
) -> WhatIf:
    """Decide on an error object as Stripe sends it, with the failed charge where it was read."""
    failure = parse_error(dict(error))
    if charge is not None:
        failure = merge_failure(failure, parse_charge(dict(charge)))
    status = None if http_status == DECLINED else http_status
    outcome = replace(outcome_of(failure), http_status=status)
    rulings = [rule_on(outcome, _payment(left), rules) for left in range(max_attempts)]
    ruling = rulings[-1]
    row = rules.errors[ruling.key]
    return WhatIf(
        outcome=outcome,
        keys=applicable_keys(outcome, rules),
        ruling=ruling,
        step=step_of(ruling.key, outcome),
        meaning=row.meaning if isinstance(row, Rule) else None,
        effects=tuple(_effect(left, each) for left, each in enumerate(rulings)),
        rules_version=rules.rules_version,
    )


def step_of(key: str, outcome: Outcome) -> str:
    """Name the step of the precedence that a row stands at."""
    if key in DEFAULT_KEYS - {"blocked:*"}:
        return "default"
    kind, colon, _ = key.partition(":")
    if colon:
        return kind
    return "decline_code" if key == outcome.decline_code else "code"


def _payment(attempts_left: int) -> PaymentDetails:
    return PaymentDetails(None, None, _AMOUNT, "usd", (), attempts_left)


def _effect(attempts_left: int, ruling: Ruling) -> Effect:
    here = PaymentState.confirming
    if ruling.event is None:
        return Effect(attempts_left, None, here.value)
    return Effect(attempts_left, ruling.event.value, advance(here, ruling.event).value)
