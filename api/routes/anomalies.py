"""The queue of anomalies over HTTP: auditors look, administrators assign and resolve."""

from fastapi import Request, Response

from api.accept import accept, answer
from api.anomaly_queries import read_anomalies_query
from api.anomaly_schemas import AssignBody, ResolutionBody
from api.authentication import ADMIN, AUDIT, authenticate
from api.event_queries import unknown_cursor
from api.openapi import operations
from api.paths import anomaly_id_in, runtime_of
from api.routes.direct import router_of
from api.shapes import anomaly_document, list_document
from orchestrator.errors import AnomalyNotFound

router = router_of("anomalies")


@router.get("/v1/anomalies", openapi_extra=operations.LIST_ANOMALIES)
async def list_anomalies(request: Request) -> Response:
    """List what nobody expected, newest first."""
    await authenticate(request, AUDIT)
    wanted = read_anomalies_query(request)
    try:
        page = await runtime_of(request).anomalies.list(wanted)
    except AnomalyNotFound as exc:
        raise unknown_cursor("anomaly", before=wanted.ending_before is not None) from exc
    shown = [anomaly_document(anomaly) for anomaly in page.anomalies]
    return answer(list_document(shown, "/v1/anomalies", has_more=page.has_more))


@router.get("/v1/anomalies/{anomaly_id}", openapi_extra=operations.GET_ANOMALY)
async def get_anomaly(request: Request) -> Response:
    """Show an anomaly with every step that was taken about it."""
    await authenticate(request, AUDIT)
    anomaly = await runtime_of(request).anomalies.get(anomaly_id_in(request))
    return answer(anomaly_document(anomaly))


@router.post("/v1/anomalies/{anomaly_id}/assign", openapi_extra=operations.ASSIGN_ANOMALY)
async def assign_anomaly(request: Request) -> Response:
    """Give an anomaly to somebody, on record."""
    caller, body = await accept(
        request, AssignBody, "assign_anomaly", on="anomaly_id", body_required=True, needed=ADMIN
    )
    desk = runtime_of(request).anomalies
    result = await desk.assign(anomaly_id_in(request), body.request(), caller)
    return answer(anomaly_document(result.anomaly), replayed=result.replayed)


@router.post("/v1/anomalies/{anomaly_id}/resolve", openapi_extra=operations.RESOLVE_ANOMALY)
async def resolve_anomaly(request: Request) -> Response:
    """Say how an anomaly ended and why, for good and on record."""
    caller, body = await accept(
        request,
        ResolutionBody,
        "resolve_anomaly",
        on="anomaly_id",
        body_required=True,
        needed=ADMIN,
    )
    desk = runtime_of(request).anomalies
    result = await desk.resolve(anomaly_id_in(request), body.request(), caller)
    return answer(anomaly_document(result.anomaly), replayed=result.replayed)
