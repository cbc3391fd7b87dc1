"""Every refusal as HTTP: which status each error has, and the one shape all of them are told in.

Refuses to tell anything of an unexpected failure but that it happened and the request's id.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from orchestrator import errors
from orchestrator.states import AttemptsExhausted, IllegalTransition, TransitionRefused

PROBLEM_TYPE: Final = "urn:payment-orchestrator:error:"
MEDIA_TYPE: Final = "application/problem+json"
# What an unexpected failure is called: it has no class of its own.
INTERNAL_ERROR: Final = "internal_error"


class RequestRefused(Exception):
    """The request is refused before any use case sees it; ``param`` names what is wrong with it."""

    code = "error"

    def __init__(self, sentence: str, param: str | None = None) -> None:
        self.param = param
        super().__init__(sentence)


class ValidationFailed(RequestRefused):
    """A field, header or parameter is not what it must be."""

    code = "validation_error"


class CardNumberRefused(RequestRefused):
    """Something looks like a card's number; it is told where, never what."""

    code = "card_number_refused"

    def __init__(self, param: str) -> None:
        super().__init__(
            f"What stands in {param} looks like a card number. Send the id of a Stripe payment "
            "method (pm_…) instead; card numbers must not reach this service.",
            param,
        )


class IdempotencyKeyMissing(RequestRefused):
    """The operation needs an Idempotency-Key."""

    code = "idempotency_key_missing"


class MalformedJson(RequestRefused):
    """The body is no JSON document."""

    code = "malformed_json"


class PayloadTooLarge(RequestRefused):
    """The body is longer than any request needs."""

    code = "payload_too_large"


class Unauthorized(RequestRefused):
    """No key, or none that is in use."""

    code = "unauthorized"


class Forbidden(RequestRefused):
    """The key's scope does not cover the operation."""

    code = "forbidden"


class RateLimited(RequestRefused):
    """The key sends more than it may; ``retry_after`` is when it may send again, in seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            "This API key sends more requests than it may; nothing was done. Send this one again "
            f"in {retry_after} s."
        )


class TooManyStreams(RequestRefused):
    """This process has as many open streams of events as it may."""

    code = "too_many_streams"


class WebhookSignatureInvalid(RequestRefused):
    """A webhook that Stripe did not sign, or not now."""

    code = "webhook_signature_invalid"


class EventRefused(RequestRefused):
    """A signed event of another mode or account."""

    code = "event_refused"


class NotReady(RequestRefused):
    """This process cannot serve payments now."""

    code = "not_ready"


STATUSES: Final[Mapping[type[Exception], int]] = MappingProxyType(
    {
        IdempotencyKeyMissing: 400,
        MalformedJson: 400,
        WebhookSignatureInvalid: 400,
        EventRefused: 400,
        Unauthorized: 401,
        Forbidden: 403,
        errors.SecondPersonNeeded: 403,
        errors.PaymentNotFound: 404,
        errors.CustomerNotFound: 404,
        errors.CardNotFound: 404,
        errors.EventNotFound: 404,
        errors.EndpointNotFound: 404,
        errors.RuleNotFound: 404,
        errors.RefundNotFound: 404,
        errors.AnomalyNotFound: 404,
        IllegalTransition: 409,
        AttemptsExhausted: 409,
        errors.PaymentHandled: 409,
        errors.AttemptInProgress: 409,
        errors.PaymentEnding: 409,
        errors.NotCapturable: 409,
        errors.NotRefundable: 409,
        errors.RefundTooLarge: 409,
        errors.AnomalyAssigned: 409,
        errors.AnomalyResolved: 409,
        errors.RuleDecided: 409,
        errors.CardDisabled: 409,
        errors.CardAttemptsExhausted: 409,
        errors.IdempotencyKeyInUse: 409,
        errors.WriteConflict: 409,
        errors.EndpointDisabled: 409,
        errors.TooManyEndpoints: 409,
        PayloadTooLarge: 413,
        ValidationFailed: 422,
        CardNumberRefused: 422,
        errors.CardUnknown: 422,
        errors.IdempotencyKeyReused: 422,
        errors.AddressNotAllowed: 422,
        errors.RuleRefused: 422,
        errors.ExpiryPassed: 422,
        errors.ExpiryNotLater: 422,
        errors.CaptureTooLarge: 422,
        errors.StripeRefused: 422,
        RateLimited: 429,
        NotReady: 503,
        TooManyStreams: 503,
        errors.StripeUnavailable: 503,
        errors.DatabaseUnavailable: 503,
    }
)

# Seconds after which the same request is worth sending again.
RETRY_AFTER: Final[Mapping[type[Exception], int]] = MappingProxyType(
    {
        errors.StripeUnavailable: 5,
        errors.DatabaseUnavailable: 5,
        errors.IdempotencyKeyInUse: 1,
        errors.WriteConflict: 1,
        TooManyStreams: 5,
        RateLimited: 1,  # at least: each tells its own
    }
)

_ROUTING_CODES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        404: (
            "not_found",
            "There is nothing at this address. /openapi.json lists those there are.",
        ),
        405: ("method_not_allowed", "This address does not take this method."),
    }
)


def problem(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Draw one error the way every error is drawn (RFC 9457)."""
    document = {
        "type": PROBLEM_TYPE + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "param": param,
        "request_id": request_id,
        **more,
    }
    return Response(orjson.dumps(document), status, headers, MEDIA_TYPE)


async def answer_refusal(request: Request, error: Exception) -> Response:
    """Answer an error that stands in ``STATUSES``."""
    assert isinstance(error, RequestRefused | errors.OrchestratorError)
    kind = type(error)
    if kind not in STATUSES:
        # A new class without a status is a bug of ours, never the client's.
        raise error
    return problem(
        STATUSES[kind],
        error.code,
        str(error),
        request.scope["request_id"],
        param=getattr(error, "param", None),
        headers=_headers(error),
        **_facts(error),
    )


async def answer_routing(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: no such address, no such method."""
    assert isinstance(error, HTTPException)
    code, detail = _ROUTING_CODES.get(error.status_code, ("error", error.detail))
    headers = {"Allow": _methods_of(request)} if error.status_code == 405 else error.headers
    return problem(error.status_code, code, detail, request.scope["request_id"], headers=headers)


def _methods_of(request: Request) -> str:
    """List every method an address takes; the router itself names those of one route only."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    taken = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for route in taken for method in route.methods or ()}))


def answer_bug(request_id: str) -> Response:
    """Answer an unexpected failure, telling nothing of it."""
    detail = "Something went wrong on our side. Quote the request id when you report it."
    return problem(500, INTERNAL_ERROR, detail, request_id)


def _headers(error: Exception) -> dict[str, str]:
    kind = type(error)
    if kind is Unauthorized:
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, errors.CardAttemptsExhausted):
        return {"Retry-After": str(error.retry_after_seconds)}
    if kind in RETRY_AFTER:
        return {"Retry-After": str(RETRY_AFTER[kind])}
    return {}


def _facts(error: Exception) -> dict[str, Any]:
    """Return what an error of this kind tells besides: the payment's state, or Stripe's code."""
    if isinstance(error, errors.StripeRefused):
        return {"stripe_code": error.stripe_code}
    if STATUSES[type(error)] != 409:
        return {}
    if isinstance(error, TransitionRefused):
        return {"state": error.state, "allowed_events": list(error.allowed)}
    if isinstance(error, errors.Refused) and error.allowed_events is not None:
        return {"state": error.state, "allowed_events": list(error.allowed_events)}
    return {"state": getattr(error, "state", None), "allowed_events": None}
