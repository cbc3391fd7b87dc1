"""Builds the application: routes, error answers, and the parts it opens and closes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import structlog
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from api.authentication import KeyRing
from api.boundary import Boundary
from api.console import Console, menu
from api.console import routes as console_routes
from api.errors import RequestRefused, answer_refusal, answer_routing
from api.openapi import describe
from api.routes import (
    actions,
    anomalies,
    cards,
    customers,
    events,
    health,
    machine,
    payments,
    refunds,
    rules,
    webhook_endpoints,
    webhooks,
)
from api.streams import Streams
from orchestrator import __version__, tracing
from orchestrator.errors import OrchestratorError
from orchestrator.overview import Overviews
from orchestrator.rates import RateLimiter, read_rate
from orchestrator.runtime import Runtime
from orchestrator.settings import SHUTDOWN_SECONDS, Settings
from orchestrator.stopping import Stop

log = structlog.get_logger("orchestrator.api")


def create_app(
    runtime: Runtime | None = None,
    *,
    settings: Settings | None = None,
    with_worker: bool = False,
) -> FastAPI:
    """Build the API over a runtime, or over one it opens from the settings and closes again.

    With a worker, recovery runs in this process as long as the application does.
    """
    app = FastAPI(
        title="Payment orchestrator",
        version=__version__,
        lifespan=_lifespan(runtime, settings, with_worker),
        docs_url=None,  # both pages would load scripts from somebody else's server
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_telemetry(),
    )
    app.state.worker_task = None
    app.state.stop = Stop(SHUTDOWN_SECONDS)
    if runtime is not None:
        _attach(app, runtime)
    for noun in (
        payments,
        refunds,
        customers,
        cards,
        rules,
        actions,
        anomalies,
        events,
        webhook_endpoints,
        machine,
        health,
        webhooks,
    ):
        # As routes of its own: an included router matches every request twice.
        app.router.routes.extend(noun.router.routes)
    app.router.routes.extend(console_routes())
    app.state.console_menu = menu()
    app.add_exception_handler(OrchestratorError, answer_refusal)
    app.add_exception_handler(RequestRefused, answer_refusal)
    app.add_exception_handler(HTTPException, answer_routing)
    app.add_middleware(Boundary)
    describe(app)
    return app


def _telemetry() -> TelemetryConfig:
    """Let FastAPI make a span of each request where spans are asked for, and nothing else.

    Its metrics would be a second set beside ours; its logs hold words of exceptions.
    """
    provider = tracing.begin()
    return {
        "tracing": provider is not None,
        "tracer_provider": provider,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }


def _attach(app: FastAPI, runtime: Runtime) -> None:
    app.state.runtime = runtime
    app.state.stop.seconds = runtime.settings.shutdown_timeout
    app.state.key_ring = KeyRing(runtime.database)
    app.state.overviews = Overviews(runtime.database)
    app.state.streams = Streams(runtime.feed, runtime.settings.event_streams, app.state.stop.event)
    app.state.console = Console.of(runtime)
    rate = runtime.settings.rate_limit
    app.state.rate_limiter = RateLimiter(read_rate(rate)) if rate is not None else None


def _lifespan(
    given: Runtime | None, settings: Settings | None, with_worker: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime = given or await Runtime.open(settings or Settings())
        _attach(app, runtime)
        try:
            async with _working(app, runtime) if with_worker else nullcontext():
                yield
        finally:
            app.state.overviews.close()
            if given is None:
                await runtime.close()

    return lifespan


@asynccontextmanager
async def _working(app: FastAPI, runtime: Runtime) -> AsyncIterator[None]:
    """Run the worker beside the block, and let it finish what it holds."""
    stop: Stop = app.state.stop
    task = asyncio.create_task(runtime.worker.run(stop.event))
    task.add_done_callback(_tell_failure)
    app.state.worker_task = task
    try:
        yield
    finally:
        stop.begin()
        await stop.wait_for(task)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Tell the log of a worker that broke; readiness says so as well, and the API goes on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("worker_failed", exc_info=error)
