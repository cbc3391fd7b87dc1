"""What makes two requests the same one."""

from __future__ import annotations

from typing import Any

import pytest

from api.idempotency import request_digest
from api.schemas import CancelBody, ConfirmBody, CreateBody

CREATE = {"amount": 1000, "currency": "usd"}


def digest(document: dict[str, Any]) -> str:
    """Digest a create."""
    return request_digest("create", "", CreateBody.read(document))


@pytest.mark.parametrize(
    "same",
    [
        {"currency": "usd", "amount": 1000},
        {**CREATE, "customer": None},
        {**CREATE, "metadata": None, "item_ids": None},
    ],
)
def test_the_same_request(same: dict[str, Any]) -> None:
    """Order of fields and fields given as null make no difference."""
    assert digest(same) == digest(CREATE)


@pytest.mark.parametrize(
    "other",
    [
        {**CREATE, "amount": 1001},
        {**CREATE, "currency": "eur"},
        {**CREATE, "metadata": {"a": "b"}},
        {**CREATE, "item_ids": ["a", "b"]},
        {**CREATE, "max_attempts": 4},
    ],
)
def test_another_request(other: dict[str, Any]) -> None:
    """Any other value is another request."""
    assert digest(other) != digest(CREATE)


def test_items_keep_their_order() -> None:
    """The order of items is part of the request."""
    assert digest({**CREATE, "item_ids": ["a", "b"]}) != digest({**CREATE, "item_ids": ["b", "a"]})


def test_operation_and_payment_are_part_of_it() -> None:
    """The same body sent elsewhere is another request."""
    body = CancelBody.read({})
    made = {
        request_digest("cancel", "pay_a", body),
        request_digest("cancel", "pay_b", body),
        request_digest("refresh", "pay_a", body),
    }

    assert len(made) == 3


def test_texts_of_any_language() -> None:
    """A digest can be made of every text that passes the schema."""
    card = ConfirmBody.read({"payment_method": "pm_card_visa"})
    text = CreateBody.read(
        {**CREATE, "description": "Fahrrad 🚲 für Zoë", "metadata": {"ключ": "值"}}
    )

    assert request_digest("create", "", text) != request_digest("create", "", card)
