"""Every next situation: what our processes, Stripe, browsers and the customer may do.

A call is started, carried out by Stripe and settled in separate steps, with anything in between;
a call that is dropped is a lost reply or a process that died.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from benchmarks.model import intent as stripe
from benchmarks.model.desk import Closing, Desk, Step
from benchmarks.model.intent import BROWSER, CHALLENGED, PROCESSING, Answer, Fate, Intent
from benchmarks.model.world import (
    Bounds,
    Budget,
    Call,
    Memo,
    Move,
    Table,
    World,
    describe,
)
from orchestrator.handlers import HandlerResult, Outcome, PaymentDetails, RuleSet, load_rules
from orchestrator.settle import Source
from orchestrator.states import PaymentState

CHALLENGE_ENDS: Final = ("approve", "decline", "fail")
RECORDS: Final = frozenset({"abandoned_outcome", "uncounted_outcome"})


class _Run(NamedTuple):
    """What Stripe made of a call: the intent, the call with its answer."""

    label: str
    intent: int
    call: int
    fault: bool = False


class _Start(NamedTuple):
    """A call that could be started; a cancel has changed the intent by then."""

    label: str
    intent: int
    call: int
    reads: bool


class _Confirm(NamedTuple):
    """An attempt that could be opened, with its request on the way."""

    label: str
    step: Step
    call: int


class _Change(NamedTuple):
    """What could happen to the intent from outside."""

    label: str
    intent: int
    budget: Budget


class Model:
    """All situations within bounds, and the steps between them.

    Each part of a step depends on a part of the situation, and is worked out once.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.desk = Desk(bounds.max_attempts, _rules(bounds))
        self.intents: Table[Intent] = Table()
        self.calls: Table[Call] = Table()
        self.settled: Memo[tuple[int, int], Step] = Memo(self._settle)
        self._described: Memo[tuple[int], str] = Memo(self._describe)
        self._intended: Memo[tuple[int], Step | None] = Memo(self._intend)
        self._confirms: Memo[tuple[int], list[_Confirm]] = Memo(self._list_confirms)
        self._starts: Memo[tuple[int, int], list[_Start]] = Memo(self._list_starts)
        self._runs: Memo[tuple[int, int, bool], list[_Run]] = Memo(self._list_runs)
        self._outside: Memo[tuple[int, Budget], list[_Change]] = Memo(self._list_outside)
        self._kept: Memo[tuple[int, frozenset[int], tuple[str, ...]], int] = Memo(self._keep)
        self._awaited: Memo[tuple[int], int] = Memo(self._awaited_answer)

    def start(self) -> World:
        """Return the situation right after a create."""
        bounds = self.bounds
        budget = Budget(
            bounds.browser_confirms,
            bounds.outside_cancels,
            bounds.server_errors,
            bounds.ends_wanted,
        )
        unclosed = ("",) * bounds.max_attempts
        return World(self.desk.start, self.intents.number(Intent()), (), budget, unclosed)

    def moves(self, world: World) -> Iterator[Move]:
        """List everything that can happen next."""
        yield from self._deliveries(world)
        if self.desk.payments[world.payment].handled:
            return
        yield from self._executions(world)
        yield from self._drops(world)
        if len(world.calls) < self.bounds.calls:
            yield from self._new_confirms(world)
            yield from self._new_calls(world)
        yield from self._ends_wanted(world)
        for change in self._outside[world.intent, world.budget]:
            after = self._tidy(world._replace(intent=change.intent, budget=change.budget))
            yield Move(change.label, after)

    # ── our processes ────────────────────────────────────────────────────────────────────────

    def _new_confirms(self, world: World) -> Iterator[Move]:
        """Phase A, then the request is on its way."""
        for label, step, call in self._confirms[world.payment,]:
            after = _closing(world, step.closings)._replace(
                payment=step.payment, calls=(*world.calls, call)
            )
            yield Move(label, self._tidy(after), step.closings, step.problems)

    def _list_confirms(self, payment: int) -> list[_Confirm]:
        found = []
        for card in self.bounds.cards:
            step = self.desk.open(payment, card)
            if step is None:
                continue
            opened = self.desk.payments[step.payment].settling.open
            assert opened is not None, "phase A opens an attempt"
            call = self.calls.number(Call(Source.answer, opened, opened.number, card))
            found.append(_Confirm(f"POST confirm {opened.number} with {card}", step, call))
        return found

    def _new_calls(self, world: World) -> Iterator[Move]:
        """Start a re-send, a read or a cancel, as any worker or a refresh may at any time."""
        reading = sum(not self.calls.things[call].attempt for call in world.calls)
        for label, intent, call, reads in self._starts[world.payment, world.intent]:
            if reads and reading >= self.bounds.readers:
                continue
            after = world._replace(intent=intent, calls=(*world.calls, call))
            yield Move(label, self._tidy(after))

    def _list_starts(self, payment_number: int, intent: int) -> list[_Start]:
        payment = self.desk.payments[payment_number]
        attempt = payment.settling.open
        found = []
        if attempt is not None and attempt.answer is None and payment.intention is None:
            call = Call(Source.replay, attempt, attempt.number, attempt.payment_methods[0])
            label = f"a worker sends confirm {attempt.number} again"
            found.append(_Start(label, intent, self.calls.number(call), False))
        call = self.begin_read(self.intents.things[intent], payment_number)
        found.append(_Start("somebody reads the intent", intent, self.calls.number(call), True))
        if payment.intention is not None:
            canceled, call = self.run_cancel(self.intents.things[intent], payment_number)
            number = self.intents.number(canceled)
            call_number = self.calls.number(call)
            found.append(_Start("a worker cancels at Stripe", number, call_number, True))
        return found

    def begin_read(self, intent: Intent, payment: int) -> Call:
        """Read the intent; its charges too, unless they come in a call of their own."""
        listing = self.bounds.torn and intent.latest is not None
        seen = stripe.see(intent, listed=not listing)
        before = self.desk.payments[payment].settling.open
        return Call(Source.read, before, answer=Answer("ok", seen), listing=listing)

    def run_cancel(self, intent: Intent, payment: int) -> tuple[Intent, Call]:
        """Cancel at Stripe; where the status does not allow it the answer shows the intent."""
        canceled = stripe.cancelable(intent)
        intent = stripe.cancel(intent) if canceled else intent
        answer = Answer("ok" if canceled else "unexpected", stripe.see(intent))
        before = self.desk.payments[payment].settling.open
        return intent, Call(Source.cancel_answer, before, answer=answer)

    def _ends_wanted(self, world: World) -> Iterator[Move]:
        """Write the intention to end: a cancel by the API, or the deadline."""
        step = self._intended[world.payment,] if world.budget.ends_wanted else None
        if step is None:
            return
        budget = world.budget._replace(ends_wanted=world.budget.ends_wanted - 1)
        after = world._replace(payment=step.payment, budget=budget)
        yield Move("an intention to end is written", after, step.closings, step.problems)

    def _intend(self, number: int) -> Step | None:
        payment = self.desk.payments[number]
        if payment.intention is not None:
            return None
        confirming = payment.state is PaymentState.confirming
        return self.desk.intend(number, "expire" if confirming else "cancel")

    def _deliveries(self, world: World) -> Iterator[Move]:
        """Settle an answer that has come."""
        for place, number in _each(world.calls):
            call = self.calls.things[number]
            if not call.settleable:
                continue
            step = self.settled[world.payment, number]
            after = _closing(world, step.closings)._replace(
                payment=step.payment, calls=_without(world.calls, place)
            )
            yield Move(self._described[number,], self._tidy(after), step.closings, step.problems)

    def _describe(self, number: int) -> str:
        return f"settled: {describe(self.calls.things[number])}"

    def _settle(self, payment: int, number: int) -> Step:
        call = self.calls.things[number]
        assert call.answer is not None, "only an answer is settled"
        return self.desk.settle(payment, call.source, call.before, call.answer)

    def _drops(self, world: World) -> Iterator[Move]:
        for place, _ in _each(world.calls):
            after = world._replace(calls=_without(world.calls, place))
            yield Move("a reply is lost, or its process dies", self._tidy(after))

    # ── Stripe, and everybody else ───────────────────────────────────────────────────────────

    def _executions(self, world: World) -> Iterator[Move]:
        may_fail = world.budget.server_errors > 0
        for place, number in _each(world.calls):
            for run in self._runs[world.intent, number, may_fail]:
                calls = (*_without(world.calls, place), run.call)
                budget = world.budget
                if run.fault:
                    budget = budget._replace(server_errors=budget.server_errors - 1)
                after = world._replace(intent=run.intent, calls=calls, budget=budget)
                yield Move(run.label, self._tidy(after))

    def _list_runs(self, number: int, call_number: int, may_fail: bool) -> list[_Run]:
        intent, call = self.intents.things[number], self.calls.things[call_number]
        if call.listing:
            done = self.calls.number(list_charges(intent, call))
            return [_Run(f"charges listed for {describe(call)}", number, done)]
        if call.answer is not None:
            return []
        new = intent.answer(call.attempt) is None
        found = []
        for fault in ("", "error_before", "error_after") if new and may_fail else ("",):
            after, ran = self.run_confirm(intent, call, fault)
            label = f"Stripe runs {describe(call)}" + (f", answering {fault}" if fault else "")
            numbers = self.intents.number(after), self.calls.number(ran)
            found.append(_Run(label, *numbers, fault=bool(fault)))
        return found

    def run_confirm(self, intent: Intent, call: Call, fault: str = "") -> tuple[Intent, Call]:
        """Have Stripe carry a confirm out, or answer it as it did before."""
        if intent.answer(call.attempt) is None:
            intent = stripe.send(
                intent,
                call.attempt,
                call.card,
                supersedes=self.bounds.supersedes,
                fault=fault,
            )
        answer = intent.answer(call.attempt)
        assert answer is not None, "Stripe keeps what it answered"
        done = call._replace(answer=answer, listing=answer.kind == "declined")
        return intent, done if self.bounds.torn else list_charges(intent, done)

    def _list_outside(self, number: int, budget: Budget) -> list[_Change]:
        intent = self.intents.things[number]
        return [
            _Change(label, self.intents.number(after), spent)
            for label, after, spent in _outside(intent, budget, self.bounds)
        ]

    # ── bookkeeping ──────────────────────────────────────────────────────────────────────────

    def _tidy(self, world: World) -> World:
        """Forget what can have no effect any more, and put calls in order."""
        payment, number, calls, budget, closed = world
        if len(calls) > 1:
            calls = tuple(sorted(calls))
        intent = self.intents.things[number]
        if intent.stored or intent.fates:
            things = self.calls.things
            awaited = frozenset(
                [self._awaited[payment,], *[things[call].attempt for call in calls]]
            )
            number = self._kept[number, awaited, closed]
        return World(payment, number, calls, budget, closed)

    def _keep(self, number: int, awaited: frozenset[int], closed: tuple[str, ...]) -> int:
        intent = self.intents.things[number]
        stored = tuple(entry for entry in intent.stored if entry[0] in awaited)
        fates = tuple(
            Fate.unsent if how else fate for fate, how in zip(intent.fates, closed, strict=False)
        )
        return self.intents.number(intent._replace(stored=stored, fates=fates))

    def _awaited_answer(self, payment: int) -> int:
        attempt = self.desk.payments[payment].settling.open
        return attempt.number if attempt is not None and attempt.answer is None else 0


def _rules(bounds: Bounds) -> RuleSet:
    rules = load_rules()
    return rules.with_overrides({"generic_decline": think}) if bounds.patient_handlers else rules


def think(outcome: Outcome, payment: PaymentDetails) -> HandlerResult:
    """Ask to be asked again, as a handler of a deployment's may."""
    return HandlerResult(completed=False, requires_retry=False)


def list_charges(intent: Intent, call: Call) -> Call:
    """Complete an answer with the charges as they are now."""
    if not call.listing or call.answer is None:
        return call
    seen = call.answer.seen
    assert seen is not None, "charges are listed for an intent that was seen"
    answer = call.answer._replace(seen=seen._replace(charges=intent.charges))
    return call._replace(answer=answer, listing=False)


def _outside(
    intent: Intent, budget: Budget, bounds: Bounds
) -> Iterator[tuple[str, Intent, Budget]]:
    """List what browsers, the customer, the network and the Dashboard may do."""
    if budget.browser_confirms and stripe.takes_confirmation(intent, supersedes=bounds.supersedes):
        spent = budget._replace(browser_confirms=budget.browser_confirms - 1)
        for card in bounds.browser_cards:
            yield f"a browser confirms with {card}", stripe.confirm(intent, BROWSER, card), spent
    if intent.status == CHALLENGED:
        for end in CHALLENGE_ENDS:
            yield f"the challenge ends: {end}", stripe.finish_challenge(intent, end), budget
    if intent.status == PROCESSING:
        for paid in (True, False):
            after = stripe.finish_processing(intent, paid=paid)
            yield f"processing ends, paid: {paid}", after, budget
    if budget.outside_cancels and stripe.cancelable(intent):
        spent = budget._replace(outside_cancels=budget.outside_cancels - 1)
        yield "the Dashboard cancels", stripe.cancel(intent), spent


def _closing(world: World, closings: tuple[Closing, ...]) -> World:
    if not closings:
        return world
    closed = list(world.closed)
    for closing in closings:
        if closing.how not in RECORDS:
            closed[closing.attempt - 1] = closing.how
    return world._replace(closed=tuple(closed))


def _each(calls: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Give each different call once; they are in order."""
    last = -1
    for place, call in enumerate(calls):
        if call != last:
            yield place, call
        last = call


def _without(calls: tuple[int, ...], place: int) -> tuple[int, ...]:
    return calls[:place] + calls[place + 1 :]
