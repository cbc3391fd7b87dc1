"""What the demonstration prints: a line for each payment, the totals and the verdict."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestrator.cli.output import money, styled, table
from orchestrator.demo.checks import Check, Finished, money_by_currency, totals
from orchestrator.demo.shop import Json

# For terminals that cannot write the signs.
_PLAIN: Final = {"→": "->", "✓": "ok", "✗": "NO", "·": "-", "…": "..."}


class Reporter:
    """Writes to one console, in signs that its encoding has."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._plain = not screen.encoding.lower().startswith("utf")

    def progress(self) -> Progress:
        """Open a progress bar; where there is no terminal it draws nothing."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._screen,
            transient=True,
            disable=not self._screen.is_terminal,
        )

    def say(self, text: str = "") -> None:
        """Write a line; long ones are left to the terminal to break."""
        if self._plain:
            for sign, plain in _PLAIN.items():
                text = text.replace(sign, plain)
        self._screen.print(text, soft_wrap=True)

    def heading(self, text: str) -> None:
        """Write a heading."""
        self.say()
        self.say(f"[bold]{escape(text)}[/]")

    def payment(self, one: Finished) -> None:
        """Write what one payment was about, and its path."""
        sign = "[red]✗[/]" if one.differences else "[green]✓[/]"
        what = (
            money(one.payment["amount"], one.payment["currency"]) if one.payment else "no payment"
        )
        self.say(f"{sign} {escape(one.scenario.title)}  [dim]{what} · {one.seconds:.1f} s[/]")
        if one.history:
            self.say(f"    {timeline(one.history)}")
        for difference in one.differences:
            self.say(f"    [red]{escape(difference)}[/]")

    def verdict(self, checks: Sequence[Check], seconds: float) -> None:
        """Write which claims hold, what speaks against the others, and the result."""
        self.heading("Verified")
        for check in checks:
            self.say(f"{'[green]✓[/]' if check.holds else '[red]✗[/]'} {escape(check.claim)}")
            for sentence in check.against:
                self.say(f"    [red]{escape(sentence)}[/]")
        self.say()
        if all(check.holds for check in checks):
            self.say(f"[bold green]All agree.[/] {seconds:.1f} s")
        else:
            self.say(f"[bold red]They do not agree.[/] {seconds:.1f} s")

    def totals(self, finished: Sequence[Finished], ledger: Json) -> None:
        """Write the totals."""
        self.heading("Totals")
        counted = table("", "")
        counted.show_header = False
        counted.columns[1].justify = "right"
        for name, number in totals(finished, ledger):
            counted.add_row(name, number)
        for currency, amount in money_by_currency(ledger).items():
            counted.add_row(f"charged in {currency.upper()}", money(amount, currency))
        self._screen.print(counted)


def timeline(history: Sequence[Json]) -> str:
    """Write a history as one line: its states, and what led to those that are not plain."""
    return " → ".join(_step(row) for row in history)


def _step(row: Json) -> str:
    because = [row["decline_code"] or row["code"]]
    # A reason is a word of the program's, or a sentence that says no more than the code.
    if row["reason"] and " " not in row["reason"]:
        because.append(row["reason"])
    if row["actor"]["kind"] == "worker":
        because.append("by the worker")
    elif row["stripe_event_id"]:
        because.append("told by a webhook")
    shown = ", ".join(dict.fromkeys(part for part in because if part))
    return styled(row["target"]) + (f" ({escape(shown)})" if shown else "")
