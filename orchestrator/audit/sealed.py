"""Holds what is stored against what was sealed: leaf by leaf, row by row. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.audit.records import Problem, Row
from orchestrator.seals.seal import Leaf, attempt_hash


@dataclass(frozen=True, slots=True)
class Stored:
    """A payment's rows, oldest first; all are empty where the payment is gone with them."""

    history: Sequence[Row]
    evidence: Sequence[Row]
    attempts: Sequence[Row]


def sealed_problems(leaves: Sequence[tuple[str, Leaf]], stored: Stored) -> Iterator[Problem]:
    """Find what a payment's rows no longer say that its leaves do, each row once.

    A leaf comes with the words for whose it is: ``seal 3``.
    """
    told: set[tuple[str, int | None]] = set()
    for source, leaf in leaves:
        for problem in _problems_of(source, leaf, stored):
            if (problem.table, problem.sequence) not in told:
                told.add((problem.table, problem.sequence))
                yield problem


def _problems_of(source: str, leaf: Leaf, stored: Stored) -> Iterator[Problem]:
    if not (stored.history or stored.evidence or stored.attempts):
        sentence = f"It stood in {source} with {leaf.version} history rows, and is gone."
        yield Problem(leaf.payment, "payments", None, "sealed", sentence)
        return
    heads = (
        ("payment_transitions", stored.history, leaf.version, leaf.last_hash),
        ("evidence", stored.evidence, leaf.evidence_count, leaf.evidence_hash),
    )
    for table, rows, sequence, sealed_hash in heads:
        if sequence:
            row = _by(rows, "sequence").get(sequence)
            found = str(row["hash"]) if row else None
            yield from _differs(source, leaf.payment, table, sequence, sealed_hash, found)
    numbered = _by(stored.attempts, "number")
    for number, sealed_hash in enumerate(leaf.attempts, start=1):
        attempt = numbered.get(number)
        found_hash = (attempt_hash(attempt) or "unreadable") if attempt else None
        yield from _differs(source, leaf.payment, "attempts", number, sealed_hash, found_hash)


def _differs(
    source: str, payment: str, table: str, sequence: int, sealed_hash: str, found: str | None
) -> Iterator[Problem]:
    if found is None:
        sentence = f"It stood in {source}, and is gone."
        yield Problem(payment, table, sequence, "sealed", sentence)
    elif found != sealed_hash:
        sentence = f"It is another than stood in {source}."
        yield Problem(payment, table, sequence, "sealed", sentence)


def _by(rows: Sequence[Row], column: str) -> Mapping[int, Row]:
    return {row[column]: row for row in rows}
