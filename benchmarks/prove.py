"""``python -m benchmarks.prove``: the rules against every order of events, and against sabotage.

Explores all situations within bounds and fails on the first that must not be; then breaks the
rules on purpose, one by one, and fails if that goes unnoticed: as many searches at a time as there
are processors. In the end the whole deployment is run while PostgreSQL restarts, and dies, and
while the processes themselves are killed. ``--quick`` is the tests' part, without the last.
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from time import time

from rich.console import Console

from benchmarks.model.broken import BROKEN, broken
from benchmarks.model.scenarios import DEEP, QUICK, SMALL
from benchmarks.model.search import Found, Search
from benchmarks.outages.report import OUTAGES, prove_outages
from orchestrator.audit.parallel import processors

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
    with ProcessPoolExecutor(processors(), get_context("spawn"), gc.disable) as pool:
        failed = _explore(pool, list(scenarios), time() + given.minutes * 60) + _sabotage(pool)
    total = len(scenarios) + len(BROKEN)
    if not given.quick:
        failed += prove_outages(console)
        total += OUTAGES
    passed = total - failed
    console.print(f"prove: {passed} passed, {failed} failed")
    return 1 if failed else 0


def _explore(pool: Executor, scenarios: Sequence[str], end: float) -> int:
    """Explore each scenario until all of it is seen, or it is late; return how many failed."""
    under_way = [pool.submit(_search, name, end) for name in scenarios]
    failed = 0
    with console.status("") as status:
        for name, search in zip(scenarios, under_way, strict=True):
            done = sum(each.done() for each in under_way)
            status.update(f"{done} of {len(scenarios)} explored; waiting for: {name}")
            found = search.result()
            failed += bool(found.violations)
            _tell(name, found)
    return failed


def _search(name: str, end: float) -> Found:
    """Explore one scenario, in a process that collects no garbage.

    Millions of small tuples all stay until the end: looking through them would only cost time.
    """
    found = Search({**QUICK, **DEEP}[name], most_seconds=max(1.0, end - time())).run()
    gc.collect()
    return found


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


def _sabotage(pool: Executor) -> int:
    """Break the rules in each known way; return how often nobody noticed."""
    unnoticed = 0
    for name, found in zip(BROKEN, pool.map(_search_broken, BROKEN), strict=True):
        caught = found.violations
        unnoticed += not caught
        verdict = f"caught by: {caught[0].problem}" if caught else "NOT NOTICED"
        console.print(f"{'passed' if caught else 'FAILED'}  broken on purpose, {name}: {verdict}")
    return unnoticed


def _search_broken(name: str) -> Found:
    """Explore with the rules broken in this way."""
    copy = BROKEN[name]
    with broken(copy):
        return Search(SMALL[copy.scenario]).run()


if __name__ == "__main__":
    sys.exit(main())
