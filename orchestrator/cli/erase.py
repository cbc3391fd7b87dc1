"""``orchestrator erase``: what callers wrote about payments in their own words, for good."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import console, counted, print_json

if TYPE_CHECKING:
    from orchestrator.store.erasure import Erasure


def erase(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Handled payments: pay_…")],
    reason: Annotated[
        str, typer.Option(help="Why, for the record; about the request, not about the person.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was erased as JSON.")] = False,
) -> None:
    """Erase descriptions and metadata of handled payments and their refunds; every hash holds."""
    if not yes:
        typer.confirm(
            f"Erase description and metadata of {counted(len(ids), 'payment')} for good?",
            abort=True,
        )
    done = asyncio.run(_erase(ids, reason))
    if json:
        print_json([_document(id, erasure) for id, erasure in done.items()])
    else:
        for id, erasure in done.items():
            console().print(_sentence(id, erasure), markup=False, soft_wrap=True)
    left = [id for id, erasure in done.items() if erasure is None or not _is_whole(erasure)]
    if left:
        raise CommandFailed(f"Not erased, or not all of it: {', '.join(left)}.")


async def _erase(ids: list[str], reason: str) -> dict[str, "Erasure | None"]:
    from orchestrator.cli.storage import stored
    from orchestrator.operator import this_operator
    from orchestrator.settings import Settings
    from orchestrator.store.erasure import erase_words

    async with stored(Settings()) as database:
        return {
            id: await database.write(erase_words, id, this_operator(), reason, datetime.now(UTC))
            for id in dict.fromkeys(ids)
        }


def _is_whole(erasure: "Erasure") -> bool:
    return erasure.erased and erasure.refunds_under_way == 0


def _sentence(id: str, erasure: "Erasure | None") -> str:
    if erasure is None:
        return f"{id}: there is no such payment."
    if not erasure.erased:
        return f"{id}: it is {erasure.state}; only what is handled is erased."
    refunds = counted(erasure.refunds, "refund")
    if erasure.refunds_under_way:
        left = counted(erasure.refunds_under_way, "refund under way was", "refunds under way were")
        return f"{id}: erased, with {refunds}; {left} left: erase again later."
    return f"{id}: erased, with {refunds}."


def _document(id: str, erasure: "Erasure | None") -> dict[str, Any]:
    nothing = {"state": None, "erased": False, "refunds": 0, "refunds_under_way": 0}
    return {"payment": id, **(erasure._asdict() if erasure is not None else nothing)}
