"""Payments of every kind outlive a PostgreSQL that restarts, or dies and is followed by another.

The full sizes are part of ``make prove``.
"""

from __future__ import annotations

import pytest

from benchmarks.outages.report import FULL_SIZE, KILLED_PAYMENTS, OUTAGES
from benchmarks.outages.run import FAIL_OVER, RESTARTS, Outage, survive

PAYMENTS = 40


@pytest.mark.parametrize(
    "outage",
    [pytest.param(each, marks=pytest.mark.thorough) for each in (RESTARTS, FAIL_OVER)],
    ids=lambda outage: outage.name,
)
async def test_outage_is_survived(outage: Outage) -> None:
    """All payments end as they must, nothing acknowledged is lost, and nobody is told a 500."""
    verdict = await survive(outage, PAYMENTS, seed=11)

    assert verdict.against == []
    assert len(verdict.told.payments) == PAYMENTS
    assert len(verdict.resumed) == len(outage.events)
    # Otherwise nobody would have met the outage.
    assert verdict.logged.get("database_waited_for", 0) > 0


def test_full_sizes() -> None:
    """The deep proof takes a thousand payments through restarts, half as many elsewhere."""
    assert [(outage, payments) for outage, payments in FULL_SIZE] == [
        (RESTARTS, 1000),
        (FAIL_OVER, 500),
    ]
    assert (KILLED_PAYMENTS, OUTAGES) == (500, 3)
