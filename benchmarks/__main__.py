"""``python -m benchmarks``: the floor and ours, alternating, and what a payment costs in each.

CPU is what the operating system counted for each server process over a round, divided by the
payments made in it. Rounds alternate, so that a busy machine is unfair to both.
"""

import argparse
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from rich.console import Console

from benchmarks.contenders import Contender, floor, ours
from benchmarks.processes import clean_environment, free_port, running
from benchmarks.processor_time import used_seconds, used_seconds_of_family
from benchmarks.results import Round, Traced, print_table, ratio_of, write_results
from benchmarks.stub import CALLS_PATH
from tests.postgres_server import ORDINARY, PostgresServer

RESULTS = Path(__file__).with_name("results.json")
TRACED_PAYMENTS = 50

console = Console(highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give the process's exit code."""
    given = _arguments(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _unwind)
    with ExitStack() as stack:
        bench = stack.enter_context(_bench())
        rounds = bench.measure(given.rounds, given.payments, given.in_flight)
        traced = bench.trace(given.in_flight)
    print_table(console, rounds, traced)
    write_results(RESULTS, rounds, traced, payments=given.payments, in_flight=given.in_flight)
    console.print(f"Written to benchmarks/{RESULTS.name}.")
    return _verdict(ratio_of(rounds).median, given.assert_ratio)


def _verdict(ratio: float, limit: float | None) -> int:
    if limit is None or ratio <= limit:
        return 0
    console.print(f"The ratio {ratio:.2f} is above {limit}.")
    return 1


class _Bench:
    """Everything that runs, and how it is loaded and watched."""

    def __init__(
        self, server: PostgresServer, stripe: str, contenders: tuple[Contender, ...]
    ) -> None:
        self._server = server
        self._stripe = stripe
        self._contenders = contenders
        status = server.directory / "data" / "postmaster.pid"
        self._postmaster = int(status.read_text().split()[0])

    def measure(self, rounds: int, payments: int, in_flight: int) -> list[Round]:
        """Warm both up, then load them in turn."""
        for contender in self._contenders:
            console.print(f"Warming up {contender.name} …")
            self._load(contender, max(200, payments // 2), in_flight)
        measured = []
        for number in range(1, rounds + 1):
            # Who goes first changes from round to round.
            order = self._contenders if number % 2 else self._contenders[::-1]
            for contender in order:
                result = self._round(contender, payments, in_flight)
                console.print(f"Round {number} of {rounds}: {result}")
                measured.append(result)
        return measured

    def trace(self, in_flight: int) -> dict[str, Traced]:
        """Count what a payment asks of the database and of Stripe."""
        # A vacuum of its own accord takes transaction numbers, too.
        self._server.execute("alter system set autovacuum = off")
        self._server.execute("select pg_reload_conf()")
        traced = {}
        for contender in self._contenders:
            before = self._writes(), self._stripe_calls()
            self._load(contender, TRACED_PAYMENTS, in_flight)
            after = self._writes(), self._stripe_calls()
            traced[contender.name] = Traced(
                commits=(after[0] - before[0]) / TRACED_PAYMENTS,
                stripe_calls=(after[1] - before[1]) / TRACED_PAYMENTS,
            )
        return traced

    def _round(self, contender: Contender, payments: int, in_flight: int) -> Round:
        before = used_seconds(contender.pid), used_seconds_of_family(self._postmaster)
        load = self._load(contender, payments, in_flight)
        after = used_seconds(contender.pid), used_seconds_of_family(self._postmaster)
        return Round(
            contender=contender.name,
            server_milliseconds=(after[0] - before[0]) * 1000 / payments,
            postgresql_milliseconds=(after[1] - before[1]) * 1000 / payments,
            payments_per_second=payments / load["seconds"],
            p50_milliseconds=load["p50_milliseconds"],
            p99_milliseconds=load["p99_milliseconds"],
        )

    def _load(self, contender: Contender, payments: int, in_flight: int) -> dict[str, float]:
        target = [contender.url, "--key", contender.key]
        amount = ["--payments", str(payments), "--in-flight", str(in_flight)]
        result = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", *target, *amount],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            check=True,
        )
        load: dict[str, float] = json.loads(result.stdout)
        return load

    def _writes(self) -> int:
        """Count the transactions that have written: only those take a number."""
        return int(self._server.execute("select pg_snapshot_xmax(pg_current_snapshot())"))

    def _stripe_calls(self) -> int:
        with closing(http.client.HTTPConnection(urlsplit(self._stripe).netloc)) as connection:
            connection.request("GET", CALLS_PATH)
            return sum(json.loads(connection.getresponse().read()).values())


@contextmanager
def _bench() -> Iterator[_Bench]:
    console.print("Starting PostgreSQL, the Stripe stub and both servers …")
    port = free_port()
    stripe = f"http://127.0.0.1:{port}"
    with (
        PostgresServer.start(ORDINARY) as server,
        running("benchmarks.stub", "--port", str(port), path=CALLS_PATH, port=port, environment={}),
        floor(server, stripe) as first,
        ours(server, stripe) as second,
    ):
        yield _Bench(server, stripe, (first, second))


def _unwind(number: int, frame: FrameType | None) -> None:
    """End every process on the way out, as Ctrl-C does."""
    raise SystemExit(128 + number)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--payments", type=int, default=600, help="a round")
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument(
        "--assert-ratio",
        type=float,
        metavar="LIMIT",
        help="fail if ours costs more times the floor",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
