"""One situation, and every next one: our processes, their calls, Stripe, browsers, the customer.

A call is started, carried out by Stripe and settled in three separate steps, with anything in
between; a call that is dropped is a lost reply or a process that died.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.model import intent as stripe
from benchmarks.model.desk import Closing, Desk, News
from benchmarks.model.intent import BROWSER, CHALLENGED, PROCESSING, Answer, Card, Intent, Seen
from orchestrator.payment import OpenAttempt, Payment
from orchestrator.settle import Source
from orchestrator.states import PaymentState

CHALLENGE_ENDS: Final = ("approve", "decline", "fail")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may happen: the size of one exploration.

    ``readers`` bounds reads and cancels under way at once, ``calls`` all calls together.
    ``torn`` lists charges in a step of their own, after the intent was read. ``supersedes`` says
    whether a confirm replaces an open challenge. Cards are those of our confirms and of browsers'.
    """

    max_attempts: int
    cards: tuple[str, ...]
    browser_cards: tuple[str, ...] = ()
    browser_confirms: int = 0
    calls: int = 2
    readers: int = 1
    outside_cancels: int = 0
    server_errors: int = 0
    ends_wanted: int = 1
    torn: bool = False
    supersedes: bool = True


class Call(NamedTuple):
    """One call under way. ``attempt`` is set for a confirm, ``answer`` once Stripe ran it.

    ``listing`` says that the charges are still to be listed.
    """

    source: Source
    before: OpenAttempt | None
    attempt: int = 0
    card: str = ""
    answer: Answer | None = None
    listing: bool = False


class Budget(NamedTuple):
    """What may still happen from outside."""

    browser_confirms: int
    outside_cancels: int
    server_errors: int
    ends_wanted: int


class World(NamedTuple):
    """One situation; ``payment`` is a number at the desk, ``closed`` how our attempts ended."""

    payment: int
    intent: Intent
    calls: tuple[Call, ...]
    budget: Budget
    closed: tuple[str, ...]


class Move(NamedTuple):
    """One step to another situation, and what a decision in it closed or got wrong."""

    label: str
    world: World
    closings: tuple[Closing, ...] = ()
    problems: tuple[str, ...] = ()


def start(desk: Desk, bounds: Bounds) -> World:
    """Return the situation right after a create."""
    budget = Budget(
        bounds.browser_confirms, bounds.outside_cancels, bounds.server_errors, bounds.ends_wanted
    )
    return World(desk.start, Intent(), (), budget, ("",) * bounds.max_attempts)


def moves(world: World, desk: Desk, bounds: Bounds) -> Iterator[Move]:
    """List everything that can happen next."""
    payment = desk.payments[world.payment]
    yield from _deliveries(world, desk)
    if payment.handled:
        return
    yield from _executions(world, bounds)
    yield from _drops(world)
    yield from _confirms(world, desk, bounds)
    yield from _recoveries(world, payment, bounds)
    yield from _ends_wanted(world, payment, desk)
    yield from _elsewhere(world, bounds)


# ── our processes ────────────────────────────────────────────────────────────────────────────


def _confirms(world: World, desk: Desk, bounds: Bounds) -> Iterator[Move]:
    """Phase A, then the request is on its way."""
    if len(world.calls) >= bounds.calls:
        return
    for card in bounds.cards:
        step = desk.open(world.payment, card)
        if step is None:
            continue
        opened = desk.payments[step.payment].settling.open
        assert opened is not None, "phase A opens an attempt"
        call = Call(Source.answer, opened, opened.number, card)
        after = world._replace(payment=step.payment, calls=(*world.calls, call))
        yield Move(f"POST confirm {opened.number} with {card}", after, step.closings, step.problems)


def _recoveries(world: World, payment: Payment, bounds: Bounds) -> Iterator[Move]:
    """Start a re-send, a read or a cancel, as any worker or a refresh may at any time."""
    attempt = payment.settling.open
    free = len(world.calls) < bounds.calls
    if free and attempt is not None and attempt.answer is None and payment.intention is None:
        call = Call(Source.replay, attempt, attempt.number, attempt.payment_methods[0])
        yield Move(f"a worker sends confirm {attempt.number} again", _with_call(world, call))
    readers = sum(call.attempt == 0 for call in world.calls)
    if not free or readers >= bounds.readers:
        return
    yield Move("somebody reads the intent", _with_call(world, begin_read(world, bounds, attempt)))
    if payment.intention is not None:
        after, call = run_cancel(world, attempt)
        yield Move("a worker cancels at Stripe", _with_call(after, call))


def begin_read(world: World, bounds: Bounds, before: OpenAttempt | None) -> Call:
    """Read the intent; its charges too, unless they come in a call of their own."""
    listing = bounds.torn and world.intent.latest is not None
    seen = stripe.see(world.intent, listed=True)
    if listing:
        seen = seen._replace(charges=None)
    return Call(Source.read, before, answer=Answer("ok", seen), listing=listing)


def run_cancel(world: World, before: OpenAttempt | None) -> tuple[World, Call]:
    """Cancel at Stripe; where the status does not allow it the answer shows the intent."""
    canceled = stripe.cancelable(world.intent)
    intent = stripe.cancel(world.intent) if canceled else world.intent
    answer = Answer("ok" if canceled else "unexpected", stripe.see(intent))
    return world._replace(intent=intent), Call(Source.cancel_answer, before, answer=answer)


def _ends_wanted(world: World, payment: Payment, desk: Desk) -> Iterator[Move]:
    """Write the intention to end: a cancel by the API, or the deadline."""
    if payment.intention is not None or not world.budget.ends_wanted:
        return
    event = "expire" if payment.state is PaymentState.confirming else "cancel"
    step = desk.intend(world.payment, event)
    budget = world.budget._replace(ends_wanted=world.budget.ends_wanted - 1)
    after = world._replace(payment=step.payment, budget=budget)
    yield Move(f"an intention to {event} is written", after, step.closings, step.problems)


def _deliveries(world: World, desk: Desk) -> Iterator[Move]:
    """Settle an answer that has come."""
    for place, call in _each(world.calls):
        if call.answer is None or call.listing:
            continue
        step = desk.settle(world.payment, News(call.source, call.before, call.answer))
        after = _settled(_without_call(world, place), step.payment, step.closings)
        yield Move(f"settled: {describe(call)}", after, step.closings, step.problems)


def _drops(world: World) -> Iterator[Move]:
    for place, call in _each(world.calls):
        yield Move(f"lost: {describe(call)}", _without_call(world, place))


# ── Stripe ───────────────────────────────────────────────────────────────────────────────────


def _executions(world: World, bounds: Bounds) -> Iterator[Move]:
    for place, call in _each(world.calls):
        if call.answer is None:
            for fault in _faults(world, call):
                after, done = run_confirm(world, call, bounds, fault=fault)
                note = f", answering {fault}" if fault else ""
                yield Move(
                    f"Stripe runs {describe(call)}{note}", _replace_call(after, place, done)
                )
        elif call.listing:
            yield Move(
                f"charges listed for {describe(call)}",
                _replace_call(world, place, list_charges(world.intent, call)),
            )


def _faults(world: World, call: Call) -> tuple[str, ...]:
    new = world.intent.answer(call.attempt) is None
    return ("", "error_before", "error_after") if new and world.budget.server_errors else ("",)


def run_confirm(
    world: World, call: Call, bounds: Bounds, *, fault: str = ""
) -> tuple[World, Call]:
    """Have Stripe carry a confirm out, or answer it as it did before."""
    intent, budget = world.intent, world.budget
    if intent.answer(call.attempt) is None:
        intent = stripe.send(
            intent, call.attempt, call.card, supersedes=bounds.supersedes, fault=fault
        )
        if fault:
            budget = budget._replace(server_errors=budget.server_errors - 1)
    answer = intent.answer(call.attempt)
    done = call._replace(answer=answer, listing=answer is not None and answer.kind == "declined")
    if not bounds.torn:
        done = list_charges(intent, done)
    return world._replace(intent=intent, budget=budget), done


def list_charges(intent: Intent, call: Call) -> Call:
    """Complete an answer with the charges as they are now."""
    if not call.listing or call.answer is None:
        return call
    seen: Seen | None = call.answer.seen
    assert seen is not None, "charges are listed for an intent that was seen"
    answer = call.answer._replace(seen=seen._replace(charges=intent.charges))
    return call._replace(answer=answer, listing=False)


def _elsewhere(world: World, bounds: Bounds) -> Iterator[Move]:
    """What browsers, the customer, the network and the Dashboard do."""
    intent, budget = world.intent, world.budget
    if budget.browser_confirms and stripe.takes_confirmation(intent, supersedes=bounds.supersedes):
        spent = budget._replace(browser_confirms=budget.browser_confirms - 1)
        for card in bounds.browser_cards:
            after = stripe.confirm(intent, BROWSER, card)
            yield Move(f"a browser confirms with {card}", world._replace(intent=after, budget=spent))
    if intent.status == CHALLENGED:
        for end in CHALLENGE_ENDS:
            after = stripe.finish_challenge(intent, end)
            yield Move(f"the challenge ends: {end}", world._replace(intent=after))
    if intent.status == PROCESSING:
        for paid in (True, False):
            after = stripe.finish_processing(intent, paid=paid)
            yield Move(f"processing ends, paid: {paid}", world._replace(intent=after))
    if budget.outside_cancels and stripe.cancelable(intent):
        spent = budget._replace(outside_cancels=budget.outside_cancels - 1)
        yield Move(
            "the Dashboard cancels", world._replace(intent=stripe.cancel(intent), budget=spent)
        )


# ── bookkeeping ──────────────────────────────────────────────────────────────────────────────


def describe(call: Call) -> str:
    """Name a call in a trace."""
    if call.attempt:
        name = f"confirm {call.attempt} ({call.card}, {call.source})"
    else:
        before = call.before
        known = f"{before.number}: {before.answer}" if before else "none"
        name = f"{call.source} (open before: {known})"
    if call.answer is None:
        return name
    seen = call.answer.seen
    return f"{name} -> {call.answer.kind}" + (f" {seen.status}, {seen.latest}" if seen else "")


def tidy(world: World, desk: Desk) -> World:
    """Forget what can have no effect any more, and put calls in order."""
    payment = desk.payments[world.payment]
    attempt = payment.settling.open
    awaited = {call.attempt for call in world.calls}
    if attempt is not None and attempt.answer is None:
        awaited.add(attempt.number)
    stored = tuple(entry for entry in world.intent.stored if entry[0] in awaited)
    intent = world.intent if stored == world.intent.stored else world.intent._replace(stored=stored)
    calls = tuple(sorted(world.calls, key=repr)) if len(world.calls) > 1 else world.calls
    return world._replace(intent=intent, calls=calls)


def _settled(world: World, payment: int, closings: tuple[Closing, ...]) -> World:
    closed = list(world.closed)
    for closing in closings:
        if closing.how not in {"abandoned_outcome", "uncounted_outcome"}:
            closed[closing.attempt - 1] = closing.how
    return world._replace(payment=payment, closed=tuple(closed))


def _each(calls: tuple[Call, ...]) -> Iterator[tuple[int, Call]]:
    """Give each different call once."""
    for place, call in enumerate(calls):
        if call not in calls[:place]:
            yield place, call


def _with_call(world: World, call: Call) -> World:
    return world._replace(calls=(*world.calls, call))


def _without_call(world: World, place: int) -> World:
    return world._replace(calls=world.calls[:place] + world.calls[place + 1 :])


def _replace_call(world: World, place: int, call: Call) -> World:
    return world._replace(calls=(*world.calls[:place], call, *world.calls[place + 1 :]))


__all__ = ["Bounds", "Call", "Card", "Move", "World", "moves", "start", "tidy"]
