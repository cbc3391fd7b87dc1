"""Payments over HTTP: reads the request, asks the use case, shows the payment or what was asked.

Decides nothing: what may happen to a payment is the use cases' business.
"""

from typing import Final

from fastapi import Request, Response

from api.accept import accept, answer
from api.authentication import ADMIN, PAYMENTS, READING, Identity, authenticate
from api.errors import ValidationFailed
from api.openapi import operations
from api.paths import payment_id_in, runtime_of
from api.queries import read_list_query
from api.routes.direct import router_of
from api.schemas import CancelBody, ConfirmBody, CreateBody, RefreshBody, ResolveBody
from api.shapes import (
    client_secret_document,
    explanation_document,
    list_document,
    payment_document,
    transition_document,
)
from orchestrator.errors import PaymentNotFound
from orchestrator.gateway.currencies import InvalidAmount
from orchestrator.payments_by_hand import Resolution
from orchestrator.requests import Result

router = router_of("payments")

NOT_STORED: Final = {"Cache-Control": "no-store"}


@router.post("/v1/payments", status_code=201, openapi_extra=operations.CREATE)
async def create_payment(request: Request) -> Response:
    """Create a payment."""
    caller, body = await accept(request, CreateBody, "create", key_required=True)
    try:
        result = await runtime_of(request).payments.create(body.request(), caller)
    except InvalidAmount as exc:
        raise ValidationFailed(exc.message, exc.param) from exc
    return _show_result(result, 201)


@router.post("/v1/payments/{payment_id}/confirm", openapi_extra=operations.CONFIRM)
async def confirm_payment(request: Request) -> Response:
    """Try a card; 202 while Stripe has not said what became of it."""
    caller, body = await accept(request, ConfirmBody, "confirm", on="payment_id", key_required=True)
    result = await runtime_of(request).payments.confirm(
        payment_id_in(request), body.request(), caller
    )
    return _show_result(result, 200 if result.settled else 202)


@router.post("/v1/payments/{payment_id}/cancel", openapi_extra=operations.CANCEL)
async def cancel_payment(request: Request) -> Response:
    """End a payment without success; 202 while Stripe cannot cancel it yet."""
    caller, body = await accept(request, CancelBody, "cancel", on="payment_id")
    result = await runtime_of(request).payments.cancel(payment_id_in(request), body.reason, caller)
    return _show_result(result, 200 if result.settled else 202)


@router.post("/v1/payments/{payment_id}/refresh", openapi_extra=operations.REFRESH)
async def refresh_payment(request: Request) -> Response:
    """Ask Stripe how a payment stands, and settle what it says."""
    caller, _ = await accept(request, RefreshBody, "refresh", on="payment_id")
    result = await runtime_of(request).payments.refresh(payment_id_in(request), caller)
    return _show_result(result, 200)


@router.post("/v1/payments/{payment_id}/resolve", openapi_extra=operations.RESOLVE)
async def resolve_payment(request: Request) -> Response:
    """Ask Stripe about a payment, or end it, by hand and on record; 202 while it cannot end yet."""
    caller, body = await accept(
        request, ResolveBody, "resolve", on="payment_id", body_required=True, needed=ADMIN
    )
    result = await runtime_of(request).payments_by_hand.resolve(
        payment_id_in(request), Resolution(body.resolution), body.reason, caller
    )
    return _show_result(result, 200 if result.settled else 202)


@router.get("/v1/payments", openapi_extra=operations.LIST)
async def list_payments(request: Request) -> Response:
    """List payments, newest first."""
    identity = await authenticate(request, READING)
    wanted = read_list_query(request, identity.reads)
    try:
        page = await runtime_of(request).payments.page(wanted)
    except PaymentNotFound as exc:
        param = "ending_before" if wanted.ending_before is not None else "starting_after"
        raise ValidationFailed(f"{param} names no payment that this key reads.", param) from exc
    may_act = _may_act(identity)
    shown = [payment_document(payment, may_act=may_act) for payment in page.payments]
    return answer(list_document(shown, "/v1/payments", has_more=page.has_more))


@router.get("/v1/payments/{payment_id}", openapi_extra=operations.GET)
async def get_payment(request: Request) -> Response:
    """Show a payment."""
    identity = await authenticate(request, READING)
    payment = await runtime_of(request).payments.get(payment_id_in(request), identity.reads)
    return answer(payment_document(payment, may_act=_may_act(identity)))


@router.get("/v1/payments/{payment_id}/history", openapi_extra=operations.HISTORY)
async def get_history(request: Request) -> Response:
    """Show every transition of a payment, oldest first."""
    identity = await authenticate(request, READING)
    payment_id = payment_id_in(request)
    rows = await runtime_of(request).payments.history(payment_id, identity.reads)
    shown = [transition_document(row) for row in rows]
    return answer(list_document(shown, f"/v1/payments/{payment_id}/history"))


@router.get("/v1/payments/{payment_id}/explain", openapi_extra=operations.EXPLAIN)
async def explain_payment(request: Request) -> Response:
    """Say why a payment is where it is, and what comes next."""
    identity = await authenticate(request, READING)
    explanation = await runtime_of(request).payments.explain(payment_id_in(request), identity.reads)
    return answer(explanation_document(explanation))


@router.get("/v1/payments/{payment_id}/client_secret", openapi_extra=operations.CLIENT_SECRET)
async def get_client_secret(request: Request) -> Response:
    """Show the client secret again, for a page that was reloaded: to the payment's owner alone."""
    identity = await authenticate(request, PAYMENTS)
    payment_id = payment_id_in(request)
    secret = await runtime_of(request).payments.client_secret(payment_id, identity.owner)
    return answer(client_secret_document(payment_id, secret), headers=NOT_STORED)


def _may_act(identity: Identity) -> bool:
    return bool(identity.grants & PAYMENTS)


def _show_result(result: Result, status: int) -> Response:
    document = payment_document(result.payment, result.client_secret)
    return answer(document, status, replayed=result.replayed)
