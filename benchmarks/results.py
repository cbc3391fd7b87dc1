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
        digits = 2 if self.median < 10 else 0
        low, high = f"{self.lowest:.{digits}f}", f"{self.highest:.{digits}f}"
        return f"{self.median:.{digits}f} [{low}-{high}]"


# What each figure is called in the table, in its order there.
FIGURES: Final = (
    ("server_milliseconds", "server CPU, ms"),
    ("postgresql_milliseconds", "PostgreSQL CPU, ms"),
    ("payments_per_second", "payments a second"),
    ("p50_milliseconds", "p50, ms"),
    ("p99_milliseconds", "p99, ms"),
)


def spreads(rounds: Sequence[Round], contender: str) -> dict[str, Spread]:
    """Return each figure of a contender over its rounds."""
    mine = [one for one in rounds if one.contender == contender]
    return {name: _spread([getattr(one, name) for one in mine]) for name, _ in FIGURES}


def ratio_of(rounds: Sequence[Round]) -> float:
    """Return how many times the floor's CPU ours takes, median against median."""
    ours, floor = (spreads(rounds, name)["server_milliseconds"] for name in ("ours", "floor"))
    return ours.median / floor.median


def print_table(console: Console, rounds: Sequence[Round], traced: Mapping[str, Traced]) -> None:
    """Print medians with their extremes, and the ratio."""
    table = Table("", title="A payment: create and confirm with a known card")
    for _, heading in FIGURES:
        table.add_column(heading, justify="right")
    table.add_column("commits", justify="right")
    table.add_column("Stripe calls", justify="right")
    for name, counts in traced.items():
        figures = [str(spread) for spread in spreads(rounds, name).values()]
        table.add_row(name, *figures, f"{counts.commits:.2f}", f"{counts.stripe_calls:.2f}")
    console.print(table)
    console.print(f"CPU of ours to the floor's: {ratio_of(rounds):.2f}")


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
        "ratio": round(ratio_of(rounds), 3),
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
