"""The operations on customers and their cards."""

from typing import Final

from api.errors import ValidationFailed
from api.openapi import refusals as refused
from api.openapi.operations.base import CARD_GONE, CUSTOMER_GONE, RACED, REPLAYED, answer, operation
from api.openapi.refusals import Kinds
from api.queries import CARDS_PARAMETERS
from orchestrator import errors

CREATE_CUSTOMER: Final = operation(
    {201: answer(201, "customer", REPLAYED)},
    (*refused.WRITING, *refused.CHANGING_AT_STRIPE, *CUSTOMER_GONE),
    body="create_customer",
)

GET_CUSTOMER: Final = operation(
    {200: answer(200, "customer")},
    (*refused.READING, *CUSTOMER_GONE, *refused.ASKING_STRIPE),
    on="customer_id",
)

ATTACH_CARD: Final = operation(
    {201: answer(201, "card", REPLAYED)},
    (
        *refused.WRITING,
        *refused.CHANGING_AT_STRIPE,
        *CUSTOMER_GONE,
        *CARD_GONE,
        errors.CardUnknown,
    ),
    on="customer_id",
    body="attach_card",
    body_needed=True,
)

LIST_CARDS: Final = operation(
    {200: answer(200, "cards")},
    (*refused.READING, ValidationFailed, *CUSTOMER_GONE, *refused.ASKING_STRIPE),
    on="customer_id",
    query=CARDS_PARAMETERS,
)

_CARD_READ: Final[Kinds] = (*CARD_GONE, errors.CardUnknown, *refused.ASKING_STRIPE)

GET_CARD: Final = operation(
    {200: answer(200, "card")}, (*refused.READING, *_CARD_READ), on="card_id"
)

UPDATE_CARD: Final = operation(
    {200: answer(200, "card", REPLAYED)},
    (*refused.WRITING, *_CARD_READ, *refused.CHANGING_AT_STRIPE),
    on="card_id",
    body="update_card",
)

DETACH_CARD: Final = operation(
    {200: answer(200, "card", linked=False)},
    (*refused.READING, *_CARD_READ, *refused.CHANGING_AT_STRIPE),
    on="card_id",
)

BY_HAND: Final = operation(
    {200: answer(200, "card", REPLAYED)},
    (*refused.WRITING, *_CARD_READ, *RACED),
    on="card_id",
    body="reason",
    body_needed=True,
)
