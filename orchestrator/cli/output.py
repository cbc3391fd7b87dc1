"""How commands write: JSON for programs, tables and lines for people."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.chain import instant
from orchestrator.gateway.currencies import exponent

STATE_STYLES = {
    "created": "cyan",
    "confirming": "blue",
    "requires_new_card": "yellow",
    "card_disabled": "magenta",
    "succeeded": "green",
    "failed": "red",
}

# Wide enough that a line of a log file is not broken in two where no terminal says how wide it is.
_UNKNOWN_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """Open a console; into a file or a pipe it writes plain text."""
    opened = Console(stderr=stderr, highlight=False)
    if not opened.is_terminal:
        opened.width = _UNKNOWN_WIDTH
    return opened


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    typer.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def table(*headings: str) -> Table:
    """Begin a table without rules, which reads the same in a terminal and in a file."""
    begun = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        begun.add_column(heading)
    return begun


def money(amount: int, currency: str) -> str:
    """Write an amount in minor units as people read it: ``19.99 USD``."""
    places = exponent(currency)
    return f"{Decimal(amount).scaleb(-places):,.{places}f} {currency.upper()}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write how many there are of something: ``1 payment``, ``2 payments``, ``0 leaves``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def styled(state: str) -> str:
    """Write a state in its colour."""
    return f"[{STATE_STYLES.get(state, 'white')}]{state}[/]"


def clock_time(moment: datetime) -> str:
    """Write a moment as people read it, in UTC."""
    return instant(moment)[:19].replace("T", " ")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
