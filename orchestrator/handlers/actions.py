"""The named handlers: everything a rule can decide, and the ``Rule`` that words one for a code.

A named handler looks at no code. Which code gets which handler stands in ``errors.py`` and
``successes.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from orchestrator.handlers.outcome import (
    LONGEST_DELAY_SECONDS,
    DisableScope,
    Handler,
    HandlerResult,
    Outcome,
    PaymentDetails,
)
from orchestrator.handlers.wording import GENERIC


class Action(StrEnum):
    """What becomes of the payment, in one word."""

    requires_new_card = "requires_new_card"
    retry_same_card_later = "retry_same_card_later"
    fix_details = "fix_details"
    authenticate = "authenticate"
    card_disabled = "card_disabled"
    failed = "failed"
    read_intent = "read_intent"
    resend = "resend"
    stay = "stay"
    succeed = "succeed"
    wait = "wait"


def ask_for_new_card(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Ask for another card; this one stays usable elsewhere."""
    return HandlerResult(completed=True, requires_retry=True)


def bar_same_card(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Ask for another card because the network fines a retry of this one; it stays usable later."""
    return HandlerResult(completed=True, requires_retry=True)


def allow_same_card_later(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Let the same card be presented again: what stopped it may pass."""
    return HandlerResult(completed=True, requires_retry=True, same_card_allowed=True)


def ask_to_fix_details(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Let the same card be presented again with its details corrected."""
    return HandlerResult(completed=True, requires_retry=True, same_card_allowed=True)


def ask_to_authenticate(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Let the same card be presented again with its holder there to authenticate."""
    return HandlerResult(completed=True, requires_retry=True, same_card_allowed=True)


def disable_card(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Take the card out of use and ask for another."""
    return _disable(DisableScope.fingerprint)


def disable_until_renewed(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Take the card out of use with the expiry date it has now; ask for another."""
    return _disable(DisableScope.fingerprint_and_expiry)


def disable_for_customer(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Take the card out of use for this customer, who revoked it; ask for another."""
    return _disable(DisableScope.customer_and_fingerprint)


def fail_payment(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """End the payment: no other card would change the answer, or none may be tried."""
    return HandlerResult(completed=True, requires_retry=False)


def read_intent(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Decide nothing from this answer: the intent itself knows what happened."""
    return HandlerResult(completed=False, requires_retry=False)


def resend(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Decide nothing: Stripe did not take the request; the same one, same key, is sent later."""
    return HandlerResult(completed=False, requires_retry=False)


def stay_and_alert(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Decide nothing: our configuration is at fault, and a person has to look."""
    return HandlerResult(completed=False, requires_retry=False)


def complete_payment(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Accept the payment as paid."""
    return HandlerResult(completed=True, requires_retry=False)


def await_customer(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Wait for the customer to authenticate."""
    return HandlerResult(completed=False, requires_retry=False)


def await_stripe(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Wait for Stripe to finish."""
    return HandlerResult(completed=False, requires_retry=False)


def _disable(scope: DisableScope) -> HandlerResult:
    return HandlerResult(
        completed=True, requires_retry=True, disable_card=True, disable_scope=scope
    )


class Effect(NamedTuple):
    """What a named handler stands for; the tests hold it to what the handler answers."""

    action: Action
    disable_scope: DisableScope | None = None


EFFECTS: Final[Mapping[Handler, Effect]] = MappingProxyType(
    {
        ask_for_new_card: Effect(Action.requires_new_card),
        bar_same_card: Effect(Action.requires_new_card),
        allow_same_card_later: Effect(Action.retry_same_card_later),
        ask_to_fix_details: Effect(Action.fix_details),
        ask_to_authenticate: Effect(Action.authenticate),
        disable_card: Effect(Action.card_disabled, DisableScope.fingerprint),
        disable_until_renewed: Effect(Action.card_disabled, DisableScope.fingerprint_and_expiry),
        disable_for_customer: Effect(Action.card_disabled, DisableScope.customer_and_fingerprint),
        fail_payment: Effect(Action.failed),
        read_intent: Effect(Action.read_intent),
        resend: Effect(Action.resend),
        stay_and_alert: Effect(Action.stay),
        complete_payment: Effect(Action.succeed),
        await_customer: Effect(Action.wait),
        await_stripe: Effect(Action.wait),
    }
)

# These leave the payment confirming by design, so they are not a handler failing to decide.
UNDECIDED_BY_DESIGN: Final = frozenset({Action.read_intent, Action.resend, Action.stay})


def handler_for(action: Action, disable_scope: DisableScope | None = None) -> Handler:
    """Return the named handler of an action; a card is disabled by its fingerprint unless told.

    Raises:
        ValueError: the action reaches no card, and a scope was given.
    """
    if action is Action.card_disabled:
        disable_scope = disable_scope or DisableScope.fingerprint
    wanted = Effect(action, disable_scope)
    for handler, effect in EFFECTS.items():
        if effect == wanted:
            return handler
    raise ValueError(f"{action} disables no card, so it has no scope {disable_scope}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a map: the named handler, what the customer is told, what the code means.

    ``generic`` says that the reason must not reach the customer. ``yields_to`` names the handlers
    whose row, found in later evidence, is heeded instead of this one. ``auto_retry`` are the
    seconds to wait before each automatic retry of the same card, where a deployment wants any:
    there may be as many as it has delays.

    Raises:
        ValueError: a generic rule whose message is not the generic one, or a delay that cannot be.
    """

    handler: Handler
    message: str
    meaning: str
    source: str = "docs.stripe.com/declines/codes"
    generic: bool = False
    alert: bool = False
    retry_after_seconds: int | None = None
    yields_to: tuple[Handler, ...] = ()
    auto_retry: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not all(0 <= delay <= LONGEST_DELAY_SECONDS for delay in self.auto_retry):
            raise ValueError("an automatic retry waits between no time and a year")
        if self.generic and self.message != GENERIC:
            raise ValueError("a generic rule tells the customer the generic sentence")

    def __call__(self, outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
        """Run the named handler and word its result."""
        result = self.handler(outcome, payment)
        return replace(
            result,
            message=self.message,
            reason=self.meaning,
            retry_after_seconds=self.retry_after_seconds or result.retry_after_seconds,
        )

    @property
    def action(self) -> Action | None:
        """Return what the rule does; null for a deployment's own handler."""
        effect = EFFECTS.get(self.handler)
        return effect.action if effect else None

    @property
    def disable_scope(self) -> DisableScope | None:
        """Return how far the rule takes a card out of use, if it does."""
        effect = EFFECTS.get(self.handler)
        return effect.disable_scope if effect else None
