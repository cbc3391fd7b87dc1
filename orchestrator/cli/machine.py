"""``orchestrator machine``: the transition table, in the format asked for."""

from enum import StrEnum
from typing import Annotated

import typer

from orchestrator.states import FORMATS, render

Format = StrEnum("Format", {name: name for name in FORMATS})  # type: ignore[misc]  # from the table


def machine(
    format: Annotated[
        Format, typer.Option(help="How to write the table.", show_default=True)
    ] = Format.table,  # type: ignore[attr-defined]  # made from FORMATS
) -> None:
    """Print the transition table: every event of every state, and where it leads."""
    typer.echo(render(format.value), nl=False)
