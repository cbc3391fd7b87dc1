"""``orchestrator cards``: cards in and out of use by hand, on record with who did it and why."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.output import print_json

if TYPE_CHECKING:
    from orchestrator.customers import CardStanding

app = typer.Typer(help="Take cards out of use, and put them back.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The card's id: pm_…")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("disable")
def disable(id: Id, reason: Reason, json: Json = False) -> None:
    """Take a card out of use for its customer's owner; for everybody where nobody owns it."""
    _show(asyncio.run(_change(id, reason, use=False)), json)


@app.command("enable")
def enable(id: Id, reason: Reason, json: Json = False) -> None:
    """Put a card back into use, whatever keeps it out."""
    _show(asyncio.run(_change(id, reason, use=True)), json)


async def _change(card_id: str, reason: str, *, use: bool) -> "CardStanding":
    from orchestrator.cli.by_hand import operating

    async with operating() as (runtime, caller):
        desk = runtime.cards_by_hand
        return await (desk.enable if use else desk.disable)(card_id, reason, caller)


def _show(standing: "CardStanding", json: bool) -> None:
    card, why = standing.card, standing.disablement
    if json:
        reason = why.reason if why else None
        print_json({"id": card.payment_method, "usable": why is None, "disabled_reason": reason})
    elif why is None:
        typer.echo(f"Card {card.payment_method} is in use.")
    else:
        typer.echo(f"Card {card.payment_method} is out of use: {why.reason}.")
