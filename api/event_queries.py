"""What may be asked of the feed, of endpoints and of deliveries, as tables of query parameters.

A stream takes the feed's filters and its cursor; it has no pages, and refuses to be asked for one.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request

from api.errors import ValidationFailed
from api.queries import (
    LONGEST_LIST,
    Parameter,
    read_limit,
    read_page_query,
    read_query,
    text_parameter,
)
from orchestrator.outgoing.endpoints import ENDPOINT_ID
from orchestrator.outgoing.event import EVENT_ID, EVENT_TYPES, EventKey, event_key
from orchestrator.store.feed import ListEvents
from orchestrator.store.lists import DEFAULT_LIMIT

LAST_EVENT_ID: Final = "Last-Event-ID"

_PAYMENT: Final = r"pay_[A-Za-z0-9]{1,64}"
_DELIVERY: Final = r"dlv_[A-Za-z0-9]{1,64}"


def _read_type(text: str) -> tuple[str, ...]:
    if text not in EVENT_TYPES:
        raise ValueError(f"must be one of {', '.join(EVENT_TYPES)}")
    return (text,)


def _read_event(text: str) -> EventKey:
    key = event_key(text)
    if key is None:
        raise ValueError("must be an event's id (evt_…)")
    return key


def _limit(of: str) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": LONGEST_LIST, "default": DEFAULT_LIMIT}
    return Parameter(read_limit, schema, f"How many {of} a page holds.")


def _event(purpose: str) -> Parameter:
    return Parameter(_read_event, {"type": "string", "pattern": f"^{EVENT_ID}$"}, purpose)


def _cursors(pattern: str, what: str, shape: str) -> dict[str, Parameter]:
    must_be = f"must be {what}'s id ({shape})"
    return {
        "starting_after": text_parameter(
            pattern, must_be, f"The page after (older than) {what}: the last id of the page before."
        ),
        "ending_before": text_parameter(
            pattern,
            must_be,
            f"The page before (newer than) {what}: the first id of the page after.",
        ),
    }


EVENTS_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "type": Parameter(
            _read_type, {"type": "string", "enum": list(EVENT_TYPES)}, "Events of this type."
        ),
        "payment": text_parameter(
            _PAYMENT, "must be a payment's id (pay_…)", "Events of this payment."
        ),
        "limit": _limit("events"),
        "starting_after": _event(
            "What came after this event: the last id that was read. A stream goes on from it, too."
        ),
        "ending_before": _event("What came before this event: the first id of a page."),
    }
)
STREAM_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {name: EVENTS_PARAMETERS[name] for name in ("type", "payment", "starting_after")}
)
ENDPOINTS_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {"limit": _limit("endpoints"), **_cursors(ENDPOINT_ID, "an endpoint", "we_…")}
)
DELIVERIES_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {"limit": _limit("deliveries"), **_cursors(_DELIVERY, "a delivery", "dlv_…")}
)


def read_events_query(request: Request, owner: str | None) -> ListEvents:
    """Read which events a request wants listed.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    return _wanted(read_page_query(request, EVENTS_PARAMETERS), owner)


def read_stream_query(request: Request, owner: str | None) -> ListEvents:
    """Read which events a stream shall tell, from which on; it tells so many at a time.

    A browser that comes back asks for what it asked at first, and says in a header what it has
    heard since: the header counts.

    Raises:
        ValidationFailed: naming the parameter or the header that cannot be heeded.
    """
    values = read_query(request, STREAM_PARAMETERS)
    heard = request.headers.get(LAST_EVENT_ID)
    if heard:
        values["starting_after"] = _read_header(heard, _read_event)
    return _wanted({**values, "limit": LONGEST_LIST}, owner)


def read_page(
    request: Request, parameters: Mapping[str, Parameter]
) -> tuple[int, str | None, str | None]:
    """Read how long a page is, and what it comes after or before.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    values = read_page_query(request, parameters)
    limit = values.get("limit", DEFAULT_LIMIT)
    return limit, values.get("starting_after"), values.get("ending_before")


def unknown_cursor(what: str, *, before: bool) -> ValidationFailed:
    """Return the refusal of a page that should adjoin what there is not."""
    param = "ending_before" if before else "starting_after"
    return ValidationFailed(f"{param} names no {what} that this key reads.", param)


def _wanted(values: dict[str, Any], owner: str | None) -> ListEvents:
    types = values.pop("type", ())
    return ListEvents(owner=owner, types=types, **values)


def _read_header(text: str, read: Callable[[str], EventKey]) -> EventKey:
    try:
        return read(text)
    except ValueError as exc:
        raise ValidationFailed(f"{LAST_EVENT_ID} {exc}.", LAST_EVENT_ID) from exc
