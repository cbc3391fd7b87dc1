"""``orchestrator serve``: the API, with a worker beside it, over Stripe or over the stand-in.

Refuses to start where something must go wrong later: no key, no webhook secret, a live key with
the stand-in, a database that is not migrated, a port that is taken.
"""

from typing import Annotated

import typer

from orchestrator.cli.addresses import LOOPBACK, listen


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8000,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Use the Stripe stand-in, started beside the API.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run a worker in the same process.")
    ] = True,
) -> None:
    """Serve the API until stopped; Ctrl-C or SIGTERM finishes what is in flight first."""
    from orchestrator.cli.logs import write_logs
    from orchestrator.cli.server import (
        migrate_for_trying,
        refuse_incomplete,
        serve_until_stopped,
        stand_in,
    )
    from orchestrator.settings import Settings

    settings = Settings()
    write_logs(settings)
    with listen(host, port) as listener:
        if sandbox:
            with stand_in(settings, listener) as over_stand_in:
                migrate_for_trying(over_stand_in)
                typer.echo(f"The Stripe stand-in is at {over_stand_in.stripe_api_base}", err=True)
                serve_until_stopped(listener, over_stand_in, worker=worker, started=_announce)
        else:
            refuse_incomplete(settings)
            serve_until_stopped(listener, settings, worker=worker, started=_announce)


def _announce(url: str) -> None:
    typer.echo(f"Serving on {url} (stop with Ctrl-C)")
    typer.echo("A key to call it: orchestrator keys create --name shop --scope payments", err=True)
