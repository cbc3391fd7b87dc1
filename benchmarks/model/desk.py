"""Our side of the model: the orchestrator's own rules, asked once about each thing and remembered.

A payment here is stripped of what no decision reads (hashes, sequences, clocks), so that two paths
to the same situation are one. Every change is checked on its own before it is stripped.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from benchmarks.model.intent import (
    CANCELED,
    SUCCEEDED,
    Answer,
)
from benchmarks.model.replies import AMOUNT, INTENT, charge_number, reply_of
from orchestrator.chain import GENESIS
from orchestrator.change import Change
from orchestrator.creation import new_payment
from orchestrator.errors import OrchestratorError
from orchestrator.gateway.views import IntentView
from orchestrator.handlers import RuleSet
from orchestrator.payment import Actor, OpenAttempt, Payment
from orchestrator.refusals import refuse_confirm
from orchestrator.requests import CreatePayment
from orchestrator.settle import Observation, Source, begin_payment, intend, open_attempt, settle
from orchestrator.settle.schedule import Timing
from orchestrator.states import PaymentState

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMING: Final = Timing()
# The longest a payment that waits for Stripe may lie before somebody looks again.
LONGEST_WAIT: Final = timedelta(seconds=302)
CALLER: Final = Actor("api_key", "key")


class Closing(NamedTuple):
    """The end of an attempt, ours or a browser's, or a charge put on record without a row.

    ``how`` is ``outcome``, ``paid``, ``not_run``, ``abandoned``, ``canceled``, ``browser``,
    ``abandoned_outcome`` or ``uncounted_outcome``.
    """

    attempt: int
    how: str
    charge: int | None


class Step(NamedTuple):
    """What a decision made of a payment: the next one, what was closed, and what was wrong."""

    payment: int
    closings: tuple[Closing, ...] = ()
    problems: tuple[str, ...] = ()


class Desk:
    """Payments by number, and what the rules make of them."""

    def __init__(self, max_attempts: int, rules: RuleSet) -> None:
        self.rules = rules
        self.payments: list[Payment] = []
        self._numbers: dict[Any, int] = {}
        self.start = self._begin(max_attempts)

    def settle(
        self, number: int, source: Source, before: OpenAttempt | None, answer: Answer
    ) -> Step:
        """Settle what a call brought."""
        observation = Observation(source, reply_of(answer), before, Actor("stripe"))
        return self._decide(
            number,
            lambda payment: settle(payment, observation, rules=self.rules, now=NOW),
        )

    def open(self, number: int, card: str) -> Step | None:
        """Open an attempt, or return null where a confirm is refused."""
        try:
            refuse_confirm(self.payments[number], NOW)
        except OrchestratorError:
            return None
        return self._decide(
            number,
            lambda payment: open_attempt(
                payment,
                parameters={"payment_method": card},
                now=NOW,
                timing=TIMING,
                actor=CALLER,
                request_id=None,
                rules_version=self.rules.rules_version,
            ),
        )

    def intend(self, number: int, event: Literal["cancel", "expire"]) -> Step:
        """Write the intention to end a payment."""
        return self._decide(
            number,
            lambda payment: intend(
                payment,
                event,
                reason=event,
                cancellation_reason=None,
                actor=CALLER,
                request_id=None,
                now=NOW,
                rules_version=self.rules.rules_version,
            ),
        )

    def _begin(self, max_attempts: int) -> int:
        change = begin_payment(
            _new_payment(max_attempts),
            actor=CALLER,
            request_id=None,
            rules_version=self.rules.rules_version,
            idempotency={},
        )
        return self._number(change.after)

    def _decide(self, number: int, rule: Callable[[Payment], Change | None]) -> Step:
        payment = self.payments[number]
        try:
            change = rule(payment)
        except Exception as error:  # noqa: BLE001 - a rule that raises is what is looked for
            return Step(number, problems=(f"raised {type(error).__name__}: {error}",))
        if change is None:
            return Step(number)
        return Step(self._number(change.after), _closings(change), _problems(change))

    def _number(self, payment: Payment) -> int:
        stripped = _stripped(payment)
        key = _key(stripped)
        if key not in self._numbers:
            self._numbers[key] = len(self.payments)
            self.payments.append(stripped)
        return self._numbers[key]


# ── a payment without what no decision reads ─────────────────────────────────────────────────


def _stripped(payment: Payment) -> Payment:
    settling = payment.settling
    intention = payment.intention
    return replace(
        payment,
        version=0,
        revision=0,
        last_hash=GENESIS,
        evidence_count=0,
        evidence_hash=GENESIS,
        intention=replace(intention, evidence=None) if intention else None,
        settling=replace(
            settling,
            counted=tuple(sorted(settling.counted)),
            held=tuple(sorted(settling.held, key=lambda charge: charge.id)),
            tries=0,
            seen_status=None,
        ),
        last_outcome=None,
        next_action=None,
        failure_reason=None,
        excluded_cards=(),
        due_at=None if payment.handled else NOW,
        deadline_at=NOW if payment.deadline_at else None,
    )


def _key(payment: Payment) -> Any:
    settling = payment.settling
    return (
        payment.state,
        payment.attempts_used,
        payment.intention,
        settling.open,
        settling.abandoned,
        settling.counted,
        settling.held,
        tuple(sorted(settling.asks.items())),
    )


def _new_payment(max_attempts: int) -> Payment:
    return new_payment(
        "pay_model",
        CreatePayment(AMOUNT, "usd"),
        owner="shop",
        intent=IntentView(INTENT, "requires_payment_method", AMOUNT, "usd"),
        max_attempts=max_attempts,
        now=NOW,
        expires_at=NOW + timedelta(days=1),
    )


# ── what every change must be, wherever it comes from ────────────────────────────────────────


def _closings(change: Change) -> tuple[Closing, ...]:
    paid = change.after.state is PaymentState.succeeded
    found = []
    for row in change.attempts_closed:
        how = row["closed_by"]
        how = "paid" if paid and how == "outcome" else how
        found.append(Closing(row["number"], how, charge_number(row["charge"])))
    for row in change.attempts_opened:
        if row["origin"] == "browser":
            found.append(Closing(row["number"], "browser", charge_number(row["charge"])))
    for row in change.evidence:
        if row["kind"] in {"abandoned_outcome", "uncounted_outcome"}:
            charge = charge_number(row["outcome_charge"])
            found.append(Closing(row["attempt"] or 0, row["kind"], charge))
    return tuple(found)


def _problems(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    found = []
    if before is not None:
        found += _path_problems(before, change)
        twice = set(_counted(change)) & set(before.settling.counted)
        found += [f"{charge} was counted twice" for charge in sorted(twice)]
    if after.handled != (after.due_at is None):
        found.append(f"due_at is {after.due_at} in {after.state}")
    if not after.handled:
        found += _timer_problems(after)
    return tuple(found)


def _counted(change: Change) -> list[str]:
    return [row["outcome_charge"] for row in change.evidence if row["outcome_charge"] is not None]


def _path_problems(before: Payment, change: Change) -> list[str]:
    found = []
    state, used = before.state, before.attempts_used
    if before.handled and change.transitions:
        found.append(f"{before.state} was left")
    for row in change.transitions:
        if row["source"] != state:
            found.append(f"{row['event']} starts at {row['source']}, not {state}")
        state = row["target"]
        used += row["event"] == "confirm"
    if (state, used) != (change.after.state, change.after.attempts_used):
        found.append("the payment is not what its history says")
    if used > change.after.max_attempts:
        found.append(f"{used} attempts of {change.after.max_attempts}")
    return found


def _timer_problems(after: Payment) -> list[str]:
    found = []
    pressing = after.state is PaymentState.confirming or after.intention is not None
    if pressing and after.due_at is not None and after.due_at - NOW > LONGEST_WAIT:
        found.append(f"nobody looks at {after.state} before {after.due_at}")
    if after.state is PaymentState.confirming and not after.intention and not after.deadline_at:
        found.append("confirming without a deadline")
    if after.waiting and not after.intention and after.attempts_left == 0:
        found.append("waiting without an attempt left")
    return found


def agrees(payment: Payment, intent_status: str) -> bool:
    """Tell whether what we say of the end is what Stripe says."""
    ends = {PaymentState.succeeded: SUCCEEDED, PaymentState.failed: CANCELED}
    return payment.state not in ends or ends[payment.state] == intent_status
