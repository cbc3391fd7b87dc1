"""What the orchestrator reads of Stripe's lists of a period: intents and charges, page by page.

A page is one call, so whoever walks a list holds one page of it. Every end of a call is a value; it
never retries and never decides.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from orchestrator.gateway.answers import Answer
from orchestrator.gateway.calls import StripeCalls, checked
from orchestrator.gateway.listed import (
    ChargesPage,
    IntentFound,
    IntentsPage,
    Span,
    parse_listed_charge,
    parse_listed_intent,
)
from orchestrator.gateway.views import ReplyKind

_PER_PAGE: Final = 100
_NOTHING: Final[Mapping[str, Any]] = {}
_UNREADABLE: Final = "The list cannot be read."

Item = TypeVar("Item")


class StripeListings:
    """Lists over the same calls as the payments."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    async def page_of_intents(self, span: Span, after: str | None) -> IntentsPage:
        """Read the page of intents that follows (is older than) ``after``.

        Source: https://docs.stripe.com/api/payment_intents/list
        """
        parameters = {**_page(span, after), "expand": ["data.latest_charge"]}
        answer = await self._calls.get("/v1/payment_intents", parameters)
        items, has_more = _items(answer, parse_listed_intent)
        if items is None:
            return IntentsPage(**_end(answer))
        return IntentsPage(ReplyKind.answered, items, has_more=has_more)

    async def page_of_charges(self, span: Span, after: str | None) -> ChargesPage:
        """Read the page of charges that follows (is older than) ``after``.

        Source: https://docs.stripe.com/api/charges/list
        """
        answer = await self._calls.get("/v1/charges", _page(span, after))
        items, has_more = _items(answer, parse_listed_charge)
        if items is None:
            return ChargesPage(**_end(answer))
        return ChargesPage(ReplyKind.answered, items, has_more=has_more)

    async def find_intent(self, intent_id: str) -> IntentFound:
        """Read one intent as a list would show it.

        Raises:
            ValueError: an id that cannot be one.
        """
        path = f"/v1/payment_intents/{checked(intent_id)}"
        answer = await self._calls.get(path, {"expand": ["latest_charge"]})
        item = parse_listed_intent(answer.body) if answer.succeeded else None
        if item is None:
            return IntentFound(**_end(answer))
        return IntentFound(ReplyKind.answered, item)


def _page(span: Span, after: str | None) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "created": {"gte": span.since, "lt": span.until},
        "limit": _PER_PAGE,
    }
    return parameters if after is None else {**parameters, "starting_after": after}


def _items(
    answer: Answer, parse: Callable[[object], Item | None]
) -> tuple[tuple[Item, ...] | None, bool]:
    """Return a page's items, or null if any of them cannot be read, and whether more follow."""
    page = _mapping(answer.body) if answer.succeeded else _NOTHING
    documents = page.get("data")
    if not isinstance(documents, list):
        return None, False
    items = tuple(item for document in documents if (item := parse(document)) is not None)
    if len(items) != len(documents):
        return None, False
    return items, page.get("has_more") is True and bool(items)


def _end(answer: Answer) -> dict[str, Any]:
    """Return why nothing is known: the answer's own error, or a 2xx that cannot be read."""
    return {
        "kind": ReplyKind.unknown if answer.succeeded else answer.kind,
        "code": answer.code,
        "message": _UNREADABLE if answer.succeeded else answer.message,
        "http_status": answer.http_status,
        "request_id": answer.request_id,
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


__all__ = ["StripeListings"]
