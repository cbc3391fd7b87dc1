"""The webhook endpoints of an account: who hears of its events, and the endpoints that say so."""

from typing import Any

from orchestrator.sandbox.accounts import Account, new_id
from orchestrator.sandbox.calls import Call, page
from orchestrator.sandbox.customers import merge_metadata
from orchestrator.sandbox.errors import refused, resource_missing
from orchestrator.sandbox.webhooks import (
    AddressRefused,
    Endpoint,
    checked_address,
    endpoint_json,
    is_event_type,
)


def register(account: Account, url: str, secret: str | None, enabled_events: list[str]) -> Endpoint:
    """Let an address hear of the account's events; without a secret it gets a new one.

    Raises:
        AddressRefused: the address is not on this machine.
    """
    made = Endpoint(
        id=new_id("we_1"),
        created=account.now(),
        url=checked_address(url),
        secret=secret or new_id("whsec_", 32),
        enabled_events=enabled_events,
    )
    return account.outbox.endpoints.setdefault(made.id, made)


def create(call: Call) -> dict[str, Any]:
    """Register an endpoint; this answer alone shows its secret.

    Raises:
        ApiError: the address is refused, or something listed is no type of event.
    """
    _check_events(call.params["enabled_events"])
    try:
        made = register(call.account, call.params["url"], None, call.params["enabled_events"])
    except AddressRefused as error:
        raise refused(str(error), code="url_invalid", param="url") from error
    _describe(made, call.params)
    return {**endpoint_json(made), "secret": made.secret}


def _check_events(types: list[str]) -> None:
    if not types or not all(map(is_event_type, types)):
        raise refused("Invalid enabled_events: list types of events, or *.", param="enabled_events")


def _describe(endpoint: Endpoint, params: dict[str, Any]) -> None:
    endpoint.description = params.get("description", endpoint.description) or None
    if "metadata" in params:
        endpoint.metadata = merge_metadata(endpoint.metadata, params["metadata"])


def _found(call: Call) -> Endpoint:
    found = call.account.outbox.endpoints.get(call.id)
    if found is None:
        raise resource_missing("webhook endpoint", call.id, param="webhook_endpoint")
    return found


def retrieve(call: Call) -> dict[str, Any]:
    """Show an endpoint."""
    return endpoint_json(_found(call))


def update(call: Call) -> dict[str, Any]:
    """Change where an endpoint is, what it hears of, or whether it hears anything.

    Raises:
        ApiError: there is none, its new address is refused, or what is listed is no event.
    """
    endpoint = _found(call)
    if "enabled_events" in call.params:
        _check_events(call.params["enabled_events"])
        endpoint.enabled_events = call.params["enabled_events"]
    if "url" in call.params:
        try:
            endpoint.url = checked_address(call.params["url"])
        except AddressRefused as error:
            raise refused(str(error), code="url_invalid", param="url") from error
    endpoint.enabled = not call.params.get("disabled", not endpoint.enabled)
    _describe(endpoint, call.params)
    return endpoint_json(endpoint)


def delete(call: Call) -> dict[str, Any]:
    """Delete an endpoint; nothing more is sent to it.

    Raises:
        ApiError: there is none.
    """
    call.account.outbox.remove(_found(call).id)
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def list_all(call: Call) -> dict[str, Any]:
    """List endpoints, newest first."""
    shown = [endpoint_json(each) for each in reversed(call.account.outbox.endpoints.values())]
    return page(call, shown, kind="webhook endpoint")
