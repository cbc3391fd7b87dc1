"""What people did, over HTTP: for auditors alone."""

from fastapi import Request, Response

from api.accept import answer
from api.authentication import AUDIT, authenticate
from api.openapi import operations
from api.paths import runtime_of
from api.queries import read_actions_query
from api.routes.direct import router_of
from api.shapes import action_document, list_document
from orchestrator.store.actions import read_actions

router = router_of("actions")


@router.get("/v1/actions", openapi_extra=operations.LIST_ACTIONS)
async def list_actions(request: Request) -> Response:
    """List what people did, newest first."""
    await authenticate(request, AUDIT)
    wanted = read_actions_query(request)
    page = await runtime_of(request).database.read(read_actions, wanted)
    shown = [action_document(row) for row in page.actions]
    return answer(list_document(shown, "/v1/actions", has_more=page.has_more))
