"""``orchestrator audit actions``: what people did, newest first."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.output import clock_time, console, print_json, table

if TYPE_CHECKING:
    from orchestrator.store.actions import ActionPage


def actions(
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="How many to show at most, the newest first.")
    ] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON, whole.")] = False,
) -> None:
    """List what people did: keys, rules, cards, payments resolved, sign-ins, exports."""
    from orchestrator.documents import action_document

    page = asyncio.run(_actions(limit))
    if json:
        print_json([action_document(row) for row in page.actions])
    else:
        _show_actions(page)
    if page.has_more:
        typer.echo(f"There are more than {limit}; --limit takes up to 1000.", err=True)


async def _actions(limit: int) -> "ActionPage":
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.actions import ListActions, read_actions

    async with stored(Settings()) as database:
        return await database.read(read_actions, ListActions(limit=limit))


def _show_actions(page: "ActionPage") -> None:
    from rich.markup import escape

    listed = table("#", "at (UTC)", "action", "of", "by", "reason")
    for row in page.actions:
        listed.add_row(
            str(row["number"]),
            clock_time(row["occurred_at"]),
            row["action"],
            escape(f"{row['subject_kind']}:{row['subject_id']}"),
            escape(":".join(part for part in (row["actor_kind"], row["actor_id"]) if part)),
            escape(row["reason"] or ""),
        )
    console().print(listed if page.actions else "Nobody has done anything yet.")
