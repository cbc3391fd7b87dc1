"""``python -m benchmarks.verify``: how long ``audit verify`` takes over very many payments.

Sealed once, on both databases, at a tenth of the payments and at all of them: memory that is flat
is the same at both. The command runs in processes of its own, as a person would run it; fails over
the limit.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.processes import clean_environment
from orchestrator.store import migrate
from tests.many_payments import store_many
from tests.postgres_server import ORDINARY, PostgresServer

LIMIT_SECONDS: Final = 60
PAYMENTS: Final = 100_000
# So much more memory at most for ten times the payments.
FLAT: Final = 1.2

console = Console(highlight=False)


class Measured(NamedTuple):
    """One run of the command; memory is that of its largest process."""

    database: str
    payments: int
    rows: int
    seconds: float
    megabytes: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, verify, print; fail where it took too long, or memory grew with the payments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    measured = []
    for how_many in (given.payments // 10, given.payments):
        for database in ("sqlite", "postgresql"):
            with _filled(database, how_many) as url:
                measured.append(_verify(database, url, how_many, given.processes))
    _show(measured, given.processes)
    return _judge(measured)


@contextmanager
def _filled(database: str, how_many: int) -> Iterator[str]:
    """Give the address of a migrated store with so many payments in it."""
    with _empty(database) as url:
        console.print(f"Storing {how_many:,} payments ({database}) …")
        migrate.upgrade(url)
        asyncio.run(store_many(url, how_many))
        with tempfile.TemporaryDirectory() as folder:
            key = str(Path(folder) / "seal.key")
            _command(url, key, "key", "create", key)
            _command(url, key, "seal")
        yield url


@contextmanager
def _empty(database: str) -> Iterator[str]:
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'verify.db'}"
        return
    with PostgresServer.start({**ORDINARY, "shared_buffers": "512MB"}) as server:
        server.create_database("verify")
        yield server.url("verify")


def _verify(database: str, url: str, how_many: int, processes: int) -> Measured:
    """Run the command in a process whose children's memory nobody else's is mixed with."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, megabytes, report = pool.submit(_run, url, processes).result()
    assert report["payments"] == how_many, report
    assert report["leaves"] == how_many, report
    return Measured(database, how_many, report["transitions"], seconds, megabytes)


def _run(url: str, processes: int) -> tuple[float, float, dict[str, Any]]:
    began = time.perf_counter()
    shown = _command(url, None, "verify", "--json", "--processes", str(processes))
    seconds = time.perf_counter() - began
    kibibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, kibibytes / 1024, json.loads(shown)


def _command(url: str, key: str | None, *words: str) -> bytes:
    """Run a command of ``orchestrator audit`` over the store; return what it printed."""
    environment = {**clean_environment(), "ORCHESTRATOR_DATABASE_URL": url}
    if key is not None:
        environment["ORCHESTRATOR_SEAL_KEY_FILE"] = key
    command = [sys.executable, "-m", "orchestrator", "audit", *words]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout


def _show(measured: list[Measured], processes: int) -> None:
    table = Table("database", "payments", "history rows", "seconds", "MB", box=None)
    for each in measured:
        table.add_row(
            each.database, f"{each.payments:,}", f"{each.rows:,}",
            f"{each.seconds:.1f}", f"{each.megabytes:.0f}",
        )  # fmt: skip
    console.print(table)
    console.print(f"With {processes} processes; MB are those of the largest.")


def _judge(measured: list[Measured]) -> int:
    small = {each.database: each for each in measured[:2]}
    bad = []
    for large in measured[2:]:
        if large.seconds > LIMIT_SECONDS:
            bad.append(f"{large.database} took more than {LIMIT_SECONDS} s.")
        if large.megabytes > FLAT * small[large.database].megabytes:
            bad.append(f"{large.database} needs more memory for more payments.")
    for each in bad:
        console.print(each)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
