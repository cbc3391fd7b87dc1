"""What a reconciliation found: how much was compared, and the first of the differences."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.chain import instant
from orchestrator.reconcile.differences import Difference, Found, UnderWay
from orchestrator.store.reconcile import Period

# More than anybody reads; the rest are counted, and recorded where that was asked for.
KEPT: Final = 1000


@dataclass(slots=True)
class ReconcileReport:
    """How much was compared, and what was found; the lists hold the first of each."""

    period: Period
    payments: int = 0
    intents: int = 0
    charges: int = 0
    others: int = 0
    recorded: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    under_way_count: int = 0
    under_way: list[UnderWay] = field(default_factory=list)

    @property
    def difference_count(self) -> int:
        """How many differences there are."""
        return self.counts.total()

    @property
    def agrees(self) -> bool:
        """Tell whether nothing differs."""
        return not self.counts

    def add(self, found: Found) -> None:
        """Count what was found, and keep it while there is little."""
        if isinstance(found, UnderWay):
            self.under_way_count += 1
            if len(self.under_way) < KEPT:
                self.under_way.append(found)
            return
        self.counts[found.kind.value] += 1
        if len(self.differences) < KEPT:
            self.differences.append(found)

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values."""
        return {
            "ok": self.agrees,
            "from": instant(self.period.since),
            "to": instant(self.period.until),
            "payments": self.payments,
            "intents": self.intents,
            "charges": self.charges,
            "of_others": self.others,
            "difference_count": self.difference_count,
            "by_kind": dict(sorted(self.counts.items())),
            "differences": [difference.as_json() for difference in self.differences],
            "under_way_count": self.under_way_count,
            "under_way": [one.as_json() for one in self.under_way],
            "recorded": self.recorded,
        }


__all__ = ["KEPT", "ReconcileReport"]
