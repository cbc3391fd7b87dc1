"""From an outcome to an event: which evidence counts, what its handler says, what follows.

Everything here is a pure function of its arguments. A handler that misbehaves is dealt with here
and nowhere else; it can end no payment and undo no charge.
"""

import re
import traceback
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from orchestrator.gateway.views import IntentStatus
from orchestrator.handlers.actions import UNDECIDED_BY_DESIGN, Action, Rule
from orchestrator.handlers.errors import ERROR_HANDLERS
from orchestrator.handlers.outcome import (
    DisableScope,
    Handler,
    HandlerResult,
    Outcome,
    PaymentDetails,
)
from orchestrator.handlers.registry import RuleSet, handler_name
from orchestrator.handlers.retries import allowed_retries
from orchestrator.handlers.successes import SUCCESS_HANDLERS, UNKNOWN_STATUS
from orchestrator.handlers.wording import GENERIC
from orchestrator.states import PaymentEvent


class ExitRow(NamedTuple):
    """One row of the exit table; a condition of null holds for both."""

    completed: bool
    of_success: bool | None
    requires_retry: bool | None
    card_disabled: bool | None
    attempts_left: bool | None
    event: PaymentEvent | None
    reason: str | None = None


ATTEMPTS_EXHAUSTED: Final = "attempts_exhausted"

# fmt: off
EXIT_TABLE: Final = (
    #       completed success retry  disabled left   event
    ExitRow(False,    None,   None,  None,    None,  None),
    ExitRow(True,     True,   None,  None,    None,  PaymentEvent.succeed),
    ExitRow(True,     False,  False, None,    None,  PaymentEvent.fail),
    ExitRow(True,     False,  True,  False,   True,  PaymentEvent.require_new_card),
    ExitRow(True,     False,  True,  True,    True,  PaymentEvent.disable_card),
    ExitRow(True,     False,  True,  None,    False, PaymentEvent.fail, ATTEMPTS_EXHAUSTED),
)
# fmt: on

DECLINED: Final = 402
UMBRELLA_CODE: Final = "card_declined"
UNAUTHORIZED: Final = frozenset({401, 403})
DEFAULT_KEYS: Final = frozenset({"*", "blocked:*", "refused:*"})

# Evidence that speaks against trying the same card again, whichever row decides.
AGAINST_THE_CARD: Final = frozenset(
    {"advice:do_not_try_again", "network_advice:03", "network_advice:21"}
)
SAME_CARD: Final = frozenset(
    {Action.retry_same_card_later, Action.fix_details, Action.authenticate}
)

# An error handler may say "not completed" this often about one outcome, then it counts as failed.
MAX_ASKS: Final = 3

HANDLER_ERROR: Final = "handler_error"
LONGEST_HANDLER_ERROR: Final = 300
# A handler's words may hold what it was given or read: keys, client secrets, card numbers.
SECRETS: Final = re.compile(
    r"\b(?:sk|rk|whsec|pk)_\w+|\b\w+_secret_\w+|(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"
)

NO_ANSWER: Final = HandlerResult(
    completed=True, requires_retry=True, message=GENERIC, reason=HANDLER_ERROR
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a handler's answer comes to.

    ``event`` is null while the payment stays confirming; then ``action`` says what is due, and
    ``counts_as_ask`` whether a handler was asked in vain. ``key`` is the row that decided.
    ``disable_scope`` is set when the card goes out of use, whatever the event. ``unknown_code`` is
    a code or status of Stripe's that has no row. ``reason`` is for the record, not the customer.
    ``retry_delays`` are the seconds before each automatic retry of the card, where none is wrong.
    """

    event: PaymentEvent | None
    result: HandlerResult
    handler: str
    key: str
    reason: str | None = None
    handler_error: str | None = None
    disable_scope: DisableScope | None = None
    action: Action | None = None
    alert: bool = False
    unknown_code: str | None = None
    counts_as_ask: bool = False
    retry_delays: tuple[int, ...] = ()


def rule_on(
    outcome: Outcome, payment: PaymentDetails, rules: RuleSet, asks_so_far: int = 0
) -> Ruling:
    """Ask the handler of an outcome and say what follows; never raises for what a handler does.

    ``asks_so_far`` is how often a handler said of this very outcome that it had not completed.
    """
    if outcome.status is not None:
        return _rule_on_success(outcome, payment, rules, outcome.status)
    return _rule_on_failure(outcome, payment, rules, asks_so_far)


def choose_exit(result: HandlerResult, succeeded: bool, attempts_left: int) -> ExitRow:
    """Find the row of the exit table; ``attempts_left`` no longer counts the attempt."""
    facts = (
        result.completed,
        succeeded,
        result.requires_retry,
        result.disable_card,
        attempts_left > 0,
    )
    return next(
        row
        for row in EXIT_TABLE
        if all(wanted in (None, fact) for wanted, fact in zip(row[:5], facts, strict=True))
    )


def choose_event(result: HandlerResult, succeeded: bool, attempts_left: int) -> PaymentEvent | None:
    """Turn a result into an event, or null for staying in ``confirming``."""
    return choose_exit(result, succeeded, attempts_left).event


def evidence_keys(outcome: Outcome) -> tuple[str, ...]:
    """List the rows a failure may be judged by, the weightiest first; some may not exist."""
    if outcome.http_status in UNAUTHORIZED:
        return (f"refused:{outcome.http_status}", *_default_keys(outcome))
    return (
        *_blocked_keys(outcome),
        *_advice_keys(outcome),
        *_code_keys(outcome),
        *_default_keys(outcome),
    )


def select(outcome: Outcome, rules: RuleSet) -> tuple[str, Handler]:
    """Pick the row that judges a failure: the first of the evidence that gives way to none."""
    keys = applicable_keys(outcome, rules)
    chosen = next(
        key for place, key in enumerate(keys) if not _gives_way(key, keys[place + 1 :], rules)
    )
    return chosen, rules.errors[chosen]


def applicable_keys(outcome: Outcome, rules: RuleSet) -> tuple[str, ...]:
    """List the rows that a failure is judged by, the weightiest first.

    A row stored for a code that had none stands where the default stood that judged the code: after
    all that is known of other evidence. And it knows only declines.
    """
    found = [key for key in evidence_keys(outcome) if key in rules.errors]
    if not rules.standing:
        return tuple(found)
    *others, last = found
    declined = outcome.http_status in (None, DECLINED)
    new = [key for key in others if declined and _is_new(key, rules)]
    return (*(key for key in others if not _is_new(key, rules)), *new, last)


def _is_new(key: str, rules: RuleSet) -> bool:
    return rules.standing.get(key, rules) is None


def _blocked_keys(outcome: Outcome) -> tuple[str, ...]:
    return (f"blocked:{outcome.reason}", "blocked:*") if outcome.blocked else ()


def _advice_keys(outcome: Outcome) -> tuple[str, ...]:
    keys = []
    # Stripe gives this advice for its own blocks, too; only an issuer speaks about the card
    # (https://docs.stripe.com/declines).
    if outcome.advice_code == "do_not_try_again" and not outcome.issuer_declined:
        pass
    elif outcome.advice_code:
        keys.append(f"advice:{outcome.advice_code}")
    if outcome.network_advice_code:
        keys.append(f"network_advice:{outcome.network_advice_code}")
    return tuple(keys)


def _code_keys(outcome: Outcome) -> tuple[str, ...]:
    # The umbrella says nothing beside a decline code: an unknown one is unknown, not generic.
    umbrella = outcome.code == UMBRELLA_CODE and outcome.decline_code
    codes = (outcome.decline_code, None if umbrella else outcome.code)
    return tuple(code for code in codes if code)


def _default_keys(outcome: Outcome) -> tuple[str, ...]:
    if outcome.http_status in (None, DECLINED):
        return ("*",)
    return (f"refused:{outcome.http_status}", "refused:*", "*")


def _gives_way(key: str, later: tuple[str, ...], rules: RuleSet) -> bool:
    rule = rules.errors[key]
    if not isinstance(rule, Rule) or not rule.yields_to:
        return False
    firmer = (other for other in later if other not in DEFAULT_KEYS)
    return any(_is_firmer(rules, other, rule, key) for other in firmer)


def _is_firmer(rules: RuleSet, other: str, rule: Rule, key: str) -> bool:
    # What a deployment wrote about a code is heeded before advice it wrote nothing about.
    if other in rules.own and key not in rules.own:
        return True
    handler = rules.standing.get(other) if other in rules.standing else rules.errors[other]
    return isinstance(handler, Rule) and handler.handler in rule.yields_to


def _rule_on_failure(
    outcome: Outcome, payment: PaymentDetails, rules: RuleSet, asks_so_far: int
) -> Ruling:
    key, handler = select(outcome, rules)
    action = handler.action if isinstance(handler, Rule) else None
    may_stay = action in UNDECIDED_BY_DESIGN
    result, error = _ask(handler, outcome, payment)
    if result and not result.completed and not may_stay and asks_so_far + 1 >= MAX_ASKS:
        result, error = None, f"not completed after {MAX_ASKS} asks"
    answer = _without_secret_reason(result or NO_ANSWER, outcome)
    if answer.same_card_allowed and _stands_against_advice(key, outcome, rules):
        answer = replace(answer, same_card_allowed=False)
    row = choose_exit(answer, succeeded=False, attempts_left=payment.attempts_left)
    unknown_code = _unknown_code(outcome, rules)
    return Ruling(
        event=row.event,
        result=answer,
        handler=handler_name(handler),
        key=key,
        reason=row.reason or answer.reason,
        handler_error=error,
        disable_scope=_disable_scope(answer),
        action=action,
        alert=_alert(handler, error, unknown_code),
        unknown_code=unknown_code,
        counts_as_ask=row.event is None and not may_stay,
        retry_delays=_retry_delays(handler, outcome) if error is None else (),
    )


def _rule_on_success(
    outcome: Outcome, payment: PaymentDetails, rules: RuleSet, status: str
) -> Ruling:
    ours = SUCCESS_HANDLERS.get(status, UNKNOWN_STATUS)
    handler = rules.successes.get(status, ours)
    paid = status == IntentStatus.succeeded
    result, error = _ask(handler, outcome, payment)
    if result and (result.completed != paid or result.requires_retry or result.disable_card):
        # Stripe has the money or has not; no handler can change that.
        result, error = None, f"{status} cannot be answered so"
    answer = result or ours(outcome, payment)
    unknown_status = None if status in rules.successes else status
    return Ruling(
        event=choose_event(answer, succeeded=True, attempts_left=payment.attempts_left),
        result=answer,
        handler=handler_name(handler),
        key=status,
        reason=answer.reason,
        handler_error=error,
        action=handler.action if isinstance(handler, Rule) else None,
        alert=_alert(handler, error, unknown_status),
        unknown_code=unknown_status,
    )


def _ask(
    handler: Handler, outcome: Outcome, payment: PaymentDetails
) -> tuple[HandlerResult | None, str | None]:
    try:
        answer = handler(outcome, payment)
        if not isinstance(answer, HandlerResult):
            raise TypeError(f"returned {type(answer).__name__}, not HandlerResult")
    except Exception as error:  # noqa: BLE001 - a deployment's bug must not stop settlement
        return None, _describe_error(error)
    return answer, None


def _describe_error(error: Exception) -> str:
    # Unlike str(error), this cannot raise.
    words = " ".join("".join(traceback.format_exception_only(error)).split())
    return SECRETS.sub("[removed]", words)[:LONGEST_HANDLER_ERROR]


def _without_secret_reason(result: HandlerResult, outcome: Outcome) -> HandlerResult:
    """Keep Stripe's own sentence from the customer where the reason must not be told."""
    if not outcome.message or outcome.message not in result.message:
        return result
    rows = (ERROR_HANDLERS.get(key) for key in evidence_keys(outcome))
    secret = any(isinstance(row, Rule) and row.generic for row in rows)
    return replace(result, message=GENERIC) if secret else result


def _stands_against_advice(key: str, outcome: Outcome, rules: RuleSet) -> bool:
    """Tell whether a stored row was written for a kinder case: the card is advised against here.

    Not where the row that it stands in for lets the same card be tried as well.
    """
    if key not in rules.standing or AGAINST_THE_CARD.isdisjoint(evidence_keys(outcome)):
        return False
    before = rules.standing[key]
    return not (isinstance(before, Rule) and before.action in SAME_CARD)


def _retry_delays(handler: Handler, outcome: Outcome) -> tuple[int, ...]:
    return allowed_retries(outcome, handler.auto_retry) if isinstance(handler, Rule) else ()


def _disable_scope(result: HandlerResult) -> DisableScope | None:
    if not (result.completed and result.disable_card):
        return None
    return result.disable_scope or DisableScope.fingerprint


def _unknown_code(outcome: Outcome, rules: RuleSet) -> str | None:
    return outcome.cause if outcome.cause not in rules.errors else None


def _alert(handler: Handler, error: str | None, unknown: str | None) -> bool:
    expected = error is None and unknown is None
    return not expected or (isinstance(handler, Rule) and handler.alert)
