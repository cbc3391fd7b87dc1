"""``orchestrator payments resolve``: what an operator may do about a payment, on record."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.output import console, print_json, styled
from orchestrator.cli.payments import payment_json

if TYPE_CHECKING:
    from orchestrator.requests import Result


class Wish(StrEnum):
    """What may be done about a payment by hand."""

    refresh = "refresh"
    cancel = "cancel"


def resolve(
    id: Annotated[str, typer.Argument(help="The payment's id: pay_…")],
    resolution: Annotated[
        Wish,
        typer.Option(
            help="refresh: ask Stripe and settle what it says. cancel: end the payment, unless "
            "Stripe says that it has succeeded."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")],
    json: Annotated[bool, typer.Option("--json", help="Print the payment as JSON.")] = False,
) -> None:
    """Do something about a payment that does not go on by itself; you are on record for it."""
    result = asyncio.run(_resolve(id, resolution, reason))
    if json:
        print_json(payment_json(result.payment))
        return
    screen = console()
    screen.print(f"[bold]{result.payment.id}[/]  {styled(result.payment.state)}", soft_wrap=True)
    if not result.settled:
        screen.print("Stripe cannot end it yet; workers go on trying.")


async def _resolve(payment_id: str, wish: Wish, reason: str) -> "Result":
    from orchestrator.cli.by_hand import operating
    from orchestrator.payments_by_hand import Resolution

    async with operating() as (runtime, caller):
        resolution = Resolution(wish.value)
        return await runtime.payments_by_hand.resolve(payment_id, resolution, reason, caller)
