"""Customers over HTTP, and the cards they keep."""

from fastapi import Request, Response

from api.accept import accept, answer
from api.authentication import PAYMENTS, authenticate
from api.customer_schemas import AttachBody, CustomerBody
from api.openapi import operations
from api.paths import customer_id_in, runtime_of
from api.queries import CARDS_PARAMETERS, read_query
from api.routes.direct import router_of
from api.shapes import card_document, customer_document, list_document

router = router_of("customers")


@router.post("/v1/customers", status_code=201, openapi_extra=operations.CREATE_CUSTOMER)
async def create_customer(request: Request) -> Response:
    """Create a customer at Stripe."""
    caller, body = await accept(request, CustomerBody, "create_customer")
    result = await runtime_of(request).customers.create(body.request(), caller)
    return answer(customer_document(result.customer), 201, replayed=result.replayed)


@router.get("/v1/customers/{customer_id}", openapi_extra=operations.GET_CUSTOMER)
async def get_customer(request: Request) -> Response:
    """Show a customer as Stripe has it."""
    identity = await authenticate(request, PAYMENTS)
    customer = await runtime_of(request).customers.get(customer_id_in(request), identity.reads)
    return answer(customer_document(customer))


@router.post(
    "/v1/customers/{customer_id}/cards", status_code=201, openapi_extra=operations.ATTACH_CARD
)
async def attach_card(request: Request) -> Response:
    """Give a card to a customer."""
    caller, body = await accept(
        request, AttachBody, "attach_card", on="customer_id", body_required=True
    )
    customer_id = customer_id_in(request)
    standing = await runtime_of(request).cards.attach(customer_id, body.payment_method, caller)
    return answer(card_document(standing), 201, replayed=standing.replayed)


@router.get("/v1/customers/{customer_id}/cards", openapi_extra=operations.LIST_CARDS)
async def list_cards(request: Request) -> Response:
    """List a customer's cards, newest first: those that may be used, or all of them."""
    identity = await authenticate(request, PAYMENTS)
    included = read_query(request, CARDS_PARAMETERS).get("include")
    customer_id = customer_id_in(request)
    cards = await runtime_of(request).cards.of_customer(customer_id, identity.reads)
    shown = [
        card_document(standing)
        for standing in cards
        if included == "disabled" or standing.disablement is None
    ]
    return answer(list_document(shown, f"/v1/customers/{customer_id}/cards"))
