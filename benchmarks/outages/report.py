"""The outages in full size, for the deep proof: each a line or two, and what speaks against it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from benchmarks.outages.kills import SEVERAL, Survived, survive_kills
from benchmarks.outages.run import FAIL_OVER, RESTARTS, Outage, Verdict, survive
from orchestrator.demo.checks import Check

FULL_SIZE: Final[tuple[tuple[Outage, int], ...]] = ((RESTARTS, 1000), (FAIL_OVER, 500))
KILLED_PAYMENTS: Final = 500
# How many outages there are in full size.
OUTAGES: Final = len(FULL_SIZE) + 1
# Any would do: this one is always the same payments.
SEED: Final = 7


def prove_outages(console: Console) -> int:
    """Let payments live through each outage; return how many outages were not survived."""
    failed = 0
    for outage, payments in FULL_SIZE:
        with console.status(f"{outage.name}: {payments:,} payments"):
            verdict = asyncio.run(survive(outage, payments, SEED))
        failed += bool(verdict.against)
        _tell(console, outage, verdict)
    with console.status(f"{SEVERAL.name}: {KILLED_PAYMENTS:,} payments"):
        survived = asyncio.run(survive_kills(SEVERAL, KILLED_PAYMENTS, SEED))
    _tell_kills(console, survived)
    return failed + bool(survived.against)


def _tell(console: Console, outage: Outage, verdict: Verdict) -> None:
    word = "FAILED" if verdict.against else "passed"
    resumed = ", ".join(f"{seconds:.2f}" for seconds in verdict.resumed)
    refused = sum(count for (status, _), count in verdict.told.answers.items() if status == 503)
    silent = sum(verdict.told.silences.values())
    waited = verdict.logged.get("database_waited_for", 0)
    console.print(
        f"{word}  {outage.name}: {verdict.payments:,} payments in {verdict.seconds:.0f} s, "
        f"{len(verdict.resumed)} times without the database; first request answered {resumed} s "
        "after it was back"
    )
    console.print(
        f"        {waited} reads and writes waited for it, {refused} requests were told 503, "
        f"{silent} got no answer, {verdict.told.faults} got a 500"
    )
    _tell_checks(console, verdict.checks, verdict.against)


def _tell_kills(console: Console, survived: Survived) -> None:
    word = "FAILED" if survived.against else "passed"
    killed = ", ".join(f"{kind} {times}" for kind, times in sorted(survived.kills.items()))
    console.print(
        f"{word}  {SEVERAL.name}: {survived.payments:,} payments in {survived.seconds:.0f} s, "
        f"killed with SIGKILL: {killed or 'nobody'}"
    )
    console.print(
        f"        {sum(survived.told.silences.values())} requests got no answer, "
        f"{survived.told.faults} got a 500; {survived.by_webhook} transitions by webhook"
    )
    _tell_checks(console, survived.checks, survived.against)


def _tell_checks(console: Console, checks: Sequence[Check], against: Sequence[str]) -> None:
    for check in checks:
        console.print(f"        {'yes' if check.holds else 'NO '}  {check.claim}")
    for problem in against:
        console.print(f"        {problem}")


__all__ = ["FULL_SIZE", "KILLED_PAYMENTS", "OUTAGES", "prove_outages"]
