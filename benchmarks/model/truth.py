"""What must hold in every situation, and what recovery must reach from each. Facts, no search."""

from collections.abc import Iterator
from typing import Final

from benchmarks.model import intent as stripe
from benchmarks.model.desk import Closing, agrees
from benchmarks.model.intent import DEAD, PROCESSING, WAITING, Fate, Intent
from benchmarks.model.model import RECORDS, Model, list_charges
from benchmarks.model.world import Bounds, Call, Move, World, describe
from orchestrator.payment import Payment
from orchestrator.settle import Source
from orchestrator.states import PaymentState

# A recovery settles an answer, reads, cancels and reads once more; the rest is slack.
LONGEST_RECOVERY: Final = 12


def move_problems(before: World, move: Move, model: Model) -> Iterator[str]:
    """Say what is wrong with one step, held against what really happened at Stripe."""
    yield from move.problems
    for closing in move.closings:
        intent = model.intents.things[before.intent]
        yield from closing_problems(closing, intent, before.closed, model.bounds)


def closing_problems(
    closing: Closing, intent: Intent, closed: tuple[str, ...], bounds: Bounds
) -> Iterator[str]:
    """Say where a failure was counted for somebody it does not belong to."""
    number, how, charge = closing
    owner = next((c.owner for c in intent.charges if c.id == charge), None)
    fate = intent.fate(number) if number else Fate.unsent
    match how:
        case "outcome":
            right = _may_close(owner, number, fate, bounds) or (
                # After a 5xx only the card tells, and two attempts may have the same.
                bounds.server_errors > 0 and fate in DEAD and _is_abandoned(owner, closed)
            )
        case "browser":
            right = owner == stripe.BROWSER or bounds.shared_cards
        case "not_run":
            right = fate is Fate.not_run
        case "abandoned_outcome":
            own = owner == number or bounds.shared_cards
            right = own or _both_abandoned(owner, number, closed)
        case _:
            right = True
    if not right:
        yield f"attempt {number} ({fate}) closed as {how} by charge {charge} of {owner}"


def _may_close(owner: int | None, number: int, fate: Fate, bounds: Bounds) -> bool:
    """Tell whether a failure may end an attempt: it is its own, or the attempt is dead without one.

    A challenge that a browser replaced, or a 5xx without effect, will never have a failure of its
    own; the next one that is seen closes the attempt.
    """
    if fate not in DEAD or fate is Fate.not_run:
        return False
    if owner == number or bounds.shared_cards:
        return True
    return {
        Fate.declined: False,
        Fate.refused: owner is None,
        Fate.lost: True,
    }.get(fate, owner in {None, stripe.BROWSER})


def _both_abandoned(owner: int | None, number: int, closed: tuple[str, ...]) -> bool:
    """Two abandoned attempts with one card cannot be told apart, and need not be."""
    return _is_abandoned(owner, closed) and closed[number - 1] == "abandoned"


def _is_abandoned(owner: int | None, closed: tuple[str, ...]) -> bool:
    return bool(owner) and closed[(owner or 0) - 1] == "abandoned"


def world_problems(world: World, model: Model) -> Iterator[str]:
    """Say what is wrong with a situation."""
    payment = model.desk.payments[world.payment]
    intent = model.intents.things[world.intent]
    if intent.paid > 1:
        yield "charged twice"
    if not agrees(payment, intent.status):
        yield f"{payment.state} while Stripe says {intent.status}"
    if payment.handled and payment.settling.held:
        yield "a decline is held back after the end"
    for charge in intent.charges:
        told = world.closed[charge.owner - 1] if charge.owner else ""
        if charge.status == "succeeded" and told in {"outcome", "not_run"}:
            yield f"attempt {charge.owner} paid after it was told as {told}"


def repeat_problems(payment: int, number: int, model: Model) -> Iterator[str]:
    """Say whether settling an answer again would change anything.

    Asking a patient handler again is meant to bring another answer.
    """
    call = model.calls.things[number]
    if model.bounds.patient_handlers or not call.settleable:
        return
    once = model.settled[payment, number]
    again = model.settled[once.payment, number]
    if again.payment != once.payment or again.closings:
        yield f"settling {describe(call)} twice is not settling it once"


def recovery_problems(world: World, model: Model) -> Iterator[str]:
    """Say where recovery alone, every other process dead, fails to bring the payment to its end."""
    payment = model.desk.payments[world.payment]
    if payment.handled:
        return
    recovery = _Recovery(model, world)
    recovery.resolve()
    recovery.note_stuck()
    recovery.end()
    recovery.note_forgotten()
    yield from recovery.found


class _Recovery:
    """One run of fair recovery: whatever is due is done, and every call is answered."""

    def __init__(self, model: Model, world: World) -> None:
        self.model = model
        self.found: list[str] = []
        self._payment = world.payment
        self._intent = model.intents.things[world.intent]
        self._closed = list(world.closed)

    def resolve(self) -> None:
        """Let workers do what is due until nothing changes."""
        for _ in range(LONGEST_RECOVERY):
            here = self._payment, self._intent
            if self.payment.handled or self.found:
                return
            self._settle(self._next_call())
            if (self._payment, self._intent) == here:
                return
        self.found.append("recovery does not come to rest")

    def end(self) -> None:
        """Let the deadline come."""
        if self.found:
            return
        if not self.payment.handled and self.payment.intention is None:
            step = self.model.desk.intend(self._payment, "expire")
            self.found += step.problems
            self._payment = step.payment
        self.resolve()
        if not self.payment.handled and not self.found:
            self.found.append(f"recovery leaves the payment {self.payment.state}")

    def note_stuck(self) -> None:
        """Note an outcome that can be told and was not, so that only the deadline will end it.

        It cannot be told where Stripe keeps a 5xx and no charge shows what was done.
        """
        attempt = self.payment.settling.open
        open_still = self.payment.state is PaymentState.confirming and not self.found
        if not open_still or attempt is None or self._intent.status != WAITING:
            return
        told = any(charge.owner == attempt.number for charge in self._intent.charges)
        if attempt.answer != "stored_error" or told:
            fate = self._intent.fate(attempt.number)
            self.found.append(f"attempt {attempt.number} ({fate}) stays open until the deadline")

    def note_forgotten(self) -> None:
        """After the end, one more read must leave no decline uncounted."""
        if self.found:
            return
        if not agrees(self.payment, self._intent.status):
            self.found.append(f"ends {self.payment.state}, at Stripe {self._intent.status}")
        self._settle(list_charges(self._intent, self._read()))
        counted = self.payment.settling.counted
        for charge in self._intent.charges:
            if f"ch_{charge.id}" not in counted:
                self.found.append(f"charge {charge.id} ({charge.status}) is lost")

    @property
    def payment(self) -> Payment:
        """The payment as it is now."""
        return self.model.desk.payments[self._payment]

    def _next_call(self) -> Call:
        attempt = self.payment.settling.open
        if self.payment.intention is not None:
            if self._intent.status == PROCESSING:
                self._intent = stripe.finish_processing(self._intent, paid=False)
            self._intent, call = self.model.run_cancel(self._intent, self._payment)
        elif attempt is not None and attempt.answer is None:
            call = Call(Source.replay, attempt, attempt.number, attempt.payment_methods[0])
            self._intent, call = self.model.run_confirm(self._intent, call)
        else:
            call = self._read()
        return list_charges(self._intent, call)

    def _read(self) -> Call:
        return self.model.begin_read(self._intent, self._payment)

    def _settle(self, call: Call) -> None:
        step = self.model.settled[self._payment, self.model.calls.number(call)]
        found = list(step.problems)
        for closing in step.closings:
            found += closing_problems(closing, self._intent, tuple(self._closed), self.model.bounds)
            if closing.how not in RECORDS:
                self._closed[closing.attempt - 1] = closing.how
        self.found += [f"in recovery: {problem}" for problem in found]
        self._payment = step.payment
