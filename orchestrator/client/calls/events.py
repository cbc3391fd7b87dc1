"""Events, and the endpoints that are sent them."""

from collections.abc import Iterable
from functools import partial
from uuid import uuid4

from orchestrator.client.calls.call import (
    Call,
    _key,
    get,
    list_of,
    one_of,
    only_given,
    post,
    quoted,
)
from orchestrator.client.values import Event, Page, WebhookDelivery, WebhookEndpoint, read_page


def list_events(
    *,
    type: str | None = None,
    payment: str | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[Event]]:
    """Read one page of the feed, oldest first."""
    filters = {
        "type": type,
        "payment": payment,
        "limit": limit,
        "starting_after": starting_after,
        "ending_before": ending_before,
    }
    return list_of("/v1/events", Event, filters)


def get_event(event: str) -> Call[Event]:
    """Read an event, and its payment as it is now."""
    return get(f"/v1/events/{quoted(event)}", Event)


def replay_event(
    event: str, *, webhook_endpoint: str | None = None, idempotency_key: str | None = None
) -> Call[Page[WebhookDelivery]]:
    """Send an event once more, to one endpoint or to all it was for (an admin key's)."""
    key = str(uuid4()) if idempotency_key is None else _key(idempotency_key)
    return Call(
        "POST",
        f"/v1/events/{quoted(event)}/replay",
        lambda document, _: read_page(WebhookDelivery, document),
        only_given(webhook_endpoint=webhook_endpoint),
        idempotency_key=key,
    )


def create_webhook_endpoint(
    url: str,
    *,
    description: str | None = None,
    event_types: Iterable[str] | None = None,
    owner: str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookEndpoint]:
    """Register an address that events are sent to; its ``secret`` is told now (an admin key's)."""
    types = list(event_types) if event_types is not None else None
    body = only_given(url=url, description=description, event_types=types, owner=owner)
    return post("/v1/webhook-endpoints", WebhookEndpoint, body, idempotency_key)


def list_webhook_endpoints(
    *,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[WebhookEndpoint]]:
    """Read one page of endpoints, newest first."""
    filters = {"limit": limit, "starting_after": starting_after, "ending_before": ending_before}
    return list_of("/v1/webhook-endpoints", WebhookEndpoint, filters)


def get_webhook_endpoint(webhook_endpoint: str) -> Call[WebhookEndpoint]:
    """Read an endpoint."""
    return get(f"/v1/webhook-endpoints/{quoted(webhook_endpoint)}", WebhookEndpoint)


def delete_webhook_endpoint(webhook_endpoint: str) -> Call[WebhookEndpoint]:
    """Delete an endpoint; one that is not found has been deleted already."""
    path = f"/v1/webhook-endpoints/{quoted(webhook_endpoint)}"
    return Call("DELETE", path, partial(one_of, WebhookEndpoint))


def rotate_secret(
    webhook_endpoint: str,
    *,
    overlap_seconds: int | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookEndpoint]:
    """Give an endpoint a new ``secret``, told now; the one before signs a while longer."""
    path = f"/v1/webhook-endpoints/{quoted(webhook_endpoint)}/rotate-secret"
    body = only_given(overlap_seconds=overlap_seconds)
    return post(path, WebhookEndpoint, body, idempotency_key)


def enable_webhook_endpoint(
    webhook_endpoint: str, *, idempotency_key: str | None = None
) -> Call[WebhookEndpoint]:
    """Send a disabled endpoint events again."""
    path = f"/v1/webhook-endpoints/{quoted(webhook_endpoint)}/enable"
    return post(path, WebhookEndpoint, {}, idempotency_key)


def list_deliveries(
    webhook_endpoint: str,
    *,
    limit: int | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Call[Page[WebhookDelivery]]:
    """Read one page of what was sent to an endpoint, newest first."""
    filters = {"limit": limit, "starting_after": starting_after, "ending_before": ending_before}
    path = f"/v1/webhook-endpoints/{quoted(webhook_endpoint)}/deliveries"
    return list_of(path, WebhookDelivery, filters)
