"""Payments over HTTP, from create to handled."""

from __future__ import annotations

from tests.api.conftest import Api

PAYMENT_FIELDS = [
    "id",
    "object",
    "state",
    "handled",
    "amount",
    "currency",
    "customer",
    "item_ids",
    "transaction_id",
    "description",
    "metadata",
    "attempts_used",
    "attempts_left",
    "max_attempts",
    "payment_intent",
    "last_outcome",
    "excluded_cards",
    "next_action",
    "failure_reason",
    "expires_at",
    "created_at",
    "updated_at",
]


async def test_create_answers_the_payment_with_its_secret(api: Api) -> None:
    """A create is 201 with exactly the documented fields and the client secret."""
    answer = await api.post("/v1/payments", {"amount": 1000, "currency": "usd"})

    assert answer.status_code == 201
    assert list(answer.json()) == [*PAYMENT_FIELDS, "client_secret"]
    assert answer.json()["state"] == "created"


async def test_confirm(api: Api) -> None:
    """A paid card is 200 and succeeded."""
    payment = await api.create()

    answer = await api.confirm(payment)

    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert list(answer.json()) == PAYMENT_FIELDS
