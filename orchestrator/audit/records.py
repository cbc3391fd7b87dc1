"""One payment with all its rows, as the rules look at it, and the problems they name in it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from orchestrator.payment import Payment

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: the payment, the table, the row (null: the payment's only one), a sentence."""

    payment: str
    table: str
    sequence: int | None
    rule: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Give the problem as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        row = "" if self.sequence is None else f" row {self.sequence}"
        whose = "" if self.payment == "-" else f"{self.payment}: "
        return f"{whose}{self.table}{row} breaks {self.rule}: {self.sentence}"


@dataclass(frozen=True)
class Records:
    """A payment and every row that belongs to it, oldest first."""

    payment: Payment
    history: Sequence[Row]
    evidence: Sequence[Row]
    attempts: Sequence[Row]

    @cached_property
    def evidence_by_sequence(self) -> dict[int, Row]:
        """Index the evidence by its sequence."""
        return {row["sequence"]: row for row in self.evidence}

    @cached_property
    def confirms(self) -> list[Row]:
        """List the history rows that spent an attempt."""
        return [row for row in self.history if row["event"] == "confirm"]

    @cached_property
    def open_attempts(self) -> list[Row]:
        """List the attempts whose outcome is not known."""
        return [row for row in self.attempts if row["closed_at"] is None]

    def history_problem(self, row: Row, rule: str, sentence: str) -> Problem:
        """Name a history row."""
        return self._problem("payment_transitions", row["sequence"], rule, sentence)

    def evidence_problem(self, row: Row, rule: str, sentence: str) -> Problem:
        """Name an evidence row."""
        return self._problem("evidence", row["sequence"], rule, sentence)

    def attempt_problem(self, row: Row, rule: str, sentence: str) -> Problem:
        """Name an attempt."""
        return self._problem("attempts", row["number"], rule, sentence)

    def payment_problem(self, rule: str, sentence: str) -> Problem:
        """Name the payment's own row."""
        return self._problem("payments", None, rule, sentence)

    def _problem(self, table: str, sequence: int | None, rule: str, sentence: str) -> Problem:
        return Problem(self.payment.id, table, sequence, rule, sentence)
