"""One call of one operation as the endpoints see it, and what they share: events and pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.accounts import Account, new_id
from orchestrator.sandbox.errors import RequestInvalid, resource_missing
from orchestrator.sandbox.objects import API_VERSION, list_json

DEFAULT_LIMIT = 10
LIMITS = range(1, 101)


@dataclass(frozen=True, slots=True)
class Call:
    """A call: whose, about which object, with which checked parameters.

    ``client`` marks a call made with a publishable key or from a browser: it needs the secret.
    """

    account: Account
    params: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    path: str = ""
    base_url: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    client: bool = False

    def emit(
        self, type: str, object: dict[str, Any], previous: dict[str, Any] | None = None
    ) -> None:
        """Record an event about ``object``, tied to this call.

        ``previous`` holds what an update changed, as it was before.
        """
        event = {
            "id": new_id("evt_1"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.account.now(),
            "data": {"object": object}
            | ({} if previous is None else {"previous_attributes": previous}),
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": type,
        }
        self.account.publish(event)


Endpoint = Callable[[Call], dict[str, Any]]


def page(call: Call, newest_first: Sequence[dict[str, Any]], *, kind: str) -> dict[str, Any]:
    """Cut the page that ``limit``, ``starting_after`` and ``ending_before`` ask for.

    Raises:
        RequestInvalid: the limit is out of range, or both ends are given.
        ApiError: the named end of the page does not exist.
    """
    limit = call.params.get("limit", DEFAULT_LIMIT)
    if limit not in LIMITS:
        raise RequestInvalid(
            f"Invalid limit: {limit} (must be between {LIMITS[0]} and {LIMITS[-1]})",
            code="parameter_invalid_integer",
            param="limit",
        )
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if after is not None and before is not None:
        raise RequestInvalid(
            "You cannot use both `starting_after` and `ending_before`.",
            code="parameters_exclusive",
        )
    if before is not None:
        older_than = newest_first[: _position(newest_first, before, kind, "ending_before")]
        items = older_than[-limit:]
        return list_json(call.path, items, has_more=len(older_than) > limit)
    start = 0 if after is None else _position(newest_first, after, kind, "starting_after") + 1
    rest = newest_first[start:]
    return list_json(call.path, rest[:limit], has_more=len(rest) > limit)


def _position(items: Sequence[dict[str, Any]], id: str, kind: str, param: str) -> int:
    for index, item in enumerate(items):
        if item["id"] == id:
            return index
    raise resource_missing(kind, id, param=param, status=400)


def created_within(range_: dict[str, int] | int | None, created: int) -> bool:
    """Tell whether ``created`` lies in a ``created[gte]=…`` range, or is that very second."""
    if range_ is None:
        return True
    if isinstance(range_, int):
        return created == range_
    tests = {
        "gt": lambda bound: created > bound,
        "gte": lambda bound: created >= bound,
        "lt": lambda bound: created < bound,
        "lte": lambda bound: created <= bound,
    }
    return all(tests[name](bound) for name, bound in range_.items())
