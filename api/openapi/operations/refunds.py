"""The operations on money that goes back."""

from typing import Final

from api.openapi import refusals as refused
from api.openapi.operations.base import PAYMENT_GONE, RACED, REPLAYED, answer, operation
from api.openapi.refusals import Kinds
from orchestrator import errors

_REFUND_GONE: Final[Kinds] = (errors.RefundNotFound,)

CREATE_REFUND: Final = operation(
    {
        201: answer(201, "refund", REPLAYED, examples=("succeeded", "refused")),
        202: answer(202, "refund", REPLAYED, examples=("outcome_unknown",)),
    },
    (
        *refused.WRITING,
        *refused.KEY_NEEDED,
        *PAYMENT_GONE,
        *RACED,
        errors.NotRefundable,
        errors.RefundTooLarge,
    ),
    on="payment_id",
    body="create_refund",
    body_needed=True,
    key_needed=True,
)

LIST_REFUNDS: Final = operation(
    {200: answer(200, "refunds")}, (*refused.READING, *PAYMENT_GONE), on="payment_id"
)

LIST_DISPUTES: Final = operation(
    {200: answer(200, "disputes")}, (*refused.READING, *PAYMENT_GONE), on="payment_id"
)

GET_REFUND: Final = operation(
    {200: answer(200, "refund")}, (*refused.READING, *_REFUND_GONE), on="refund_id"
)
