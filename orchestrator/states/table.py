"""The machine as data: fifteen rows and three guards. Change a rule here and nowhere else.

Nothing here runs; ``machine.py`` runs it and ``certificate.py`` proves it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orchestrator.states.state import PaymentEvent, PaymentState


class Transition(NamedTuple):
    """One row: in ``source``, ``event`` leads to ``target``."""

    source: PaymentState
    event: PaymentEvent
    target: PaymentState

    def __str__(self) -> str:
        return f"{self.source} --{self.event}--> {self.target}"


class Guard(NamedTuple):
    """What an event asks of the attempts left, and how many of them it uses up."""

    attempts_needed: int = 0
    attempts_spent: int = 0


Table = Sequence[Transition]
Guards = Mapping[PaymentEvent, Guard]

_S, _E = PaymentState, PaymentEvent

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(_S.created, _E.confirm, _S.confirming),
    Transition(_S.requires_new_card, _E.confirm, _S.confirming),
    Transition(_S.card_disabled, _E.confirm, _S.confirming),
    Transition(_S.confirming, _E.succeed, _S.succeeded),
    Transition(_S.confirming, _E.require_new_card, _S.requires_new_card),
    Transition(_S.confirming, _E.disable_card, _S.card_disabled),
    Transition(_S.confirming, _E.fail, _S.failed),
    Transition(_S.created, _E.cancel, _S.failed),
    Transition(_S.requires_new_card, _E.cancel, _S.failed),
    Transition(_S.card_disabled, _E.cancel, _S.failed),
    Transition(_S.confirming, _E.cancel, _S.failed),
    Transition(_S.created, _E.expire, _S.failed),
    Transition(_S.requires_new_card, _E.expire, _S.failed),
    Transition(_S.card_disabled, _E.expire, _S.failed),
    Transition(_S.confirming, _E.expire, _S.failed),
)

# An event that is not named here needs no attempt and spends none.
GUARDS: Final[Guards] = MappingProxyType(
    {
        _E.confirm: Guard(attempts_needed=1, attempts_spent=1),
        _E.require_new_card: Guard(attempts_needed=1),
        _E.disable_card: Guard(attempts_needed=1),
    }
)

UNGUARDED: Final = Guard()


def guard_allows(event: PaymentEvent, attempts_left: int, guards: Guards = GUARDS) -> bool:
    """Tell whether ``attempts_left`` are enough for ``event``, wherever the payment is."""
    return attempts_left >= guards.get(event, UNGUARDED).attempts_needed


def machine_version(table: Table, guards: Guards) -> str:
    """Hash rows and guards, in an order of their own, so that only a changed rule changes it."""
    canonical = {
        "transitions": sorted(list(row) for row in table),
        "guards": {event: list(guard) for event, guard in guards.items()},
    }
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# Stands on every history row: it names the rules under which the row was written.
MACHINE_VERSION: Final = machine_version(TRANSITIONS, GUARDS)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: its name, the row that breaks it where one does, and a sentence."""

    rule: str
    row: Transition | None
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Give the violation as plain JSON values."""
        row = self.row._asdict() if self.row else None
        return {"rule": self.rule, "row": row, "sentence": self.sentence}


def table_violations(table: Iterable[Transition]) -> Iterator[Violation]:
    """Find what makes a table unfit to build any machine on, whatever its meaning."""
    rows = tuple(table)
    for row in rows:
        if not _is_typed(row):
            yield Violation("enum_typed", row, f"Row {row} has a part that is no enum member.")
        if row.source == row.target:
            yield Violation("no_self_transition", row, f"Row {row} leads back to its own source.")
    counts = Counter((row.source, row.event) for row in rows)
    for row in dict.fromkeys(rows):
        if counts[row.source, row.event] > 1:
            # The library would take the first of them and say nothing.
            yield Violation("unique_rows", row, f"Row {row} shares source and event with another.")


def _is_typed(row: Transition) -> bool:
    kinds = (PaymentState, PaymentEvent, PaymentState)
    return all(isinstance(part, kind) for part, kind in zip(row, kinds, strict=True))
