"""Money after the approval, over HTTP: take what is held, give back, show what was asked back.

Decides nothing: whether there is anything to give back is the use cases' business.
"""

from fastapi import Request, Response

from api.accept import accept, answer
from api.authentication import READING, authenticate
from api.openapi import operations
from api.paths import payment_id_in, refund_id_in, runtime_of
from api.refund_shapes import dispute_document, refund_document
from api.routes.direct import router_of
from api.schemas import CaptureBody, RefundBody
from api.shapes import list_document
from orchestrator.documents import payment_document

router = router_of("refunds")
payments = router_of("payments")


@payments.post("/v1/payments/{payment_id}/capture", openapi_extra=operations.CAPTURE)
async def capture_payment(request: Request) -> Response:
    """Take the money that is held; 202 while Stripe has not said that it has."""
    caller, body = await accept(request, CaptureBody, "capture", on="payment_id")
    captures = runtime_of(request).captures
    result = await captures.capture(payment_id_in(request), body.amount_to_capture, caller)
    document = payment_document(result.payment)
    return answer(document, 200 if result.settled else 202, replayed=result.replayed)


@router.post(
    "/v1/payments/{payment_id}/refunds", status_code=201, openapi_extra=operations.CREATE_REFUND
)
async def create_refund(request: Request) -> Response:
    """Give money back; 202 while Stripe has not said what became of it."""
    caller, body = await accept(request, RefundBody, "refund", on="payment_id", key_required=True)
    result = await runtime_of(request).refunds.create(
        payment_id_in(request), body.request(), caller
    )
    document = refund_document(result.refund)
    return answer(document, 201 if result.refund.answered else 202, replayed=result.replayed)


@router.get("/v1/payments/{payment_id}/refunds", openapi_extra=operations.LIST_REFUNDS)
async def list_refunds(request: Request) -> Response:
    """Show every refund of a payment, newest first."""
    identity = await authenticate(request, READING)
    payment_id = payment_id_in(request)
    found = await runtime_of(request).refunds.of_payment(payment_id, identity.reads)
    shown = [refund_document(refund) for refund in found]
    return answer(list_document(shown, f"/v1/payments/{payment_id}/refunds"))


@router.get("/v1/payments/{payment_id}/disputes", openapi_extra=operations.LIST_DISPUTES)
async def list_disputes(request: Request) -> Response:
    """Show every dispute of a payment, newest first."""
    identity = await authenticate(request, READING)
    payment_id = payment_id_in(request)
    found = await runtime_of(request).refunds.disputes_of(payment_id, identity.reads)
    shown = [dispute_document(dispute) for dispute in found]
    return answer(list_document(shown, f"/v1/payments/{payment_id}/disputes"))


@router.get("/v1/refunds/{refund_id}", openapi_extra=operations.GET_REFUND)
async def get_refund(request: Request) -> Response:
    """Show a refund."""
    identity = await authenticate(request, READING)
    refund = await runtime_of(request).refunds.get(refund_id_in(request), identity.reads)
    return answer(refund_document(refund))


# One noun's address, another's file.
router.routes.extend(payments.routes)
