"""Payments over HTTP: reads the request, asks the use case, shows the payment or what was asked.

Decides nothing: what may happen to a payment is the use cases' business.
"""

import re
from typing import Any, Final, TypeVar

import orjson
from fastapi import APIRouter, Request, Response

from api import openapi
from api.authentication import PAYMENTS, READING, Identity, authenticate
from api.bodies import read_document
from api.errors import ValidationFailed
from api.idempotency import read_idempotency_key, request_digest
from api.queries import read_list_query
from api.routes.direct import DirectRoute
from api.schemas import Body, CancelBody, ConfirmBody, CreateBody, RefreshBody
from api.shapes import (
    client_secret_document,
    explanation_document,
    list_document,
    payment_document,
    transition_document,
)
from orchestrator.errors import PaymentNotFound
from orchestrator.gateway.currencies import InvalidAmount
from orchestrator.payments import Payments
from orchestrator.requests import Caller, Result

router = APIRouter(route_class=DirectRoute)

REPLAYED: Final = {"Idempotent-Replayed": "true"}
NOT_STORED: Final = {"Cache-Control": "no-store"}

# What is not shaped like an id of ours is nobody's payment; the database need not be asked.
_ID = re.compile(r"pay_[A-Za-z0-9]{1,64}")

SomeBody = TypeVar("SomeBody", bound=Body)


@router.post("/v1/payments", status_code=201, openapi_extra=openapi.CREATE)
async def create_payment(request: Request) -> Response:
    """Create a payment."""
    caller, body = await _accept(request, CreateBody, "create", key_required=True)
    try:
        result = await _payments(request).create(body.request(), caller)
    except InvalidAmount as exc:
        raise ValidationFailed(exc.message, exc.param) from exc
    return _show_result(result, 201)


@router.post("/v1/payments/{payment_id}/confirm", openapi_extra=openapi.CONFIRM)
async def confirm_payment(request: Request) -> Response:
    """Try a card; 202 while Stripe has not said what became of it."""
    caller, body = await _accept(request, ConfirmBody, "confirm", key_required=True)
    result = await _payments(request).confirm(_payment_id(request), body.request(), caller)
    return _show_result(result, 200 if result.settled else 202)


@router.post("/v1/payments/{payment_id}/cancel", openapi_extra=openapi.CANCEL)
async def cancel_payment(request: Request) -> Response:
    """End a payment without success; 202 while Stripe cannot cancel it yet."""
    caller, body = await _accept(request, CancelBody, "cancel")
    result = await _payments(request).cancel(_payment_id(request), body.reason, caller)
    return _show_result(result, 200 if result.settled else 202)


@router.post("/v1/payments/{payment_id}/refresh", openapi_extra=openapi.REFRESH)
async def refresh_payment(request: Request) -> Response:
    """Ask Stripe how a payment stands, and settle what it says."""
    caller, _ = await _accept(request, RefreshBody, "refresh")
    result = await _payments(request).refresh(_payment_id(request), caller)
    return _show_result(result, 200)


@router.get("/v1/payments", openapi_extra=openapi.LIST)
async def list_payments(request: Request) -> Response:
    """List payments, newest first."""
    identity = await authenticate(request, READING)
    wanted = read_list_query(request, identity.reads)
    try:
        page = await _payments(request).page(wanted)
    except PaymentNotFound as exc:
        param = "ending_before" if wanted.ending_before is not None else "starting_after"
        raise ValidationFailed(f"{param} names no payment that this key reads.", param) from exc
    may_act = _may_act(identity)
    shown = [payment_document(payment, may_act=may_act) for payment in page.payments]
    return _json(list_document(shown, "/v1/payments", has_more=page.has_more))


@router.get("/v1/payments/{payment_id}", openapi_extra=openapi.GET)
async def get_payment(request: Request) -> Response:
    """Show a payment."""
    identity = await authenticate(request, READING)
    payment = await _payments(request).get(_payment_id(request), identity.reads)
    return _json(payment_document(payment, may_act=_may_act(identity)))


@router.get("/v1/payments/{payment_id}/history", openapi_extra=openapi.HISTORY)
async def get_history(request: Request) -> Response:
    """Show every transition of a payment, oldest first."""
    identity = await authenticate(request, READING)
    payment_id = _payment_id(request)
    rows = await _payments(request).history(payment_id, identity.reads)
    shown = [transition_document(row) for row in rows]
    return _json(list_document(shown, f"/v1/payments/{payment_id}/history"))


@router.get("/v1/payments/{payment_id}/explain", openapi_extra=openapi.EXPLAIN)
async def explain_payment(request: Request) -> Response:
    """Say why a payment is where it is, and what comes next."""
    identity = await authenticate(request, READING)
    explanation = await _payments(request).explain(_payment_id(request), identity.reads)
    return _json(explanation_document(explanation))


@router.get("/v1/payments/{payment_id}/client_secret", openapi_extra=openapi.CLIENT_SECRET)
async def get_client_secret(request: Request) -> Response:
    """Show the client secret again, for a page that was reloaded: to the payment's owner alone."""
    identity = await authenticate(request, PAYMENTS)
    payment_id = _payment_id(request)
    secret = await _payments(request).client_secret(payment_id, identity.owner)
    return _json(client_secret_document(payment_id, secret), headers=NOT_STORED)


async def _accept(
    request: Request, kind: type[SomeBody], operation: str, *, key_required: bool = False
) -> tuple[Caller, SomeBody]:
    """Check everything about a request that can be checked without looking at the payment."""
    identity = await authenticate(request, PAYMENTS)
    key = read_idempotency_key(request, required=key_required)
    body = kind.read(await read_document(request, required=key_required))
    payment_id = request.path_params.get("payment_id", "")
    caller = Caller(
        owner=identity.owner,
        key_id=identity.key_id,
        request_id=request.scope["request_id"],
        idempotency_key=key,
        request_digest=request_digest(operation, payment_id, body),
    )
    return caller, body


def _may_act(identity: Identity) -> bool:
    return bool(identity.grants & PAYMENTS)


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.runtime.payments
    return payments


def _payment_id(request: Request) -> str:
    payment_id: str = request.path_params["payment_id"]
    if _ID.fullmatch(payment_id) is None:
        raise PaymentNotFound(payment_id)
    return payment_id


def _show_result(result: Result, status: int) -> Response:
    headers = REPLAYED if result.replayed else None
    return _json(payment_document(result.payment, result.client_secret), status, headers)


def _json(
    document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(document), status, headers, "application/json")
