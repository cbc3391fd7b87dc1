"""The record of what people did, newest first, and whether what is shown is what was written."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.console.asked import address, read_number, read_query, read_text
from api.console.visit import Visit
from orchestrator.actions import ActionName, action_hash
from orchestrator.store.actions import (
    ActionHead,
    ActionPage,
    ListActions,
    read_action_head,
    read_actions,
)
from orchestrator.store.snapshots import snapshot

RECORD: Final = "/console/record"
PAGE: Final = 25
FILTERS: Final = ("action", "actor", "subject")


async def list_actions(visit: Visit) -> Response:
    """Show a page of the record."""
    asked = read_query(
        visit, {"action": _action, "actor": read_text, "subject": read_text, "before": read_number}
    )
    filters = {name: asked.get(name) for name in FILTERS}
    wanted = ListActions(**filters, limit=PAGE, starting_after=asked.get("before"))
    page, head = await visit.read(_read, wanted)
    older = page.actions[-1]["number"] if page.has_more else None
    return visit.render(
        "record.html",
        rows=page.actions,
        head=head,
        problems=problems_of(page, head, wanted),
        filters={name: value or "" for name, value in filters.items()},
        names=sorted(ActionName),
        first=address(RECORD, **filters) if "before" in asked else None,
        older=address(RECORD, **filters, before=older) if older is not None else None,
    )


def problems_of(page: ActionPage, head: ActionHead | None, wanted: ListActions) -> list[str]:
    """Say which rows of a page are not what was written, as far as the page itself shows."""
    found = [
        f"Action {row['number']} holds other than what was hashed when it was written."
        for row in page.actions
        if action_hash(row) != row["hash"]
    ]
    if head is None:
        return [*found, "Where the chain ends is not told any more."]
    if (wanted.action, wanted.actor, wanted.subject) != (None, None, None):
        return found
    # Without filters the rows adjoin each other, and the newest of all is where the chain ends.
    for newer, older in zip(page.actions, page.actions[1:], strict=False):
        if newer["number"] != older["number"] + 1 or newer["previous_hash"] != older["hash"]:
            found.append(f"Action {newer['number']} does not follow action {older['number']}.")
    last = (page.actions[0]["number"], page.actions[0]["hash"]) if page.actions else (0, head.hash)
    if wanted.starting_after is None and last != (head.number, head.hash):
        found.append(f"The chain ended with action {head.number}, and that is not the last here.")
    return found


def _action(text: str) -> str:
    return ActionName(text).value


def _read(connection: Connection, wanted: ListActions) -> Any:
    with snapshot(connection):
        return read_actions(connection, wanted), read_action_head(connection)
