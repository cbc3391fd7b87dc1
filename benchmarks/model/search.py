"""Breadth first through every situation, each once; what it finds it finds by the shortest way."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from benchmarks.model.model import Model
from benchmarks.model.truth import (
    move_problems,
    recovery_problems,
    repeat_problems,
    world_problems,
)
from benchmarks.model.world import Bounds, World

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be, and the shortest way there."""

    problem: str
    trace: tuple[str, ...]


@dataclass(slots=True)
class Found:
    """The end of a search. ``complete`` is false when it was stopped by its limits."""

    situations: int = 0
    steps: int = 0
    payments: int = 0
    seconds: float = 0.0
    complete: bool = True
    violations: list[Violation] = field(default_factory=list)


@dataclass(slots=True)
class Search:
    """One exploration within bounds."""

    bounds: Bounds
    most_violations: int = 1
    most_situations: int | None = None
    most_seconds: float | None = None
    progress: Progress | None = None
    _parents: dict[World, tuple[World, str] | None] = field(init=False, default_factory=dict)
    _looked_at: set[tuple[int, int, tuple[str, ...]]] = field(init=False, default_factory=set)
    _repeated: set[tuple[int, int]] = field(init=False, default_factory=set)
    _kinds: set[str] = field(init=False, default_factory=set)

    def run(self) -> Found:
        """Explore until everything is seen, or enough is found."""
        began = monotonic()
        model = Model(self.bounds)
        found = Found()
        first = model.start()
        self._parents[first] = None
        waiting = deque([first])
        while waiting:
            if self._is_over(found, began):
                found.complete = False
                break
            world = waiting.popleft()
            self._look_at(world, model, found)
            for move in model.moves(world):
                found.steps += 1
                if move.world not in self._parents:
                    self._parents[move.world] = (world, move.label)
                    waiting.append(move.world)
                for problem in move_problems(world, move, model):
                    self._note(found, problem, world, move.label)
            if self.progress and found.situations % 5000 == 0:
                self.progress(found.situations, len(waiting))
        found.payments = len(model.desk.payments)
        found.seconds = monotonic() - began
        return found

    def _look_at(self, world: World, model: Model, found: Found) -> None:
        found.situations += 1
        for problem in self._standing_problems(world, model):
            self._note(found, problem, world)

    def _standing_problems(self, world: World, model: Model) -> Iterator[str]:
        alone = (world.payment, world.intent, world.closed)
        if alone not in self._looked_at:
            self._looked_at.add(alone)
            yield from world_problems(world, model)
            yield from recovery_problems(world, model)
        for call in world.calls:
            if (world.payment, call) not in self._repeated:
                self._repeated.add((world.payment, call))
                yield from repeat_problems(world.payment, call, model)

    def _is_over(self, found: Found, began: float) -> bool:
        return (
            len(found.violations) >= self.most_violations
            or (self.most_situations is not None and found.situations >= self.most_situations)
            or (self.most_seconds is not None and monotonic() - began > self.most_seconds)
        )

    def _note(self, found: Found, problem: str, world: World, *more: str) -> None:
        if problem not in self._kinds:
            self._kinds.add(problem)
            found.violations.append(Violation(problem, (*self._trace(world), *more)))

    def _trace(self, world: World) -> tuple[str, ...]:
        labels: list[str] = []
        came = self._parents[world]
        while came is not None:
            labels.append(came[1])
            came = self._parents[came[0]]
        return tuple(reversed(labels))


__all__ = ["Found", "Search", "Violation"]
