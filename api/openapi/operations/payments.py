"""The operations on payments."""

from typing import Final

from api.errors import ValidationFailed
from api.openapi import refusals as refused
from api.openapi.operations.base import (
    CUSTOMER_GONE,
    FOUND,
    FOUND_OR_UNKNOWN,
    PAYMENT_GONE,
    RACED,
    REPLAYED,
    STANDS,
    answer,
    operation,
)
from api.queries import LIST_PARAMETERS
from orchestrator import errors

CREATE: Final = operation(
    {201: answer(201, "payment", REPLAYED, examples=("created",))},
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *refused.CHANGING_AT_STRIPE,
        *CUSTOMER_GONE,
        *RACED,
    ),
    body="create_payment",
    body_needed=True,
    key_needed=True,
)

CONFIRM: Final = operation(
    FOUND_OR_UNKNOWN,
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *PAYMENT_GONE,
        *RACED,
        errors.PaymentHandled,
        errors.PaymentEnding,
        errors.AttemptInProgress,
        errors.CardDisabled,
        errors.CardAttemptsExhausted,
        errors.CardUnknown,
    ),
    on="payment_id",
    body="confirm_payment",
    body_needed=True,
    key_needed=True,
)

CANCEL: Final = operation(
    FOUND_OR_UNKNOWN,
    (*refused.WRITING, *PAYMENT_GONE, *RACED, errors.PaymentHandled),
    on="payment_id",
    body="cancel_payment",
)

REFRESH: Final = operation(
    FOUND,
    (*refused.WRITING, *PAYMENT_GONE, *RACED, *refused.ASKING_STRIPE),
    on="payment_id",
    body="refresh_payment",
)

CAPTURE: Final = operation(
    {
        200: answer(200, "payment", REPLAYED, examples=("succeeded", "held")),
        202: answer(202, "payment", REPLAYED, examples=("outcome_unknown",)),
    },
    (
        *refused.WRITING,
        *PAYMENT_GONE,
        *RACED,
        errors.PaymentHandled,
        errors.PaymentEnding,
        errors.AttemptInProgress,
        errors.NotCapturable,
        errors.CaptureTooLarge,
        errors.StripeRefused,
    ),
    on="payment_id",
    body="capture_payment",
)

LIST: Final = operation(
    {200: answer(200, "payments")},
    (*refused.READING, ValidationFailed),
    query=LIST_PARAMETERS,
)

GET: Final = operation(
    {200: answer(200, "payment", examples=STANDS)},
    (*refused.READING, *PAYMENT_GONE),
    on="payment_id",
)

HISTORY: Final = operation(
    {200: answer(200, "history")}, (*refused.READING, *PAYMENT_GONE), on="payment_id"
)

EXPLAIN: Final = operation(
    {200: answer(200, "explanation")}, (*refused.READING, *PAYMENT_GONE), on="payment_id"
)

CLIENT_SECRET: Final = operation(
    {200: answer(200, "client_secret", "Cache-Control")},
    (*refused.READING, *PAYMENT_GONE, *refused.ASKING_STRIPE),
    on="payment_id",
)

RESOLVE: Final = operation(
    FOUND_OR_UNKNOWN,
    (
        *refused.WRITING,
        *PAYMENT_GONE,
        *RACED,
        errors.PaymentHandled,
        *refused.ASKING_STRIPE,
    ),
    on="payment_id",
    body="resolve_payment",
    body_needed=True,
)
