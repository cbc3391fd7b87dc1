"""What a check of stored payments found: how much was looked at, and the first of the problems."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.audit.records import Problem

# More problems than anybody reads; the rest are counted.
KEPT_PROBLEMS: Final = 1000
_COUNTS: Final = (
    "payments",
    "transitions",
    "evidence",
    "attempts",
    "actions",
    "seals",
    "leaves",
)


@dataclass(slots=True)
class AuditReport:
    """How much was checked, and what was found; ``problems`` holds the first of them."""

    payments: int = 0
    transitions: int = 0
    evidence: int = 0
    attempts: int = 0
    actions: int = 0
    seals: int = 0
    # Leaves of seals that were held against their payments.
    leaves: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Tell whether nothing was found."""
        return self.problem_count == 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are few."""
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def add_all(self, problems: Iterable[Problem]) -> None:
        """Count problems, and keep them while there are few."""
        for problem in problems:
            self.add(problem)

    def include(self, part: "AuditReport") -> None:
        """Add what was found in another part of the payments."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.problem_count += part.problem_count
        self.problems += part.problems[: KEPT_PROBLEMS - len(self.problems)]

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values."""
        return {
            "ok": self.holds,
            "payments": self.payments,
            "transitions": self.transitions,
            "evidence": self.evidence,
            "attempts": self.attempts,
            "actions": self.actions,
            "seals": self.seals,
            "leaves": self.leaves,
            "problem_count": self.problem_count,
            "problems": [problem.as_json() for problem in self.problems],
        }
