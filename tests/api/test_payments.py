"""Payments over HTTP, from create to handled."""

from __future__ import annotations

from typing import Any

import pytest

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
    "capture_method",
    "awaits_capture",
    "amount_received",
    "amount_refunded",
    "disputed",
    "expires_at",
    "created_at",
    "updated_at",
]
TRANSITION_FIELDS = [
    "object",
    "payment",
    "sequence",
    "source",
    "event",
    "target",
    "attempt",
    "handler",
    "handler_error",
    "completed",
    "requires_retry",
    "code",
    "decline_code",
    "reason",
    "actor",
    "request_id",
    "stripe_request_id",
    "stripe_event_id",
    "evidence",
    "machine_version",
    "rules_version",
    "occurred_at",
    "previous_hash",
    "hash",
]
CREATE = {"amount": 1000, "currency": "usd"}
FULL: dict[str, Any] = {
    "amount": 2500,
    "currency": "eur",
    "item_ids": ["sku_1", "sku_2"],
    "transaction_id": "order-1",
    "description": "Zoë's bicycle 🚲",
    "metadata": {"colour": "red", "note": ""},
    "max_attempts": 2,
}


async def test_create_shows_exactly_the_documented_fields(api: Api) -> None:
    """A create is 201 with every field of a payment, and the client secret."""
    answer = await api.post("/v1/payments", CREATE)

    assert (answer.status_code, answer.json()["state"]) == (201, "created")
    assert list(answer.json()) == [*PAYMENT_FIELDS, "client_secret"]
    assert answer.headers["Content-Type"] == "application/json"


async def test_create_keeps_what_was_given(api: Api) -> None:
    """Every field that may be given comes back as it was, in any language."""
    created = await api.create(**FULL)
    read = (await api.get(f"/v1/payments/{created['id']}")).json()

    assert {name: read[name] for name in FULL} == FULL
    assert list(read) == PAYMENT_FIELDS


async def test_the_largest_values_are_kept(api: Api) -> None:
    """Whatever the schema lets through the database can keep."""
    largest = {
        "amount": 999_999_999_999,
        "item_ids": ["i" * 200] * 100,
        "transaction_id": "ü" * 200,
        "description": "d" * 1000,
        "metadata": {f"{number:040}": "v" * 500 for number in range(47)},
        "max_attempts": 10,
        "setup_future_usage": "off_session",
    }

    created = await api.create(**largest)

    assert {name: created.get(name) for name in largest if name != "setup_future_usage"} == {
        name: value for name, value in largest.items() if name != "setup_future_usage"
    }


async def test_confirm(api: Api) -> None:
    """A paid card is 200 and succeeded, and the money moved once."""
    payment = await api.create()

    answer = await api.confirm(payment)

    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert list(answer.json()) == PAYMENT_FIELDS
    assert [
        charge["amount"]
        for charge in (await api.world.control("GET", "/ledger"))["charges"]
        if charge["payment_intent"] == payment["payment_intent"]
    ] == [1000]


async def test_a_decline_is_no_error(api: Api) -> None:
    """A declined card is 200 with the new state and what to tell the customer."""
    payment = await api.create()

    answer = await api.confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")

    assert (answer.status_code, answer.json()["state"]) == (200, "requires_new_card")
    assert answer.json()["last_outcome"]["decline_code"] == "insufficient_funds"
    assert answer.json()["attempts_left"] == 3


async def test_a_card_out_of_use_is_listed(api: Api) -> None:
    """A card that may not be used again is shown with the reason."""
    payment = await api.create()

    answer = await api.confirm(payment, "pm_card_visa_chargeDeclinedLostCard")

    assert answer.json()["state"] == "card_disabled"
    assert [card["reason"] for card in answer.json()["excluded_cards"]] == ["lost_card"]


async def test_a_challenge_is_shown(api: Api) -> None:
    """A card that wants 3-D Secure is 200, still confirming, with what the page must do."""
    payment = await api.create()
    body = {
        "payment_method": "pm_card_authenticationRequired",
        "return_url": "http://localhost:3000/back",
    }

    answer = await api.post(f"/v1/payments/{payment['id']}/confirm", body)

    assert (answer.status_code, answer.json()["state"]) == (200, "confirming")
    assert answer.json()["next_action"]["type"] == "redirect_to_url"


UNKNOWN_OUTCOMES = [
    "drop_before",
    "drop_after",
    "truncate_after",
    "conflict_409",
    "rate_limit_429",
    "lock_timeout_429",
    "error_500_stored",
    "error_500_unstored",
    "bad_gateway_502",
    "unauthorized_401",
]


@pytest.mark.parametrize("kind", UNKNOWN_OUTCOMES)
async def test_confirm_is_never_503(sqlite_api: Api, kind: str) -> None:
    """Whatever Stripe does to a confirm, the answer is the payment: 200, or 202 until known."""
    payment = await sqlite_api.create()
    await sqlite_api.world.fault(kind, times=None)

    answer = await sqlite_api.confirm(payment)

    assert answer.json()["state"] in {"confirming", "succeeded", "requires_new_card"}
    assert answer.status_code == (202 if answer.json()["state"] == "confirming" else 200)


async def test_an_unknown_outcome_is_202_until_it_is_known(api: Api) -> None:
    """A lost answer is 202; a replay says so too, and a refresh finds out."""
    payment = await api.create()
    await api.world.fault("drop_after")

    first = await api.confirm(payment, idempotency_key="once")
    replay = await api.confirm(payment, idempotency_key="once")
    api.world.clock.advance(60)
    refreshed = await api.post(f"/v1/payments/{payment['id']}/refresh", {})

    assert (first.status_code, first.json()["state"]) == (202, "confirming")
    assert (replay.status_code, replay.headers["Idempotent-Replayed"]) == (202, "true")
    assert (refreshed.status_code, refreshed.json()["state"]) == (200, "succeeded")


async def test_cancel(api: Api) -> None:
    """A canceled payment is 200 and failed, with the reason that was given."""
    payment = await api.create()

    answer = await api.post(f"/v1/payments/{payment['id']}/cancel", {"reason": "duplicate"})

    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert answer.json()["failure_reason"] == "duplicate"


async def test_a_cancel_that_cannot_be_carried_out_yet(api: Api) -> None:
    """While Stripe cannot be reached, the wish is kept: 202, and no card is taken any more."""
    payment = await api.create()
    await api.world.fault("drop_before", operation="payment_intents.cancel")

    cancel = await api.post(f"/v1/payments/{payment['id']}/cancel", {})
    confirm = await api.confirm(payment)

    assert (cancel.status_code, cancel.json()["state"]) == (202, "created")
    assert (confirm.status_code, confirm.json()["code"]) == (409, "payment_ending")


async def test_stripe_unavailable_at_create(api: Api) -> None:
    """A create without Stripe is 503, says when to come back, and the same request then works."""
    await api.world.fault("drop_before", operation="payment_intents.create")

    first = await api.post("/v1/payments", CREATE, idempotency_key="same")
    second = await api.post("/v1/payments", CREATE, idempotency_key="same")

    assert (first.status_code, first.json()["code"]) == (503, "stripe_unavailable")
    assert int(first.headers["Retry-After"]) > 0
    assert second.status_code == 201


async def test_stripe_unavailable_at_refresh(api: Api) -> None:
    """A refresh without Stripe is 503 and changes nothing."""
    payment = await api.create()
    await api.world.fault("drop_before", operation="payment_intents.retrieve", times=None)

    answer = await api.post(f"/v1/payments/{payment['id']}/refresh", {})

    assert (answer.status_code, answer.json()["code"]) == (503, "stripe_unavailable")
    assert (await api.get(f"/v1/payments/{payment['id']}")).json()["state"] == "created"


async def test_a_replayed_create(api: Api) -> None:
    """The same create again is 201, marked as a replay, with the same payment and its secret."""
    first = await api.post("/v1/payments", CREATE, idempotency_key="same")
    second = await api.post("/v1/payments", CREATE, idempotency_key="same")

    assert "Idempotent-Replayed" not in first.headers
    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert second.json() == first.json()


async def test_a_replay_shows_the_payment_as_it_is_now(api: Api) -> None:
    """A replayed create of a payment that was paid since shows it paid."""
    payment = (await api.post("/v1/payments", CREATE, idempotency_key="same")).json()
    await api.confirm(payment)

    answer = await api.post("/v1/payments", CREATE, idempotency_key="same")

    assert (answer.status_code, answer.json()["state"]) == (201, "succeeded")


async def test_a_replayed_confirm(api: Api) -> None:
    """The same confirm again is 200, spends no attempt and charges nothing."""
    payment = await api.create()
    declined = "pm_card_visa_chargeDeclined"
    first = await api.confirm(payment, declined, idempotency_key="same")

    second = await api.confirm(payment, declined, idempotency_key="same")

    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (200, "true")
    assert second.json() == first.json()


@pytest.mark.parametrize("operation", ["cancel", "refresh"])
async def test_other_replays(api: Api, operation: str) -> None:
    """Cancel and refresh take a key as well, and say when they are replayed."""
    payment = await api.create()
    path = f"/v1/payments/{payment['id']}/{operation}"
    first = await api.post(path, {}, idempotency_key="same")

    second = await api.post(path, {}, idempotency_key="same")

    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (200, "true")
    assert second.json() == first.json()


async def test_history(api: Api) -> None:
    """The history is a list of all transitions, oldest first, each with its documented fields."""
    payment = await api.create()
    await api.confirm(payment, "pm_card_visa_chargeDeclined")
    await api.confirm(payment)

    answer = (await api.get(f"/v1/payments/{payment['id']}/history")).json()
    rows = answer.pop("data")

    assert answer == {
        "object": "list",
        "has_more": False,
        "url": f"/v1/payments/{payment['id']}/history",
    }
    assert [(row["sequence"], row["source"], row["event"], row["target"]) for row in rows] == [
        (1, None, "create", "created"),
        (2, "created", "confirm", "confirming"),
        (3, "confirming", "require_new_card", "requires_new_card"),
        (4, "requires_new_card", "confirm", "confirming"),
        (5, "confirming", "succeed", "succeeded"),
    ]
    assert [list(row) for row in rows] == [TRANSITION_FIELDS] * 5


async def test_history_names_who_did_it(api: Api) -> None:
    """What a request caused names its key; what Stripe said names Stripe."""
    payment = await api.create()
    await api.confirm(payment)

    rows = (await api.get(f"/v1/payments/{payment['id']}/history")).json()["data"]
    key = {"kind": "api_key", "id": api.secret.split("_")[1]}

    assert [row["actor"] for row in rows] == [key, key, {"kind": "stripe", "id": None}]


async def test_history_rows_are_chained(api: Api) -> None:
    """Each row carries the hash of the row before."""
    payment = await api.create()
    await api.confirm(payment)

    rows = (await api.get(f"/v1/payments/{payment['id']}/history")).json()["data"]

    assert [row["previous_hash"] for row in rows] == ["0" * 64, *(row["hash"] for row in rows[:-1])]
