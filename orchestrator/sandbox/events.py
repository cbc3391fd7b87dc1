"""The events endpoints: what happened in the last thirty days, by type and by delivery."""

import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.sandbox.calls import Call, created_within, page
from orchestrator.sandbox.errors import RequestInvalid, resource_missing

KEPT_SECONDS: Final = 30 * 24 * 3600  # docs.stripe.com/api/events
TYPES_LIMIT: Final = 20  # docs.stripe.com/api/events/list


def retrieve(call: Call) -> dict[str, Any]:
    """Show an event."""
    found = call.account.events.get(call.id)
    if found is None or not _is_kept(call, found):
        raise resource_missing("event", call.id, param="id")
    return found


def list_all(call: Call) -> dict[str, Any]:
    """List events, newest first, of the types and the kind of delivery asked for.

    Raises:
        RequestInvalid: types are named in two ways, or too many.
    """
    wanted = _wanted(call.params)
    # A page may begin at any event that is kept, also one that the filter leaves out.
    ends = {call.params.get("starting_after"), call.params.get("ending_before")}
    delivered = call.params.get("delivery_success")
    shown = [
        event
        for event in reversed(call.account.events.values())
        if _is_kept(call, event)
        and (
            event["id"] in ends
            or (
                (wanted is None or wanted.fullmatch(event["type"]))
                and delivered in (None, event["pending_webhooks"] == 0)
                and created_within(call.params.get("created"), event["created"])
            )
        )
    ]
    return page(call, shown, kind="event")


def _is_kept(call: Call, event: Mapping[str, Any]) -> bool:
    return bool(call.account.now() - event["created"] < KEPT_SECONDS)


def _wanted(params: Mapping[str, Any]) -> re.Pattern[str] | None:
    if "type" in params and "types" in params:
        raise RequestInvalid(
            "You may only specify one of these parameters: type, types.",
            code="parameters_exclusive",
        )
    types = params.get("types") or ([params["type"]] if "type" in params else [])
    if len(types) > TYPES_LIMIT:
        raise RequestInvalid(f"You may name up to {TYPES_LIMIT} types.", param="types")
    # An asterisk stands for any part of a name, as in ``charge.*``.
    patterns = [re.escape(type).replace(r"\*", ".*") for type in types]
    return re.compile("|".join(patterns)) if patterns else None
