"""One run of ``settle``: what it is made from, what it keeps as evidence, when to look again."""

from dataclasses import dataclass

from orchestrator.change import Draft
from orchestrator.gateway.views import ChargeView, IntentView, ReplyKind
from orchestrator.handlers import RuleSet
from orchestrator.payment import OpenAttempt, Payment
from orchestrator.settle.failures import record_uncounted
from orchestrator.settle.observation import Observation, reply_projection
from orchestrator.settle.schedule import next_look


@dataclass(slots=True)
class Situation:
    """One run of ``settle``: the draft and what it is made from."""

    draft: Draft
    observation: Observation
    rules: RuleSet

    @property
    def payment(self) -> Payment:
        """Return the payment as the draft has it by now."""
        return self.draft.payment

    @property
    def open(self) -> OpenAttempt | None:
        """Return the attempt that is open by now, if any."""
        return self.draft.payment.settling.open

    @property
    def current(self) -> bool:
        """Whether the attempt that is open now was open before the observation was made."""
        before, now = self.observation.before, self.open
        return before is not None and now is not None and before.number == now.number

    @property
    def own(self) -> bool:
        """Whether this is the answer of the very attempt that is open now."""
        return self.observation.own and self.current


def keep_evidence(run: Situation, *, outcome_charge: str | None = None) -> int:
    """Append what the observation said, and return the row's sequence."""
    reply, intent = run.observation.reply, run.observation.intent
    return run.draft.observe(
        run.observation.source,
        reply_projection(reply),
        attempt=run.observation.before.number if run.observation.before else None,
        intent_status=intent.status if intent else None,
        outcome_charge=outcome_charge,
        code=reply.code,
        decline_code=reply.decline_code,
        stripe_request_id=reply.request_id,
    )


def look_again(run: Situation) -> None:
    """Leave the payment where it is and look again later, at growing intervals."""
    payment, tries = run.payment, run.payment.settling.tries
    due_at = next_look(run.draft.now, tries)
    end = payment.expires_at if payment.waiting else payment.deadline_at
    if end is not None and payment.intention is None and run.draft.now < end:
        due_at = min(due_at, end)
    if run.open is not None and run.open.answer is None and not run.observation.own:
        # Its own request may still be in flight: a look from outside must not hurry the re-send.
        due_at = max(due_at, payment.due_at or due_at)
    run.draft.set(due_at=due_at)
    run.draft.remember(tries=tries + 1)
    if tries == 0 and run.observation.reply.kind is not ReplyKind.answered:
        keep_evidence(run)


def record_late_declines(run: Situation, intent: IntentView) -> None:
    """Record, once a payment has ended, every decline that was not counted in time."""
    for charge in all_uncounted_failures(run, intent):
        record_uncounted(run.draft, charge, run.rules)
    run.draft.remember(held=())


def all_uncounted_failures(run: Situation, intent: IntentView) -> list[ChargeView]:
    """List held and newly read failures that are not counted yet, oldest first, each once."""
    known = {charge.id: charge for charge in run.payment.settling.held}
    for charge in uncounted_failures(run, intent):
        known.setdefault(charge.id, charge)
    counted = run.payment.settling.counted
    return sorted(
        (charge for charge in known.values() if charge.id not in counted),
        key=lambda charge: charge.created,
    )


def uncounted_failures(run: Situation, intent: IntentView) -> list[ChargeView]:
    """List an intent's failed charges that are not counted yet, oldest first."""
    charges = intent.charges or ()
    return [charge for charge in reversed(charges) if is_uncounted_failure(run, charge)]


def is_uncounted_failure(run: Situation, charge: ChargeView) -> bool:
    """Tell whether a charge has failed for good and no outcome was made of it yet."""
    return charge.status == "failed" and charge.id not in run.payment.settling.counted
