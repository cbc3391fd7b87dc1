"""The control calls about webhooks: who hears of events, and when each delivery is sent.

Holding deliveries and sending them by hand lets a test choose their order, double and drop them.
"""

from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.sandbox.accounts import Account, World, new_id
from orchestrator.sandbox.control_calls import ControlInvalid, Handler, answering, body_of, key_of
from orchestrator.sandbox.courier import Courier
from orchestrator.sandbox.errors import resource_missing
from orchestrator.sandbox.webhook_endpoints import register
from orchestrator.sandbox.webhooks import (
    ALL_EVENTS,
    ROLLED_SECRET_SECONDS,
    Delivery,
    Endpoint,
    State,
    endpoint_json,
    is_event_type,
)

TIMES: Final = range(1, 101)
SECRET_LENGTHS: Final = range(1, 256)
_ENDPOINTS: Final = "/_sandbox/webhook_endpoints"
_DELIVERIES: Final = "/_sandbox/deliveries"
# Under which heading a delivery is shown.
HEADINGS: Final = {
    State.held: "pending",
    State.pending: "pending",
    State.delivered: "delivered",
    State.failed: "failed",
    State.dropped: "dropped",
}


class DeliveryControl:
    """The routes under ``/_sandbox`` about webhooks."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    def routes(self) -> list[Route]:
        """List the routes."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", _ENDPOINTS, self.add_endpoint),
            ("GET", _ENDPOINTS, self.show_endpoints),
            ("DELETE", _ENDPOINTS + "/{id}", self.remove_endpoint),
            ("POST", _ENDPOINTS + "/{id}/roll_secret", self.roll_secret),
            ("POST", _DELIVERIES, self.choose_mode),
            ("GET", _DELIVERIES, self.show_deliveries),
            ("POST", _DELIVERIES + "/send", self.send),
            ("POST", _DELIVERIES + "/drop", self.drop),
        )
        return [
            Route(path, answering(handler), methods=[method]) for method, path, handler in table
        ]

    async def add_endpoint(self, request: Request) -> Response:
        """Let an address hear of an account's events: all types, unless some are listed."""
        key = key_of(request)
        if key is None:
            raise ControlInvalid("say whose events: send the account's API key as a bearer token")
        given = await _fields(request, {"url", "secret", "enabled_events"})
        url, secret = given.get("url"), given.get("secret")
        if not isinstance(url, str):
            raise ControlInvalid("url is the address to deliver to")
        events = _checked_events(given.get("enabled_events"))
        made = register(self._world.account(key), url, _checked_secret(secret), events)
        return JSONResponse(_with_secret(made))

    async def show_endpoints(self, request: Request) -> Response:
        """Show the endpoints with their secrets, oldest first."""
        accounts = self._world.chosen(key_of(request))
        return JSONResponse(
            {
                "webhook_endpoints": [
                    _with_secret(endpoint)
                    for account in accounts
                    for endpoint in account.outbox.endpoints.values()
                ]
            }
        )

    async def remove_endpoint(self, request: Request) -> Response:
        """Delete an endpoint; nothing more is sent to it."""
        account, endpoint = self._endpoint(request)
        account.outbox.remove(endpoint.id)
        return JSONResponse({"id": endpoint.id, "deleted": True})

    async def roll_secret(self, request: Request) -> Response:
        """Give an endpoint another secret; for a day the old one signs beside it."""
        account, endpoint = self._endpoint(request)
        given = await _fields(request, {"secret"})
        endpoint.rolled = (endpoint.secret, account.now() + ROLLED_SECRET_SECONDS)
        endpoint.secret = _checked_secret(given.get("secret")) or new_id("whsec_", 32)
        return JSONResponse(_with_secret(endpoint))

    async def choose_mode(self, request: Request) -> Response:
        """Hold deliveries from now on, or send what is held and all that comes."""
        given = await _fields(request, {"mode"})
        if given.get("mode") not in ("automatic", "held"):
            raise ControlInvalid("mode is automatic or held")
        for account in self._world.chosen(key_of(request)):
            account.outbox.automatic = given["mode"] == "automatic"
            for delivery in list(account.outbox.deliveries.values()):
                if delivery.state is State.held:
                    self._courier.take(account, delivery)
        return await self.show_deliveries(request)

    async def show_deliveries(self, request: Request) -> Response:
        """Show every delivery, oldest first, by how far it has come."""
        accounts = self._world.chosen(key_of(request))
        shown: dict[str, Any] = {heading: [] for heading in HEADINGS.values()}
        for account in accounts:
            for delivery in account.outbox.deliveries.values():
                shown[HEADINGS[delivery.state]].append(delivery.shown())
        modes = {"automatic" if each.outbox.automatic else "held" for each in accounts}
        shown["mode"] = modes.pop() if len(modes) == 1 else ("mixed" if modes else "automatic")
        return JSONResponse(shown)

    async def send(self, request: Request) -> Response:
        """Send an event now, again if it was sent, and tell what the receivers answered."""
        given = await _fields(request, {"event", "times", "endpoint"})
        times = given.get("times", 1)
        if type(times) is not int or times not in TIMES:
            raise ControlInvalid(f"times is an integer from {TIMES[0]} to {TIMES[-1]}")
        account, deliveries = self._deliveries(request, given)
        responses = []
        for _ in range(times):
            for delivery in deliveries:
                await self._courier.send(account, delivery)
                responses.append(
                    {
                        "endpoint": delivery.endpoint.id,
                        "status": delivery.response_status,
                        "error": delivery.error,
                    }
                )
        return JSONResponse(
            {
                "event": given["event"],
                "status": responses[-1]["status"],
                "responses": responses,
                "deliveries": [delivery.shown() for delivery in deliveries],
            }
        )

    async def drop(self, request: Request) -> Response:
        """Let an event never arrive, unless it has, or is sent by hand later."""
        given = await _fields(request, {"event", "endpoint"})
        _, deliveries = self._deliveries(request, given)
        for delivery in deliveries:
            if delivery.state in (State.held, State.pending):
                delivery.state = State.dropped
        return JSONResponse({"deliveries": [delivery.shown() for delivery in deliveries]})

    def _endpoint(self, request: Request) -> tuple[Account, Endpoint]:
        id = request.path_params["id"]
        for account in self._world.chosen(key_of(request)):
            if id in account.outbox.endpoints:
                return account, account.outbox.endpoints[id]
        raise resource_missing("webhook endpoint", id, param="id")

    def _deliveries(
        self, request: Request, given: dict[str, Any]
    ) -> tuple[Account, list[Delivery]]:
        id, endpoint = given.get("event"), given.get("endpoint")
        if not isinstance(id, str) or not isinstance(endpoint, str | None):
            raise ControlInvalid("event and endpoint are ids")
        for account in self._world.chosen(key_of(request)):
            if id in account.events:
                found = list(_addressed(account, account.events[id], endpoint))
                if not found:
                    raise ControlInvalid("the account has no such webhook endpoint to send to")
                return account, found
        raise resource_missing("event", id, param="event")


def _addressed(account: Account, event: dict[str, Any], endpoint: str | None) -> Iterator[Delivery]:
    """Find the deliveries of an event; an endpoint that was not meant to hear of it gets one."""
    outbox = account.outbox
    known = {delivery.endpoint.id: delivery for delivery in outbox.of_event(event["id"])}
    for each in list(outbox.endpoints.values()):
        wanted = each.wants(event["type"]) if endpoint is None else each.id == endpoint
        if each.id in known and endpoint in (None, each.id):
            yield known[each.id]
        elif wanted:
            made = outbox.address(event, each, new_id("del_1"))
            made.state = State.held
            yield made


async def _fields(request: Request, known: set[str]) -> dict[str, Any]:
    given = await body_of(request)
    unknown = set(given) - known
    if unknown:
        raise ControlInvalid(f"unknown fields: {', '.join(sorted(unknown))}")
    return given


def _checked_events(given: Any) -> list[str]:
    if given is None:
        return [ALL_EVENTS]
    if not isinstance(given, list) or not given or not all(map(is_event_type, given)):
        raise ControlInvalid("enabled_events is a list of types of events, or of *")
    return given


def _checked_secret(given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or len(given) not in SECRET_LENGTHS:
        raise ControlInvalid(f"secret is text of 1 to {SECRET_LENGTHS[-1]} characters")
    return given


def _with_secret(endpoint: Endpoint) -> dict[str, Any]:
    return {**endpoint_json(endpoint), "secret": endpoint.secret}
