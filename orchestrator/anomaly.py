"""An anomaly as a value: what was found, and what people made of it. Pure.

It is a queue of its own beside the payments: nothing here ever moves one.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from orchestrator.payment import Actor

ANOMALY_ID: Final = r"ano_[A-Za-z0-9]{1,64}"


class AnomalyState(StrEnum):
    """How an anomaly stands. ``resolved`` is final: what is found again is another one."""

    open = "open"
    assigned = "assigned"
    resolved = "resolved"


@dataclass(frozen=True, slots=True)
class Note:
    """One step that somebody took: whose it became, or how it was resolved and why."""

    sequence: int
    state: AnomalyState
    owner: str | None
    resolution: str | None
    reason: str | None
    actor: Actor
    request_id: str | None
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly with its notes, oldest first."""

    id: str
    kind: str
    payment: str | None
    payment_intent: str | None
    stripe_object: str | None
    detail: str
    evidence: int | None
    noted_at: datetime
    notes: tuple[Note, ...] = ()

    @property
    def state(self) -> AnomalyState:
        """How it stands."""
        return self.notes[-1].state if self.notes else AnomalyState.open

    @property
    def owner(self) -> str | None:
        """Whose it is; whose it was, once it is resolved."""
        return self.notes[-1].owner if self.notes else None

    @property
    def resolution(self) -> str | None:
        """How it was resolved."""
        return self.notes[-1].resolution if self.notes else None

    @property
    def reason(self) -> str | None:
        """Why it was resolved like that."""
        return self.notes[-1].reason if self.notes else None


__all__ = ["ANOMALY_ID", "Anomaly", "AnomalyState", "Note"]
