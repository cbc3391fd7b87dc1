"""``orchestrator demo``: payments of every kind through the API, verified against the stand-in."""

from typing import Annotated

import typer


def demo(
    payments: Annotated[
        int,
        typer.Option(min=0, max=100_000, help="Random payments to drive after the scripted ones."),
    ] = 40,
    seed: Annotated[
        int, typer.Option(min=0, help="The seed of the random payments: the same seed, the same.")
    ] = 1,
) -> None:
    """Drive payments of every kind through the REST API and verify them; exit 0 if all agree."""
    from orchestrator.demo import run_demo

    if not run_demo(payments, seed):
        raise typer.Exit(1)
