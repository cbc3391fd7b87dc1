"""What can go wrong with a call, drawn as a tree; each class is something a caller may catch.

    ClientError
    ├── Unreachable                 no answer: send the same request with the same key again
    ├── UnreadableAnswer            an answer that is none of the API's
    └── ApiError                    the API refused; ``code`` says why, in the API's own words
        ├── InvalidRequest          what was sent cannot be taken
        │   └── CardUnknown
        ├── IdempotencyKeyReused    the key stands for another request
        ├── Unauthorized
        ├── Forbidden
        ├── NotFound
        ├── Conflict                the payment, as it stands, does not allow it
        │   ├── PaymentHandled
        │   ├── PaymentEnding
        │   ├── AttemptInProgress
        │   ├── RefundTooLarge
        │   ├── AnomalyAssigned     it is somebody else's: name them to take it over
        │   ├── AnomalyResolved     it is resolved, and stays so
        │   ├── CardDisabled
        │   ├── CardAttemptsExhausted
        │   ├── EndpointDisabled    a webhook endpoint was given up: enable it first
        │   └── IdempotencyKeyInUse
        ├── StripeRefused           Stripe called the request invalid: see ``stripe_code``
        ├── RateLimited
        ├── StripeUnavailable       nothing was written
        ├── DatabaseUnavailable     the service's database is away
        └── ServerFault             a fault of the service; quote the request id

Codes that this version does not know become the nearest class by their status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


class ClientError(Exception):
    """Anything that keeps a call from giving what it was asked for.

    ``idempotency_key`` is the key the request was sent under, null for a read: with it the same
    request can be sent again, even by another process.
    """

    def __init__(self, sentence: str, idempotency_key: str | None = None) -> None:
        self.idempotency_key = idempotency_key
        super().__init__(sentence)


class Unreachable(ClientError):
    """The service could not be reached, or its answer was lost: nobody knows what it did."""


class UnreadableAnswer(ClientError):
    """What came back is none of the API's answers: perhaps a proxy's."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the API says of a refusal (RFC 9457); ``retry_after`` is seconds."""

    status: int
    code: str = "error"
    detail: str = ""
    param: str | None = None
    request_id: str | None = None
    state: str | None = None
    allowed_events: tuple[str, ...] | None = None
    stripe_code: str | None = None
    retry_after: float | None = None


class ApiError(ClientError):
    """The API refused the request."""

    def __init__(self, problem: Problem, idempotency_key: str | None = None) -> None:
        self.problem = problem
        self.status = problem.status
        self.code = problem.code
        self.detail = problem.detail
        self.param = problem.param
        self.request_id = problem.request_id
        self.state = problem.state
        self.allowed_events = problem.allowed_events
        self.stripe_code = problem.stripe_code
        self.retry_after = problem.retry_after
        super().__init__(f"{problem.code}: {problem.detail}", idempotency_key)


class InvalidRequest(ApiError):
    """What was sent cannot be taken; ``param`` names the field."""


class CardUnknown(InvalidRequest):
    """Stripe does not know the card, or it is no card."""


class IdempotencyKeyReused(ApiError):
    """The Idempotency-Key stands for another request."""


class Unauthorized(ApiError):
    """The API key is missing, unknown, revoked or expired."""


class Forbidden(ApiError):
    """The API key's scope does not cover the request."""


class NotFound(ApiError):
    """There is nothing of that id, or it is another owner's."""


class Conflict(ApiError):
    """The thing, as it stands, does not allow the request; see ``state``, ``allowed_events``."""


class PaymentHandled(Conflict):
    """The payment is succeeded or failed, for good."""


class PaymentEnding(Conflict):
    """The payment is being ended."""


class AttemptInProgress(Conflict):
    """A confirmation is open; its outcome comes first."""


class RefundTooLarge(Conflict):
    """Less than that is left to give back."""


class AnomalyAssigned(Conflict):
    """The anomaly is somebody else's: name them in ``instead_of`` to take it over."""


class AnomalyResolved(Conflict):
    """The anomaly is resolved, and stays as it was resolved."""


class CardDisabled(Conflict):
    """The card is out of use: fetch the customer's cards again."""


class CardAttemptsExhausted(Conflict):
    """The card was declined too often of late."""


class EndpointDisabled(Conflict):
    """The webhook endpoint was given up, and is sent nothing until it is enabled."""


class IdempotencyKeyInUse(Conflict):
    """The first request with this key is still being carried out."""


class StripeRefused(ApiError):
    """Stripe called the request invalid; ``stripe_code`` is Stripe's."""


class RateLimited(ApiError):
    """Too many requests; ``retry_after`` says when to come back."""


class ServerFault(ApiError):
    """A fault of the service."""


class StripeUnavailable(ApiError):
    """Stripe could not be asked; nothing was written."""


class DatabaseUnavailable(ApiError):
    """The service's database does not answer; under its key a request is carried out once."""


CLASS_OF_CODE: Final[Mapping[str, type[ApiError]]] = MappingProxyType(
    {
        "validation_error": InvalidRequest,
        "card_number_refused": InvalidRequest,
        "malformed_json": InvalidRequest,
        "idempotency_key_missing": InvalidRequest,
        "payload_too_large": InvalidRequest,
        "method_not_allowed": InvalidRequest,
        "card_unknown": CardUnknown,
        "idempotency_key_reused": IdempotencyKeyReused,
        "unauthorized": Unauthorized,
        "forbidden": Forbidden,
        "not_found": NotFound,
        "illegal_transition": Conflict,
        "attempts_exhausted": Conflict,
        "write_conflict": Conflict,
        "payment_handled": PaymentHandled,
        "payment_ending": PaymentEnding,
        "attempt_in_progress": AttemptInProgress,
        "refund_too_large": RefundTooLarge,
        "anomaly_assigned": AnomalyAssigned,
        "anomaly_resolved": AnomalyResolved,
        "card_disabled": CardDisabled,
        "card_attempts_exhausted": CardAttemptsExhausted,
        "webhook_endpoint_disabled": EndpointDisabled,
        "too_many_webhook_endpoints": Conflict,
        "idempotency_key_in_use": IdempotencyKeyInUse,
        "stripe_refused": StripeRefused,
        "rate_limited": RateLimited,
        "stripe_unavailable": StripeUnavailable,
        "database_unavailable": DatabaseUnavailable,
        "not_ready": ServerFault,
        "too_many_streams": ServerFault,
        "internal_error": ServerFault,
    }
)

_CLASS_OF_STATUS: Final[Mapping[int, type[ApiError]]] = MappingProxyType(
    {
        400: InvalidRequest,
        401: Unauthorized,
        403: Forbidden,
        404: NotFound,
        405: InvalidRequest,
        409: Conflict,
        413: InvalidRequest,
        422: InvalidRequest,
        429: RateLimited,
    }
)


def error_of(problem: Problem, idempotency_key: str | None) -> ApiError:
    """Return the error that a problem is."""
    fallback = ServerFault if problem.status >= 500 else ApiError
    nearest = _CLASS_OF_STATUS.get(problem.status, fallback)
    return CLASS_OF_CODE.get(problem.code, nearest)(problem, idempotency_key)
