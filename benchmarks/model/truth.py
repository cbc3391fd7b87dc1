"""What must hold in every situation, and what recovery must reach from each. Facts, no search."""

from collections.abc import Iterator
from typing import Final

from benchmarks.model import intent as stripe
from benchmarks.model.desk import Closing, Desk, News, agrees
from benchmarks.model.intent import DEAD, PROCESSING, WAITING, Fate, Intent
from benchmarks.model.world import (
    Bounds,
    Call,
    Move,
    World,
    begin_read,
    list_charges,
    run_cancel,
    run_confirm,
)
from orchestrator.settle import Source
from orchestrator.states import PaymentState

# A recovery settles an answer, reads, cancels and reads once more; the rest is slack.
LONGEST_RECOVERY: Final = 12


def move_problems(before: World, move: Move, bounds: Bounds) -> Iterator[str]:
    """Say what is wrong with one step, held against what really happened at Stripe."""
    yield from move.problems
    for closing in move.closings:
        problem = _closing_problem(closing, before, bounds)
        if problem:
            yield problem


def _closing_problem(closing: Closing, world: World, bounds: Bounds) -> str | None:
    intent = world.intent
    owner = next((c.owner for c in intent.charges if c.id == closing.charge), None)
    number, how = closing.attempt, closing.how
    fate = intent.fate(number) if number else Fate.unsent
    wrong = f"attempt {number} ({fate}) closed as {how} by charge {closing.charge} of {owner}"
    match how:
        case "outcome" if closing.charge is None:
            right = fate in {Fate.unauthenticated, Fate.refused}
        case "outcome":
            right = owner == number or (fate in DEAD and fate is not Fate.declined)
        case "browser":
            right = owner == stripe.BROWSER
        case "not_run":
            right = fate is Fate.not_run
        case "abandoned_outcome":
            right = owner == number or (owner is not None and _same_card(world, owner, number))
        case _:
            right = True
    return None if right else wrong


def _same_card(world: World, owner: int, number: int) -> bool:
    """Two abandoned attempts with one card cannot be told apart, and need not be."""
    return owner != stripe.BROWSER and world.closed[owner - 1] == "abandoned" and number != owner


def world_problems(world: World, desk: Desk) -> Iterator[str]:
    """Say what is wrong with a situation."""
    payment, intent = desk.payments[world.payment], world.intent
    if intent.paid > 1:
        yield "charged twice"
    if not agrees(payment, intent.status):
        yield f"{payment.state} while Stripe says {intent.status}"
    for charge in intent.charges:
        told = world.closed[charge.owner - 1] if charge.owner else ""
        if charge.status == "succeeded" and told in {"outcome", "not_run"}:
            yield f"attempt {charge.owner} paid after it was told as {told}"


def repeat_problems(world: World, desk: Desk) -> Iterator[str]:
    """Say where settling the same answer again would change anything."""
    for call in world.calls:
        if call.answer is None or call.listing:
            continue
        news = News(call.source, call.before, call.answer)
        once = desk.settle(world.payment, news)
        again = desk.settle(once.payment, news)
        if again.payment != once.payment or again.closings:
            yield f"settling {call.answer.kind} twice is not settling it once"


def recovery_problems(world: World, desk: Desk, bounds: Bounds) -> Iterator[str]:
    """Say where recovery alone, every other process dead, fails to bring the payment to its end."""
    if desk.payments[world.payment].handled:
        return
    found, world = _resolve(world, desk, bounds)
    yield from found
    if desk.payments[world.payment].state is PaymentState.confirming and not found:
        yield from _stuck(world, desk)
    found, world = _end(world, desk, bounds)
    yield from found
    yield from _forgotten(world, desk, bounds)


def _resolve(world: World, desk: Desk, bounds: Bounds) -> tuple[list[str], World]:
    """Let workers do what is due until nothing changes."""
    for _ in range(LONGEST_RECOVERY):
        payment = desk.payments[world.payment]
        if payment.handled:
            return [], world
        after, call = _next_call(world, desk, bounds)
        found, after = _settle(after, call, desk, bounds)
        if found:
            return found, after
        if after == world:
            return [], world
        world = after
    return ["recovery does not come to rest"], world


def _next_call(world: World, desk: Desk, bounds: Bounds) -> tuple[World, Call]:
    payment = desk.payments[world.payment]
    attempt = payment.settling.open
    if payment.intention is not None:
        if world.intent.status == PROCESSING:
            intent = stripe.finish_processing(world.intent, paid=False)
            world = world._replace(intent=intent)
        return run_cancel(world, attempt)
    if attempt is not None and attempt.answer is None:
        call = Call(Source.replay, attempt, attempt.number, attempt.payment_methods[0])
        world, call = run_confirm(world, call, bounds)
        return world, list_charges(world.intent, call)
    return world, list_charges(world.intent, begin_read(world, bounds, attempt))


def _settle(
    world: World, call: Call, desk: Desk, bounds: Bounds
) -> tuple[list[str], World]:
    assert call.answer is not None, "Stripe has answered"
    step = desk.settle(world.payment, News(call.source, call.before, call.answer))
    move = Move("recovery", world, step.closings, step.problems)
    found = [f"in recovery: {problem}" for problem in move_problems(world, move, bounds)]
    return found, world._replace(payment=step.payment)


def _stuck(world: World, desk: Desk) -> Iterator[str]:
    """An outcome that can be told must be told before the deadline comes.

    It cannot where Stripe keeps a 5xx and no charge shows what it did.
    """
    attempt = desk.payments[world.payment].settling.open
    if attempt is None or world.intent.status != WAITING:
        return
    untold = attempt.answer == "stored_error"
    if not (untold and not _has_charge(world.intent, attempt.number)):
        yield f"attempt {attempt.number} stays open ({world.intent.fate(attempt.number)})"


def _has_charge(intent: Intent, attempt: int) -> bool:
    return any(charge.owner == attempt for charge in intent.charges)


def _end(world: World, desk: Desk, bounds: Bounds) -> tuple[list[str], World]:
    """Let the deadline come."""
    payment = desk.payments[world.payment]
    if not payment.handled and payment.intention is None:
        step = desk.intend(world.payment, "expire")
        if step.problems:
            return list(step.problems), world
        world = world._replace(payment=step.payment)
    found, world = _resolve(world, desk, bounds)
    if not found and not desk.payments[world.payment].handled:
        found = [f"recovery leaves the payment {desk.payments[world.payment].state}"]
    return found, world


def _forgotten(world: World, desk: Desk, bounds: Bounds) -> Iterator[str]:
    """After the end, one more read must leave no decline uncounted."""
    yield from world_problems(world, desk)
    call = list_charges(world.intent, begin_read(world, bounds, None))
    found, world = _settle(world, call, desk, bounds)
    yield from found
    counted = desk.payments[world.payment].settling.counted
    for charge in world.intent.charges:
        if f"ch_{charge.id}" not in counted:
            yield f"charge {charge.id} ({charge.status}) is lost"
