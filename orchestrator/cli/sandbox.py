"""``orchestrator sandbox``: the Stripe stand-in alone."""

import sys
from typing import Annotated

import typer

from orchestrator.cli.addresses import LOOPBACK, is_free
from orchestrator.cli.failures import CommandFailed


def sandbox(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port on loopback; 0 takes a free one.")
    ] = 12111,
) -> None:
    """Run the Stripe stand-in alone, on loopback, until stopped; it prints its address."""
    from orchestrator.sandbox.__main__ import main

    if not is_free(LOOPBACK, port):
        raise CommandFailed(
            f"Port {port} on {LOOPBACK} is in use. Choose another, or a free one: --port 0"
        )
    sys.argv = ["orchestrator sandbox", "--port", str(port)]
    main()
