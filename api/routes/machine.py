"""The machine, shown to whoever has a key: as data and as a picture."""

from functools import cache

import orjson
from fastapi import Request, Response

from api.authentication import ANY, authenticate
from api.openapi import operations
from api.routes.direct import router_of
from orchestrator.states import draw, machine_document

router = router_of("machine")


@router.get("/v1/machine", openapi_extra=operations.MACHINE)
async def get_machine(request: Request) -> Response:
    """Show states, events and transitions."""
    await authenticate(request, ANY)
    return Response(_machine(), media_type="application/json")


@router.get("/v1/machine/diagram.svg", response_class=Response, openapi_extra=operations.DIAGRAM)
async def get_diagram(request: Request) -> Response:
    """Draw the transition table."""
    await authenticate(request, ANY)
    return Response(_diagram(), media_type="image/svg+xml")


@cache
def _machine() -> bytes:
    return orjson.dumps(machine_document())


@cache
def _diagram() -> bytes:
    return draw().encode()
