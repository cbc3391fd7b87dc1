"""``python -m benchmarks.prove``: the rules against every order of events, and against sabotage.

Explores all situations within bounds and fails on the first that must not be; then breaks the
rules on purpose, one by one, and fails if that goes unnoticed. In the end the whole deployment is
run while PostgreSQL restarts, and dies, and while the processes themselves are killed. ``--quick``
is the tests' part, without the last.
"""

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from time import monotonic

from rich.console import Console

from benchmarks.model.broken import BROKEN, broken
from benchmarks.model.scenarios import DEEP, QUICK, SMALL
from benchmarks.model.search import Found, Search
from benchmarks.model.world import Bounds
from benchmarks.outages.report import OUTAGES, prove_outages

console = Console(highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proof; give the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to two attempts, about a minute")
    parser.add_argument(
        "--minutes", type=float, default=20.0, help="stop exploring after this long (20)"
    )
    given = parser.parse_args(arguments)
    scenarios = dict(QUICK) if given.quick else {**QUICK, **DEEP}
    # Millions of small tuples that all stay: collecting them would only cost time.
    gc.disable()
    try:
        failed = _explore(scenarios, given.minutes * 60) + _sabotage()
    finally:
        gc.enable()
    total = len(scenarios) + len(BROKEN)
    if not given.quick:
        failed += prove_outages(console)
        total += OUTAGES
    passed = total - failed
    console.print(f"prove: {passed} passed, {failed} failed")
    return 1 if failed else 0


def _explore(scenarios: Mapping[str, Bounds], seconds: float) -> int:
    """Explore each scenario, sharing out what time is left; return how many failed."""
    end, failed = monotonic() + seconds, 0
    for left, (name, bounds) in zip(range(len(scenarios), 0, -1), scenarios.items(), strict=True):
        share = max(1.0, (end - monotonic()) / left)
        with console.status(name) as status:

            def show(seen: int, waiting: int, name: str = name) -> None:
                status.update(f"{name}: {seen:,} situations seen, {waiting:,} waiting")

            found = Search(bounds, most_seconds=share, progress=show).run()
        gc.collect()
        failed += bool(found.violations)
        _tell(name, found)
    return failed


def _tell(name: str, found: Found) -> None:
    verdict = "FAILED" if found.violations else "passed"
    extent = "" if found.complete or found.violations else " (stopped by the time limit)"
    console.print(
        f"{verdict}  {name}: {found.situations:,} situations, {found.steps:,} steps, "
        f"{found.seconds:.1f} s{extent}"
    )
    for violation in found.violations:
        console.print(f"        {violation.problem}")
        for number, label in enumerate(violation.trace, start=1):
            console.print(f"        {number:3}. {label}")


def _sabotage() -> int:
    """Break the rules in each known way; return how often nobody noticed."""
    unnoticed = 0
    for name, copy in BROKEN.items():
        with broken(copy):
            found = Search(SMALL[copy.scenario]).run()
        caught = found.violations
        unnoticed += not caught
        verdict = f"caught by: {caught[0].problem}" if caught else "NOT NOTICED"
        console.print(f"{'passed' if caught else 'FAILED'}  broken on purpose, {name}: {verdict}")
    return unnoticed


if __name__ == "__main__":
    sys.exit(main())
