"""Customers over HTTP, and the cards they keep."""

import re
from typing import Final

from fastapi import Request, Response

from api.accept import accept, answer
from api.authentication import PAYMENTS, authenticate
from api.openapi import operations
from api.queries import CARDS_PARAMETERS, read_query
from api.routes.direct import router_of
from api.schemas import CUSTOMER_ID, AttachBody, CustomerBody
from api.shapes import card_document, customer_document, list_document
from orchestrator.errors import CustomerNotFound
from orchestrator.runtime import Runtime

router = router_of("customers")

# What is not shaped like a customer's id is nobody's; Stripe need not be asked.
_ID: Final = re.compile(CUSTOMER_ID)


@router.post("/v1/customers", status_code=201, openapi_extra=operations.CREATE_CUSTOMER)
async def create_customer(request: Request) -> Response:
    """Create a customer at Stripe."""
    caller, body = await accept(request, CustomerBody, "create_customer")
    result = await _runtime(request).customers.create(body.request(), caller)
    return answer(customer_document(result.customer), 201, replayed=result.replayed)


@router.get("/v1/customers/{customer_id}", openapi_extra=operations.GET_CUSTOMER)
async def get_customer(request: Request) -> Response:
    """Show a customer as Stripe has it."""
    identity = await authenticate(request, PAYMENTS)
    customer = await _runtime(request).customers.get(_customer_id(request), identity.reads)
    return answer(customer_document(customer))


@router.post(
    "/v1/customers/{customer_id}/cards", status_code=201, openapi_extra=operations.ATTACH_CARD
)
async def attach_card(request: Request) -> Response:
    """Give a card to a customer."""
    caller, body = await accept(
        request, AttachBody, "attach_card", on="customer_id", body_required=True
    )
    customer_id = _customer_id(request)
    standing = await _runtime(request).cards.attach(customer_id, body.payment_method, caller)
    return answer(card_document(standing), 201, replayed=standing.replayed)


@router.get("/v1/customers/{customer_id}/cards", openapi_extra=operations.LIST_CARDS)
async def list_cards(request: Request) -> Response:
    """List a customer's cards, newest first: those that may be used, or all of them."""
    identity = await authenticate(request, PAYMENTS)
    included = read_query(request, CARDS_PARAMETERS).get("include")
    customer_id = _customer_id(request)
    cards = await _runtime(request).cards.of_customer(customer_id, identity.reads)
    shown = [
        card_document(standing)
        for standing in cards
        if included == "disabled" or standing.disablement is None
    ]
    return answer(list_document(shown, f"/v1/customers/{customer_id}/cards"))


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _customer_id(request: Request) -> str:
    customer_id: str = request.path_params["customer_id"]
    if _ID.fullmatch(customer_id) is None:
        raise CustomerNotFound(customer_id)
    return customer_id
