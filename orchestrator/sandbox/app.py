"""The ASGI program: routes, headers, and connections that are dropped for real."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from orchestrator.sandbox import errors
from orchestrator.sandbox.accounts import World, new_id
from orchestrator.sandbox.challenges import Challenges
from orchestrator.sandbox.control import Control
from orchestrator.sandbox.courier import Courier
from orchestrator.sandbox.cross_origin import CrossOrigin
from orchestrator.sandbox.delivery_control import DeliveryControl
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.idempotency import Answer
from orchestrator.sandbox.later_control import LaterControl
from orchestrator.sandbox.objects import API_VERSION
from orchestrator.sandbox.operations import OPERATIONS, Operation
from orchestrator.sandbox.pipeline import (
    ApiRequest,
    Dropped,
    OnCall,
    Pipeline,
    Truncated,
    answer_of,
)

_SERVER_SEND = "orchestrator.sandbox.server_send"


class _Application(Starlette):
    """Starlette that keeps the server's own ``send``, the only way to its connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_SERVER_SEND] = send
        await super().__call__(scope, receive, send)


class _DroppedConnection(Response):
    """Closes the connection without a byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn hands out bound methods of the object that holds the transport; ASGI itself has
        # no word for closing a connection.
        server = getattr(scope[_SERVER_SEND], "__self__", None)
        transport = getattr(server, "transport", None)
        if transport is None:
            raise ConnectionResetError("dropped by a fault rule")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class _TruncatedResponse(Response):
    """Sends half of its body and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        server = getattr(scope[_SERVER_SEND], "__self__", None)
        transport = getattr(server, "transport", None)
        if transport is None:
            raise ConnectionResetError("truncated by a fault rule")
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def create_app(on_call: OnCall | None = None) -> Starlette:
    """Build the stand-in, with an empty world of its own.

    ``on_call`` is awaited with the operation's name whenever a Stripe operation starts.
    """
    faults = Faults()
    courier = Courier(faults)
    world = World(courier.take)
    pipeline = Pipeline(world, faults, on_call)
    routes = [
        Route(operation.path, _endpoint(operation, pipeline), methods=[operation.method])
        for operation in OPERATIONS
    ]
    routes += Challenges(world).routes() + Control(world, faults, courier.forget).routes()
    routes += DeliveryControl(world, courier).routes() + LaterControl(world).routes()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await courier.close()

    return _Application(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(CrossOrigin)],
        exception_handlers={HTTPException: _unrecognized},
    )


def _endpoint(operation: Operation, pipeline: Pipeline) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        read = await _read(operation, request)
        try:
            answer = await pipeline.answer(read)
        except Dropped:
            return _DroppedConnection()
        if isinstance(answer, Truncated):
            return _response(answer.answer, read, _TruncatedResponse)
        return _response(answer, read, Response)

    return answer


async def _read(operation: Operation, request: Request) -> ApiRequest:
    body = await request.body()
    form = body.decode(errors="replace") if operation.method == "POST" else request.url.query
    return ApiRequest(
        operation=operation,
        id=request.path_params.get("id", ""),
        path=request.url.path,
        form=form,
        authorization=request.headers.get("authorization", ""),
        idempotency_key=request.headers.get("idempotency-key"),
        base_url=str(request.base_url).rstrip("/"),
        request_id=new_id("req_", 14),
        version=request.headers.get("stripe-version", API_VERSION),
    )


def _response(answer: Answer, request: ApiRequest, kind: type[Response]) -> Response:
    headers = {
        "Request-Id": request.request_id,
        "Stripe-Version": request.version,
        **answer.headers,
    }
    if request.idempotency_key is not None:
        headers["Idempotency-Key"] = request.idempotency_key
    return kind(answer.body, answer.status, headers, answer.content_type)


async def _unrecognized(request: Request, _: Exception) -> Response:
    error = errors.ApiError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({request.method}: {request.url.path}). If Stripe has it, the "
        "stand-in does not support it.",
    )
    answer = answer_of(error)
    headers = {"Request-Id": new_id("req_", 14)}
    return Response(answer.body, answer.status, headers, answer.content_type)
