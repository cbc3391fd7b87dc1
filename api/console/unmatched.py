"""Stripe's events that belong to no payment so far, a page at a time."""

from typing import Final

from starlette.responses import Response

from api.console.asked import address, read_moment, read_query, read_text
from api.console.visit import Visit
from orchestrator.store.unmatched import EventPlace, UnmatchedPage, read_unmatched

UNMATCHED: Final = "/console/unmatched-events"


async def list_unmatched(visit: Visit) -> Response:
    """Show the events that nobody claims, newest first."""
    before = read_query(visit, {"before": _place}).get("before")
    page: UnmatchedPage = await visit.read(read_unmatched, before)
    older = f"{page.older.received_at.isoformat()}~{page.older.id}" if page.older else None
    return visit.render(
        "unmatched.html",
        rows=page.events,
        older=address(UNMATCHED, before=older) if older else None,
        first=UNMATCHED if before is not None else None,
    )


def _place(text: str) -> EventPlace:
    moment, _, id = text.partition("~")
    return EventPlace(read_moment(moment), read_text(id))
