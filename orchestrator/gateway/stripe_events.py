"""What the orchestrator reads of Stripe's own list of events, to catch up after a downtime."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.gateway.calls import StripeCalls
from orchestrator.gateway.views import EventsReply, ReplyKind

_EVENTS_PER_PAGE: Final = 100
# Stripe takes no more types than this in one call: https://docs.stripe.com/api/events/list
TYPES_PER_CALL: Final = 20


class StripeEvents:
    """Events over the same calls as the payments."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    async def list_events(self, types: Iterable[str], *, since: int, until: int) -> EventsReply:
        """Read all events of these types created from ``since`` up to before ``until`` (seconds).

        All of them or none.
        """
        parameters: dict[str, Any] = {
            "types": sorted(types),
            "created": {"gte": since, "lt": until},
            "limit": _EVENTS_PER_PAGE,
        }
        found: list[Mapping[str, Any]] = []
        while True:
            answer = await self._calls.get("/v1/events", parameters)
            page = answer.body if answer.succeeded and isinstance(answer.body, dict) else {}
            items = page.get("data")
            if not isinstance(items, list):
                kind = ReplyKind.unknown if answer.succeeded else answer.kind
                return EventsReply(kind, code=answer.code, http_status=answer.http_status)
            found += [item for item in items if isinstance(item, dict)]
            last = found[-1].get("id") if found else None
            if page.get("has_more") is not True or not items or not isinstance(last, str):
                return EventsReply(ReplyKind.answered, events=tuple(found))
            parameters["starting_after"] = last


__all__ = ["TYPES_PER_CALL", "StripeEvents"]
