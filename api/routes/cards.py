"""Single cards over HTTP: show, update, detach, and in and out of use by hand."""

from fastapi import Request, Response

from api.accept import accept, answer, caller_of
from api.authentication import ADMIN, PAYMENTS, authenticate
from api.customer_schemas import CardBody, ReasonBody
from api.openapi import operations
from api.paths import card_id_in, runtime_of
from api.routes.direct import router_of
from api.shapes import card_document

router = router_of("cards")


@router.get("/v1/cards/{card_id}", openapi_extra=operations.GET_CARD)
async def get_card(request: Request) -> Response:
    """Show a card, and why it is out of use, if it is."""
    identity = await authenticate(request, PAYMENTS)
    standing = await runtime_of(request).cards.get(card_id_in(request), identity.reads)
    return answer(card_document(standing))


@router.post("/v1/cards/{card_id}", openapi_extra=operations.UPDATE_CARD)
async def update_card(request: Request) -> Response:
    """Change a card's expiry date or billing details at Stripe."""
    caller, body = await accept(request, CardBody, "update_card", on="card_id")
    standing = await runtime_of(request).cards.update(card_id_in(request), body.request(), caller)
    return answer(card_document(standing), replayed=standing.replayed)


@router.delete("/v1/cards/{card_id}", openapi_extra=operations.DETACH_CARD)
async def detach_card(request: Request) -> Response:
    """Take a card away from its customer, for good; it can still be read."""
    identity = await authenticate(request, PAYMENTS)
    caller = caller_of(request, identity)
    standing = await runtime_of(request).cards.detach(card_id_in(request), caller)
    return answer(card_document(standing))


@router.post("/v1/cards/{card_id}/disable", openapi_extra=operations.BY_HAND)
async def disable_card(request: Request) -> Response:
    """Take a card out of use by hand, on record."""
    caller, body = await accept(
        request, ReasonBody, "disable_card", on="card_id", body_required=True, needed=ADMIN
    )
    desk = runtime_of(request).cards_by_hand
    standing = await desk.disable(card_id_in(request), body.reason, caller)
    return answer(card_document(standing), replayed=standing.replayed)


@router.post("/v1/cards/{card_id}/enable", openapi_extra=operations.BY_HAND)
async def enable_card(request: Request) -> Response:
    """Put a card back into use by hand, on record."""
    caller, body = await accept(
        request, ReasonBody, "enable_card", on="card_id", body_required=True, needed=ADMIN
    )
    desk = runtime_of(request).cards_by_hand
    standing = await desk.enable(card_id_in(request), body.reason, caller)
    return answer(card_document(standing), replayed=standing.replayed)
