"""What the rounds came to: medians with their spread, as a table and as a JSON file.

The file names versions and the date, and nothing of the machine but its number of processors.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

LIBRARIES: Final = ("asyncpg", "fastapi", "sqlalchemy", "stripe", "transitions", "uvicorn")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of one server cost; milliseconds of CPU are a payment's."""

    contender: str
    server_milliseconds: float
    postgresql_milliseconds: float
    payments_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float

    def __str__(self) -> str:
        return (
            f"{self.contender} {self.server_milliseconds:.2f} ms of CPU a payment, "
            f"{self.payments_per_second:.0f} payments a second"
        )


@dataclass(frozen=True, slots=True)
class Traced:
    """How often a payment commits a write, and how often it calls Stripe."""

    commits: float
    stripe_calls: float


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure's median over the rounds, and its extremes."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        digits = 2 if self.median < 10 else 1 if self.median < 100 else 0
        low, high = f"{self.lowest:.{digits}f}", f"{self.highest:.{digits}f}"
        return f"{self.median:.{digits}f} [{low}-{high}]"


CONTENDERS: Final = ("floor", "ours")
# What each figure is called in the table, in its order there.
FIGURES: Final = (
    ("server_milliseconds", "CPU of the server, ms a payment"),
    ("postgresql_milliseconds", "CPU of PostgreSQL, ms a payment"),
    ("payments_per_second", "payments a second"),
    ("p50_milliseconds", "half take up to, ms"),
    ("p99_milliseconds", "99 of 100 take up to, ms"),
)


def spreads(rounds: Sequence[Round], contender: str) -> dict[str, Spread]:
    """Return each figure of a contender over its rounds."""
    mine = [one for one in rounds if one.contender == contender]
    return {name: _spread([getattr(one, name) for one in mine]) for name, _ in FIGURES}


def ratio_of(rounds: Sequence[Round]) -> Spread:
    """Return how many times the floor's CPU ours takes, each round against the one beside it."""
    floor, ours = (
        [one.server_milliseconds for one in rounds if one.contender == name] for name in CONTENDERS
    )
    return _spread([mine / least for least, mine in zip(floor, ours, strict=True)])


def print_table(console: Console, rounds: Sequence[Round], traced: Mapping[str, Traced]) -> None:
    """Print medians with their extremes, and the ratio."""
    table = Table(
        "median \\[lowest-highest]", title="One payment: create, confirm with a known card"
    )
    for name in CONTENDERS:
        table.add_column(name, justify="right")
    found = [spreads(rounds, name) for name in CONTENDERS]
    for figure, title in FIGURES:
        table.add_row(title, *(str(one[figure]) for one in found))
    counts = [traced[name] for name in CONTENDERS]
    table.add_row("commits a payment", *(f"{one.commits:.2f}" for one in counts))
    table.add_row("Stripe calls a payment", *(f"{one.stripe_calls:.2f}" for one in counts))
    console.print(table)
    console.print(f"Ours takes {ratio_of(rounds)} times the CPU of the floor.")


def write_results(
    file: Path,
    rounds: Sequence[Round],
    traced: Mapping[str, Traced],
    *,
    payments: int,
    in_flight: int,
) -> None:
    """Write everything measured, with what it was measured on."""
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "versions": {name: version(name) for name in LIBRARIES},
        "payments_a_round": payments,
        "in_flight": in_flight,
        "ratio": _rounded(asdict(ratio_of(rounds))),
        "contenders": {
            name: {
                figure: _rounded(asdict(spread)) for figure, spread in spreads(rounds, name).items()
            }
            | asdict(counts)
            for name, counts in traced.items()
        },
        "rounds": [_rounded(asdict(one)) for one in rounds],
    }
    file.write_text(json.dumps(results, indent=2) + "\n")


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
