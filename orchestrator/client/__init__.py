"""A typed client of the REST API, for other programs: it uses nothing else of the orchestrator.

    with Client("https://payments.example", key) as client:
        payment = client.payments.create(amount=4200, currency="usd", idempotency_key="order-1001")
        payment = client.payments.confirm(payment.id, payment_method="pm_…")

``calls`` lists every operation; ``errors`` draws what can go wrong; ``retries`` says what is sent
again, always under the same Idempotency-Key.
"""

from orchestrator.client.clients import AsyncClient, Client
from orchestrator.client.errors import (
    ApiError,
    AttemptInProgress,
    CardAttemptsExhausted,
    CardDisabled,
    CardUnknown,
    ClientError,
    Conflict,
    Forbidden,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    PaymentEnding,
    PaymentHandled,
    RateLimited,
    RefundTooLarge,
    ServerFault,
    StripeRefused,
    StripeUnavailable,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
)
from orchestrator.client.retries import Retries
from orchestrator.client.values import (
    Action,
    Answer,
    Card,
    ClientSecret,
    Customer,
    Dispute,
    Explanation,
    Machine,
    Page,
    Payment,
    Refund,
    Transition,
)

__all__ = [
    "Action",
    "Answer",
    "ApiError",
    "AsyncClient",
    "AttemptInProgress",
    "Card",
    "CardAttemptsExhausted",
    "CardDisabled",
    "CardUnknown",
    "Client",
    "ClientError",
    "ClientSecret",
    "Conflict",
    "Customer",
    "Dispute",
    "Explanation",
    "Forbidden",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "InvalidRequest",
    "Machine",
    "NotFound",
    "Page",
    "Payment",
    "PaymentEnding",
    "PaymentHandled",
    "RateLimited",
    "Refund",
    "RefundTooLarge",
    "Retries",
    "ServerFault",
    "StripeRefused",
    "StripeUnavailable",
    "Transition",
    "Unauthorized",
    "Unreachable",
    "UnreadableAnswer",
]
