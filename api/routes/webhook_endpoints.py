"""Whom events are sent to, over HTTP: an administrator registers, rotates, enables and deletes.

Decides nothing. A secret is shown by the request that made it, and by no other.
"""

from typing import Final

from fastapi import Request, Response

from api.accept import accept, answer, caller_of
from api.authentication import ADMIN, authenticate
from api.endpoint_schemas import EnableBody, EndpointBody, ReplayBody, RotateBody
from api.event_queries import (
    DELIVERIES_PARAMETERS,
    ENDPOINTS_PARAMETERS,
    read_page,
    unknown_cursor,
)
from api.event_shapes import delivery_document, endpoint_document, secret_document
from api.openapi import operations
from api.paths import endpoint_id_in, event_id_in, runtime_of
from api.routes.direct import router_of
from api.shapes import list_document
from orchestrator.errors import EndpointNotFound

router = router_of("webhook_endpoints")
events = router_of("events")

NOT_STORED: Final = {"Cache-Control": "no-store"}


@router.post("/v1/webhook-endpoints", status_code=201, openapi_extra=operations.CREATE_ENDPOINT)
async def create_webhook_endpoint(request: Request) -> Response:
    """Register an address that events are sent to; its secret is told now and never again."""
    caller, body = await accept(
        request, EndpointBody, "create_webhook_endpoint", body_required=True, needed=ADMIN
    )
    result = await runtime_of(request).endpoints.create(body.request(), caller)
    return answer(secret_document(result), 201, replayed=result.replayed, headers=NOT_STORED)


@router.get("/v1/webhook-endpoints", openapi_extra=operations.LIST_ENDPOINTS)
async def list_webhook_endpoints(request: Request) -> Response:
    """List the endpoints, newest first."""
    await authenticate(request, ADMIN)
    limit, after, before = read_page(request, ENDPOINTS_PARAMETERS)
    try:
        page = await runtime_of(request).endpoints.page(limit, after, before)
    except EndpointNotFound as exc:
        raise unknown_cursor("endpoint", before=before is not None) from exc
    shown = [endpoint_document(row) for row in page.endpoints]
    return answer(list_document(shown, "/v1/webhook-endpoints", has_more=page.has_more))


@router.get("/v1/webhook-endpoints/{webhook_endpoint_id}", openapi_extra=operations.GET_ENDPOINT)
async def get_webhook_endpoint(request: Request) -> Response:
    """Show an endpoint: what it is sent, whether it is in use, and how it has been doing."""
    await authenticate(request, ADMIN)
    row = await runtime_of(request).endpoints.get(endpoint_id_in(request))
    return answer(endpoint_document(row))


@router.delete(
    "/v1/webhook-endpoints/{webhook_endpoint_id}", openapi_extra=operations.DELETE_ENDPOINT
)
async def delete_webhook_endpoint(request: Request) -> Response:
    """Delete an endpoint: its secrets are erased, and what was on the way to it ends."""
    identity = await authenticate(request, ADMIN)
    endpoint_id, caller = endpoint_id_in(request), caller_of(request, identity)
    row = await runtime_of(request).endpoints.delete(endpoint_id, caller)
    gone = {"state": "deleted", "disabled_reason": None, "previous_secret_until": None}
    return answer(endpoint_document(row | gone))


@router.post(
    "/v1/webhook-endpoints/{webhook_endpoint_id}/rotate-secret",
    openapi_extra=operations.ROTATE_SECRET,
)
async def rotate_secret(request: Request) -> Response:
    """Give an endpoint a new secret, told now and never again; the one before signs a while."""
    caller, body = await accept(
        request, RotateBody, "rotate_secret", on="webhook_endpoint_id", needed=ADMIN
    )
    endpoints = runtime_of(request).endpoints
    result = await endpoints.rotate(endpoint_id_in(request), body.seconds, caller)
    return answer(secret_document(result), replayed=result.replayed, headers=NOT_STORED)


@router.post(
    "/v1/webhook-endpoints/{webhook_endpoint_id}/enable", openapi_extra=operations.ENABLE_ENDPOINT
)
async def enable_webhook_endpoint(request: Request) -> Response:
    """Send a disabled endpoint events again, from now on."""
    caller, _ = await accept(
        request, EnableBody, "enable_webhook_endpoint", on="webhook_endpoint_id", needed=ADMIN
    )
    result = await runtime_of(request).endpoints.enable(endpoint_id_in(request), caller)
    return answer(endpoint_document(result.endpoint), replayed=result.replayed)


@router.get(
    "/v1/webhook-endpoints/{webhook_endpoint_id}/deliveries",
    openapi_extra=operations.LIST_DELIVERIES,
)
async def list_deliveries(request: Request) -> Response:
    """List what was sent to an endpoint and what became of it, newest first."""
    await authenticate(request, ADMIN)
    endpoint_id = endpoint_id_in(request)
    limit, after, before = read_page(request, DELIVERIES_PARAMETERS)
    page = await runtime_of(request).endpoints.deliveries(endpoint_id, limit, after, before)
    if page is None:
        raise unknown_cursor("delivery of this endpoint", before=before is not None)
    shown = [delivery_document(row) for row in page.deliveries]
    url = f"/v1/webhook-endpoints/{endpoint_id}/deliveries"
    return answer(list_document(shown, url, has_more=page.has_more))


@events.post("/v1/events/{event_id}/replay", openapi_extra=operations.REPLAY_EVENT)
async def replay_event(request: Request) -> Response:
    """Send an event once more, under the same id: to one endpoint, or to all it was for."""
    caller, body = await accept(request, ReplayBody, "replay_event", on="event_id", needed=ADMIN)
    event_id = event_id_in(request)
    result = await runtime_of(request).endpoints.replay(event_id, body.webhook_endpoint, caller)
    shown = [delivery_document(row) for row in result.deliveries]
    document = list_document(shown, f"/v1/events/{event_id}/replay")
    return answer(document, replayed=result.replayed)


# One noun's address, another's file.
router.routes.extend(events.routes)
