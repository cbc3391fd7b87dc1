"""What one situation holds, and how much may happen: plain values, no rules."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from benchmarks.model.desk import Closing
from benchmarks.model.intent import Answer
from orchestrator.payment import OpenAttempt
from orchestrator.settle import Source

T = TypeVar("T", bound=Hashable)
K = TypeVar("K", bound=tuple[Any, ...])
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may happen: the size of one exploration.

    ``readers`` bounds reads and cancels under way at once, ``calls`` all calls together.
    ``torn`` lists charges in a step of their own, after the intent was read. ``supersedes`` says
    whether a confirm replaces an open challenge. Cards are those of our confirms and of browsers'.
    With ``shared_cards`` a browser may use the very card of an attempt, so that whose charge it
    was cannot be told; with ``patient_handlers`` a handler does not answer at once.
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
    shared_cards: bool = False
    patient_handlers: bool = False


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

    @property
    def settleable(self) -> bool:
        """Whether the answer is here, whole."""
        return self.answer is not None and not self.listing


class Budget(NamedTuple):
    """What may still happen that Stripe and our processes do not do by themselves."""

    browser_confirms: int
    outside_cancels: int
    server_errors: int
    ends_wanted: int


class World(NamedTuple):
    """One situation. Payment, intent and calls are numbers in the model's tables.

    ``closed`` says how each attempt ended, the first one first.
    """

    payment: int
    intent: int
    calls: tuple[int, ...]
    budget: Budget
    closed: tuple[str, ...]


class Move(NamedTuple):
    """One step to another situation, and what a decision in it closed or got wrong."""

    label: str
    world: World
    closings: tuple[Closing, ...] = ()
    problems: tuple[str, ...] = ()


class Table(Generic[T]):
    """Things by number, each once."""

    def __init__(self) -> None:
        self.things: list[T] = []
        self._numbers: dict[T, int] = {}

    def number(self, thing: T) -> int:
        """Return a thing's number, a new one for a new thing."""
        found = self._numbers.get(thing)
        if found is None:
            found = self._numbers[thing] = len(self.things)
            self.things.append(thing)
        return found


class Memo(dict[K, V]):
    """The values of a function, each computed once."""

    def __init__(self, compute: Callable[..., V]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: K) -> V:
        value = self[key] = self._compute(*key)
        return value


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
