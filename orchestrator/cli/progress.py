"""The bar that long commands draw while people watch."""

from typing import TYPE_CHECKING

from orchestrator.cli.output import console

if TYPE_CHECKING:
    from rich.progress import Progress


def progress_bar() -> "Progress":
    """Draw a bar on stderr, and nothing at all where stderr is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    screen = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
