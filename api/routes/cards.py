"""Single cards over HTTP: show, update, detach, and in and out of use by hand."""

import re
from typing import Final

from fastapi import Request, Response

from api.accept import accept, answer, caller_of
from api.authentication import ADMIN, PAYMENTS, authenticate
from api.openapi import operations
from api.routes.direct import router_of
from api.schemas import PAYMENT_METHOD_ID, CardBody, ReasonBody
from api.shapes import card_document
from orchestrator.errors import CardNotFound
from orchestrator.runtime import Runtime

router = router_of("cards")

# What is not shaped like a payment method's id is no card; Stripe need not be asked.
_ID: Final = re.compile(PAYMENT_METHOD_ID)


@router.get("/v1/cards/{card_id}", openapi_extra=operations.GET_CARD)
async def get_card(request: Request) -> Response:
    """Show a card, and why it is out of use, if it is."""
    identity = await authenticate(request, PAYMENTS)
    standing = await _runtime(request).cards.get(_card_id(request), identity.reads)
    return answer(card_document(standing))


@router.post("/v1/cards/{card_id}", openapi_extra=operations.UPDATE_CARD)
async def update_card(request: Request) -> Response:
    """Change a card's expiry date or billing details at Stripe."""
    caller, body = await accept(request, CardBody, "update_card", on="card_id")
    standing = await _runtime(request).cards.update(_card_id(request), body.request(), caller)
    return answer(card_document(standing), replayed=standing.replayed)


@router.delete("/v1/cards/{card_id}", openapi_extra=operations.DETACH_CARD)
async def detach_card(request: Request) -> Response:
    """Take a card away from its customer, for good; it can still be read."""
    identity = await authenticate(request, PAYMENTS)
    caller = caller_of(request, identity)
    standing = await _runtime(request).cards.detach(_card_id(request), caller)
    return answer(card_document(standing))


@router.post("/v1/cards/{card_id}/disable", openapi_extra=operations.BY_HAND)
async def disable_card(request: Request) -> Response:
    """Take a card out of use by hand, on record."""
    caller, body = await accept(
        request, ReasonBody, "disable_card", on="card_id", body_required=True, needed=ADMIN
    )
    desk = _runtime(request).cards_by_hand
    standing = await desk.disable(_card_id(request), body.reason, caller)
    return answer(card_document(standing), replayed=standing.replayed)


@router.post("/v1/cards/{card_id}/enable", openapi_extra=operations.BY_HAND)
async def enable_card(request: Request) -> Response:
    """Put a card back into use by hand, on record."""
    caller, body = await accept(
        request, ReasonBody, "enable_card", on="card_id", body_required=True, needed=ADMIN
    )
    desk = _runtime(request).cards_by_hand
    standing = await desk.enable(_card_id(request), body.reason, caller)
    return answer(card_document(standing), replayed=standing.replayed)


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _card_id(request: Request) -> str:
    card_id: str = request.path_params["card_id"]
    if _ID.fullmatch(card_id) is None:
        raise CardNotFound(card_id)
    return card_id
