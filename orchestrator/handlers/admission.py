"""Which changes of a rule are admitted: a stored rule may be firmer than ours, or gentle elsewhere.

Asked of every outcome that the row can decide, against what the rules without stored ones decide.
So no sequence of admitted changes guesses an outcome, pays twice, or makes a card usable that its
network or its issuer has taken out of use. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple

from orchestrator.handlers.actions import EFFECTS, UNDECIDED_BY_DESIGN, Action, Rule
from orchestrator.handlers.errors import ERROR_HANDLERS
from orchestrator.handlers.outcome import DisableScope, Handler, Outcome, PaymentDetails
from orchestrator.handlers.registry import RuleSet
from orchestrator.handlers.rules import AGAINST_THE_CARD, Ruling, evidence_keys, rule_on
from orchestrator.handlers.wording import GENERIC
from orchestrator.states import PaymentEvent

# What a rule for a failure may name: nothing that is said of an answer that is none.
NAMED_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        handler.__name__: handler
        for handler, effect in EFFECTS.items()
        if effect.action not in {Action.succeed, Action.wait}
    }
)
# A code that Stripe may add. What comes before the code (advice, blocks) is a closed list.
_NEW_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
# After these the card is not tried again by itself, whatever delays a rule has.
_NO_RETRY: Final = UNDECIDED_BY_DESIGN | {Action.card_disabled, Action.failed}

_ADVICE: Final = (None, "do_not_try_again", "try_again_later", "confirm_card_data")
_NETWORK_ADVICE: Final = (None, "02", "03", "21")
_UNKNOWN: Final = "a_code_of_tomorrow"
# The charge's outcome: whether it was read, who declined, and why Stripe did.
_WHO: Final[tuple[tuple[bool, str | None, str | None], ...]] = (
    (False, None, None),
    (True, "issuer_declined", None),
    (True, "blocked", "highest_risk_level"),
    (True, "blocked", "rule"),
    (True, "blocked", "previously_declined_do_not_retry"),
    (True, "blocked", "low_probability_of_authorization"),
    (True, "blocked", "for_another_reason"),
)
_PAYMENT: Final = PaymentDetails("cus_1", None, 1000, "usd", (), attempts_left=1)


class RuleNotAdmitted(ValueError):
    """A rule may not be changed so; ``param`` is the field that is wrong."""

    def __init__(self, param: str, sentence: str) -> None:
        self.param = param
        super().__init__(sentence)


class Limit(NamedTuple):
    """What no stored rule may do, and the words for it."""

    broken: Callable[[Outcome, Ruling, Ruling, RuleSet], bool]
    sentence: str


def may_have_rule(code: str) -> bool:
    """Tell whether a rule can be stored for a code: a known row's, or one that Stripe may add."""
    return code in ERROR_HANDLERS or _NEW_CODE.fullmatch(code) is not None


def base_rule(code: str, base: RuleSet) -> Rule:
    """Return the row that a stored one stands in for; a code without one has the unknown one's."""
    for table in (base.errors, ERROR_HANDLERS):
        row = table.get(code)
        if isinstance(row, Rule):
            return row
    unknown = ERROR_HANDLERS["*"]
    assert isinstance(unknown, Rule), "ours are rules"
    return replace(unknown, alert=False, meaning=code.replace("_", " "))


def make_rule(
    code: str,
    handler: str,
    base: RuleSet,
    *,
    source: str,
    message: str | None = None,
    meaning: str | None = None,
    alert: bool | None = None,
    retry_after_seconds: int | None = None,
    auto_retry: tuple[int, ...] | None = None,
) -> Rule:
    """Make the row of a stored rule; what is not given is as in the row that it stands in for.

    A row with another handler keeps neither words nor delays, which spoke of the old one. What the
    row yields to is never changed: that is the precedence of the evidence.

    Raises:
        RuleNotAdmitted: the handler is none for a failure, or the fields contradict each other.
    """
    stands_for = base_rule(code, base)
    function = NAMED_HANDLERS.get(handler)
    if function is None:
        names = ", ".join(sorted(NAMED_HANDLERS))
        raise RuleNotAdmitted("handler", f"must be one of {names}")
    same = function is stands_for.handler
    delays = auto_retry if auto_retry is not None else stands_for.auto_retry if same else ()
    if delays and EFFECTS[function].action in _NO_RETRY:
        raise RuleNotAdmitted("auto_retry", f"cannot be: after {handler} no card is tried again")
    words = message if message is not None else stands_for.message if same else GENERIC
    if stands_for.generic and words != GENERIC:
        raise RuleNotAdmitted("message", "would tell the customer a reason that must not be told")
    kept = stands_for.retry_after_seconds if same else None
    return replace(
        stands_for,
        handler=function,
        message=words,
        meaning=meaning if meaning is not None else stands_for.meaning,
        source=source,
        alert=stands_for.alert if alert is None else alert,
        retry_after_seconds=kept if retry_after_seconds is None else retry_after_seconds,
        auto_retry=delays,
    )


def problem_with(code: str, rules: RuleSet, base: RuleSet) -> str | None:
    """Say what the row of a code would do, of which outcome, that no stored rule may; null if none.

    ``base`` are the rules without stored ones.
    """
    for outcome in outcomes_about(code, base):
        was, will = rule_on(outcome, _PAYMENT, base), rule_on(outcome, _PAYMENT, rules)
        for limit in LIMITS:
            if limit.broken(outcome, was, will, base):
                return f"{limit.sentence} ({_told(outcome)})"
    return None


def outcomes_about(code: str, base: RuleSet) -> Iterator[Outcome]:
    """Make up every kind of outcome that the row of a code may decide."""
    kind, _, value = code.rpartition(":")
    # Defaults decide what has no row of its own.
    codes = [_UNKNOWN] if code in {"*", "refused:*"} else [code] if not kind else _kinds(base)
    advices = (value,) if kind == "advice" else _ADVICE
    networks = (value,) if kind == "network_advice" else _NETWORK_ADVICE
    who = [each for each in _WHO if each[2] == value] or list(_WHO[-1:])
    who = who if kind == "blocked" else list(_WHO)
    statuses = (_status(value),) if kind == "refused" else (None, 400)
    for each in product(codes, advices, networks, who, statuses):
        yield from _shapes(*each)


def _kinds(base: RuleSet) -> list[str]:
    """List one code for each kind of row: what else distinguishes codes no precedence looks at."""
    kinds: dict[tuple[Handler, bool], str] = {}
    for key, row in base.errors.items():
        if ":" not in key and key != "*" and isinstance(row, Rule):
            kinds.setdefault((row.handler, row.generic), key)
    return [*kinds.values(), _UNKNOWN]


def _status(value: str) -> int:
    return int(value) if value.isdecimal() else 422


def _shapes(
    code: str,
    advice: str | None,
    network: str | None,
    who: tuple[bool, str | None, str | None],
    status: int | None,
) -> Iterator[Outcome]:
    """Give a code both ways it comes: as a decline code, and as the only one."""
    read, type, reason = who
    facts = Outcome(
        code=code,
        advice_code=advice,
        network_advice_code=network,
        outcome_read=read,
        outcome_type=type,
        reason=reason,
        http_status=status,
    )
    yield facts
    yield replace(facts, code="card_declined", decline_code=code)


# ── the limits ───────────────────────────────────────────────────────────────────────────────


def _guesses(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    return (was.event is None) != (will.event is None)


def _pays(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    return will.event is PaymentEvent.succeed


def _frees(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    if was.disable_scope is None:
        return False
    return will.disable_scope not in {was.disable_scope, DisableScope.fingerprint}


def _blames_card(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    return outcome.blocked and was.disable_scope is None and will.disable_scope is not None


def _tries_again(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    against = outcome.blocked or not AGAINST_THE_CARD.isdisjoint(evidence_keys(outcome))
    allows = will.result.same_card_allowed and not was.result.same_card_allowed
    return allows and (against or _secret(outcome, base))


def _goes_on(outcome: Outcome, was: Ruling, will: Ruling, base: RuleSet) -> bool:
    ends = was.event is PaymentEvent.fail and (outcome.blocked or _secret(outcome, base))
    return ends and will.event is not PaymentEvent.fail


def _secret(outcome: Outcome, base: RuleSet) -> bool:
    """Whether a reason stands in the evidence that must not be told: theft, loss, fraud."""
    rows = (base.errors.get(key) for key in evidence_keys(outcome))
    return any(isinstance(row, Rule) and row.generic for row in rows)


LIMITS: Final = (
    Limit(_guesses, "it would guess what only Stripe can tell, or leave open what is told"),
    Limit(_pays, "it would make a success of a failure"),
    Limit(_frees, "it would leave a card in use that is taken out of use, or less far"),
    Limit(_blames_card, "it would take a card out of use that Stripe itself stopped"),
    Limit(_tries_again, "it would let the same card be tried against advice"),
    Limit(_goes_on, "it would let a payment go on that ends for fraud or a block"),
)


def _told(outcome: Outcome) -> str:
    """Name an outcome by what is known of it."""
    facts = {
        "code": outcome.decline_code or outcome.code,
        "advice_code": outcome.advice_code,
        "network_advice_code": outcome.network_advice_code,
        "outcome": outcome.outcome_type,
        "reason": outcome.reason,
        "status": outcome.http_status,
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
