"""The errors the stand-in answers with, in Stripe's shape. Refuses to decide when one is due.

ApiError
├── RequestInvalid        400/404, found before the endpoint ran: never stored under a key
├── Declined              402, with the failed charge
└── (constructors below)  everything else: stored once the endpoint has started
"""

from collections.abc import Mapping
from typing import Any

DOC_URL = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """An answer that is an error: a status, Stripe's error object and a retry hint.

    ``fields`` are added to the error object as they stand; ``should_retry`` becomes the
    ``Stripe-Should-Retry`` header, and null leaves the header out.
    """

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        should_retry: bool | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.code = code
        self.param = param
        self.should_retry = should_retry
        self.fields = dict(fields or {})

    def body(self) -> dict[str, Any]:
        """Render the error as Stripe's JSON body."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = DOC_URL + self.code.replace("_", "-")
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.fields}


class RequestInvalid(ApiError):
    """A request refused before its endpoint ran; Stripe keeps no idempotent result of it."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(400, "invalid_request_error", message, code=code, param=param)


class Declined(ApiError):
    """A charge was made and declined."""

    def __init__(self, message: str, *, code: str, fields: Mapping[str, Any]) -> None:
        super().__init__(402, "card_error", message, code=code, should_retry=False, fields=fields)


def missing_parameter(param: str) -> RequestInvalid:
    """Build the error for a required parameter that is absent."""
    return RequestInvalid(
        f"Missing required param: {param}.", code="parameter_missing", param=param
    )


def unknown_parameter(param: str) -> RequestInvalid:
    """Build the error for a parameter the endpoint does not know."""
    return RequestInvalid(
        f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def refused(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> ApiError:
    """Build a 400 that the endpoint itself raised while running."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param, fields=fields)


def resource_missing(kind: str, id: str, *, param: str, status: int = 404) -> ApiError:
    """Build the error for an id nobody knows: 404 in a path, 400 in a parameter."""
    return ApiError(
        status,
        "invalid_request_error",
        f"No such {kind}: '{id}'",
        code="resource_missing",
        param=param,
    )


def unexpected_state(message: str, intent: Mapping[str, Any]) -> ApiError:
    """Build the error for a call the intent's status does not allow; it carries the intent."""
    return refused(
        message, code="payment_intent_unexpected_state", fields={"payment_intent": intent}
    )


def unauthorized(message: str) -> ApiError:
    """Build the 401 for a key that is absent, malformed or of the wrong mode."""
    return ApiError(401, "invalid_request_error", message)


def rate_limited() -> ApiError:
    """Build the plain 429: no hint, so the SDK does not retry it."""
    return ApiError(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. Learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    )


def lock_timeout() -> ApiError:
    """Build the 429 for an object that another request holds; Stripe asks for a retry."""
    return ApiError(
        429,
        "invalid_request_error",
        "This object cannot be accessed right now because another API request or Stripe "
        "process is currently accessing it.",
        code="lock_timeout",
        should_retry=True,
    )


def key_in_use(key: str) -> ApiError:
    """Build the 409 for an idempotency key whose first request still runs."""
    return ApiError(
        409,
        "idempotency_error",
        "There is currently another in-progress request using this Idempotent Key "
        f"(that probably means you submitted twice): {key}",
        code="idempotency_key_in_use",
    )


def key_reused(message: str) -> ApiError:
    """Build the 400 for an idempotency key used again for something else."""
    return ApiError(400, "idempotency_error", message)


def server_error() -> ApiError:
    """Build Stripe's 500."""
    return ApiError(
        500, "api_error", "An unknown error occurred. Please contact support if this persists."
    )
