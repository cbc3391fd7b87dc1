"""Whether this process lives, whether it can serve, and what it counts. All without a key."""

import asyncio
from functools import cache
from typing import Final

import orjson
import structlog
from fastapi import Request, Response

from api.errors import NotReady
from api.openapi import operations
from api.paths import runtime_of
from api.routes.direct import router_of
from orchestrator import metrics
from orchestrator.overview import Overviews
from orchestrator.store import migrate

router = router_of("health")
log = structlog.get_logger("orchestrator.api")

DATABASE_SECONDS: Final = 5

_newest_schema = cache(migrate.head)


@router.get("/healthz", openapi_extra=operations.HEALTH)
async def get_health(_request: Request) -> Response:
    """Say that the process answers; touches nothing."""
    return _status("ok")


@router.get("/readyz", openapi_extra=operations.READINESS)
async def get_readiness(request: Request) -> Response:
    """Say whether the database answers and has the schema this program needs."""
    if request.app.state.stop.begun:
        raise NotReady("The process is about to end.")
    runtime = runtime_of(request)
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            found = await runtime.database.read(migrate.current)
    except Exception as exc:
        # Whatever the driver raises, the answer is the same: not now.
        log.warning("database_unreachable", error=type(exc).__name__)
        raise NotReady("The database does not answer.") from exc
    if found != _newest_schema():
        raise NotReady("The database's schema is not this program's. Run: orchestrator migrate")
    worker: asyncio.Task[None] | None = request.app.state.worker_task
    if worker is not None and worker.done():
        raise NotReady("The worker in this process has stopped.")
    return _status("ready")


@router.get("/metrics", response_class=Response, openapi_extra=operations.METRICS)
async def get_metrics(request: Request) -> Response:
    """Show what this process counts, and what the database holds, to Prometheus."""
    overviews: Overviews = request.app.state.overviews
    await overviews.show()
    return Response(metrics.written(), headers={"Content-Type": metrics.MEDIA_TYPE})


def _status(status: str) -> Response:
    return Response(orjson.dumps({"status": status}), media_type="application/json")
