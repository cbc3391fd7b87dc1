"""``orchestrator worker``: carries on what is due. Any number may run at once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.addresses import LOOPBACK
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import counted, print_json

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from orchestrator.stopping import Stop


# The counts that are of payments; the others are of the worker's other parts.
_OF = frozenset({"claimed", "settled", "left"})


def worker(
    once: Annotated[
        bool, typer.Option("--once", help="Carry on what is due now, and stop.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Show this worker's counters on this port."),
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="The address for --metrics-port.")] = LOOPBACK,
    json: Annotated[
        bool, typer.Option("--json", help="With --once: print the counts as JSON.")
    ] = False,
) -> None:
    """Recover unknown outcomes, carry out cancellations and expire payments, until stopped."""
    from orchestrator.cli.logs import write_logs
    from orchestrator.settings import Settings

    if json and not once:
        raise typer.BadParameter("--json goes with --once.")
    settings = Settings()
    write_logs(settings)
    if not once:
        with _counters_on(metrics_host, metrics_port):
            asyncio.run(_run(settings))
        return
    counts = asyncio.run(_run_once(settings))
    if json:
        print_json(counts)
    else:
        typer.echo(
            f"{counted(counts['claimed'], 'payment was', 'payments were')} due: "
            f"{counts['settled']} settled, "
            f"{counts['left']} to be looked at again."
        )
        others = (f"{name.replace('_', ' ')}: {n}" for name, n in counts.items() if name not in _OF)
        typer.echo("Besides, " + ", ".join(others) + ".")


@contextmanager
def _counters_on(host: str, port: int | None) -> Iterator[None]:
    """Let Prometheus read this process's counters from a thread, where a port is given.

    Raises:
        CommandFailed: nobody can listen there.
    """
    if port is None:
        yield
        return
    from prometheus_client import start_http_server

    from orchestrator.metrics import REGISTRY

    try:
        server, thread = start_http_server(port, host, REGISTRY)
    except OSError as exc:
        raise CommandFailed(
            f"Cannot listen on {host}:{port} ({exc.strerror}). Choose another --metrics-port."
        ) from exc
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def _run(settings: "Settings") -> None:
    from orchestrator.runtime import Runtime
    from orchestrator.stopping import Stop

    stop = Stop(settings.shutdown_timeout)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop_or_end, stop, number)
    runtime = await Runtime.open(settings)
    try:
        typer.echo(f"Worker {runtime.worker.name} at work (stop with Ctrl-C).", err=True)
        work = asyncio.create_task(runtime.worker.run(stop.event))
        told = asyncio.create_task(stop.event.wait())
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        await stop.wait_for(work)
        if not work.cancelled():
            work.result()
    finally:
        await runtime.close()


def _stop_or_end(stop: "Stop", number: int) -> None:
    """Finish what is claimed; told a second time, leave it to the lease."""
    if stop.begun:
        os._exit(128 + number)
    stop.begin()


async def _run_once(settings: "Settings") -> dict[str, int]:
    from orchestrator.runtime import Runtime

    runtime = await Runtime.open(settings)
    try:
        return await runtime.worker.run_once()
    finally:
        await runtime.close()
