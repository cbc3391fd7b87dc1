"""Stripe's idempotency: what is replayed, what is refused, what is not stored."""

import asyncio

import pytest
import stripe

from tests.sandbox.conftest import Sandbox

DAY_SECONDS = 24 * 3600
FORM = "amount=1000&currency=usd&payment_method_types[0]=card"


async def test_a_success_is_replayed(sandbox: Sandbox) -> None:
    """The same key and parameters give the first answer again, and charge once."""
    intent = await sandbox.intent()
    path, form = f"/v1/payment_intents/{intent.id}/confirm", "payment_method=pm_card_visa"
    key = {"Idempotency-Key": "k"}
    status, first, headers = await sandbox.raw("POST", path, form, **key)
    again, second, replayed = await sandbox.raw("POST", path, form, **key)

    assert (status, again) == (200, 200)
    assert second == first
    assert "idempotent-replayed" not in headers
    assert replayed["idempotent-replayed"] == "true"
    assert replayed["original-request"] == headers["request-id"]
    assert await sandbox.charged(intent.id) == 1


async def test_a_decline_is_replayed(sandbox: Sandbox) -> None:
    """A 402 is stored: the same key never tries the card again."""
    intent = await sandbox.intent()
    first = await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined", key="k")
    second = await sandbox.refusal(intent.id, "pm_card_visa_chargeDeclined", key="k")
    charges = await sandbox.sdk.v1.charges.list_async({"payment_intent": intent.id})

    assert second.json_body == first.json_body
    assert (second.headers or {})["Idempotent-Replayed"] == "true"
    assert len(charges.data) == 1


async def test_an_unexpected_state_is_replayed(sandbox: Sandbox) -> None:
    """A 400 from the endpoint itself is stored, even when the state has moved on."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_sim_processing")
    path = f"/v1/payment_intents/{intent.id}/cancel"
    await sandbox.raw("POST", path, **{"Idempotency-Key": "k"})
    await sandbox.control(
        "POST", f"/payment_intents/{intent.id}/finish_processing", {"outcome": "fail"}
    )
    status, body, headers = await sandbox.raw("POST", path, **{"Idempotency-Key": "k"})

    assert (status, headers["idempotent-replayed"]) == (400, "true")
    assert body["error"]["payment_intent"]["status"] == "processing"


async def test_other_parameters_are_refused(sandbox: Sandbox) -> None:
    """The same key with other parameters is 400 idempotency_error."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    refused = await sandbox.refusal(intent.id, "pm_card_amex", key="k")

    assert isinstance(refused, stripe.IdempotencyError)
    assert refused.http_status == 400


async def test_another_endpoint_is_refused(sandbox: Sandbox) -> None:
    """The same key on another path is 400 idempotency_error."""
    one, other = await sandbox.intent(), await sandbox.intent()
    await sandbox.confirm(one.id, "pm_card_visa", key="k")
    refused = await sandbox.refusal(other.id, "pm_card_visa", key="k")

    assert isinstance(refused, stripe.IdempotencyError)


async def test_a_bad_parameter_is_not_stored(sandbox: Sandbox) -> None:
    """A validation failure leaves the key free for the corrected request."""
    key = {"Idempotency-Key": "k"}
    bad, _, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM + "&huh=1", **key)
    good, _, headers = await sandbox.raw("POST", "/v1/payment_intents", FORM, **key)

    assert (bad, good) == (400, 200)
    assert "idempotent-replayed" not in headers


@pytest.mark.parametrize(
    "kind",
    [
        "unauthorized_401",
        "rate_limit_429",
        "lock_timeout_429",
        "conflict_409",
        "error_500_unstored",
    ],
)
async def test_what_never_ran_is_not_stored(sandbox: Sandbox, kind: str) -> None:
    """After a refusal that ran no endpoint the same key runs it for the first time."""
    intent = await sandbox.intent()
    await sandbox.fault(kind)
    await sandbox.refusal(intent.id, "pm_card_visa", key="k")
    paid = await sandbox.confirm(intent.id, "pm_card_visa", key="k")

    assert paid.status == "succeeded"
    assert await sandbox.charged(intent.id) == 1


async def test_a_key_in_use_is_409(sandbox: Sandbox) -> None:
    """A second request while the first with that key still runs is a conflict."""
    intent = await sandbox.intent()
    await sandbox.fault("latency", seconds=0.3)
    first = asyncio.create_task(sandbox.confirm(intent.id, "pm_card_visa", key="k"))
    await asyncio.sleep(0.1)
    refused = await sandbox.refusal(intent.id, "pm_card_visa", key="k")

    assert isinstance(refused, stripe.APIError)
    assert refused.http_status == 409
    assert refused.error is not None
    assert refused.error.code == "idempotency_key_in_use"
    assert (await first).status == "succeeded"


async def test_a_held_intent_is_lock_timeout(sandbox: Sandbox) -> None:
    """Another request on an intent that is being confirmed is 429 lock_timeout."""
    intent = await sandbox.intent()
    await sandbox.fault("latency", seconds=0.3)
    first = asyncio.create_task(sandbox.confirm(intent.id, "pm_card_visa"))
    await asyncio.sleep(0.1)
    refused = await sandbox.refusal(intent.id, "pm_card_amex")
    await first

    assert isinstance(refused, stripe.RateLimitError)
    assert refused.error is not None
    assert refused.error.code == "lock_timeout"
    assert (refused.headers or {})["Stripe-Should-Retry"] == "true"
    assert await sandbox.charged(intent.id) == 1


async def test_keys_are_forgotten_after_a_day(sandbox: Sandbox) -> None:
    """A key older than a day is a new request."""
    key = {"Idempotency-Key": "k"}
    _, first, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM, **key)
    await sandbox.control("POST", "/clock", {"advance": DAY_SECONDS - 10})
    _, within, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM, **key)
    await sandbox.control("POST", "/clock", {"advance": 10})
    _, after, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM, **key)

    assert within["id"] == first["id"]
    assert after["id"] != first["id"]


async def test_a_key_is_forgotten_at_a_time_set(sandbox: Sandbox) -> None:
    """A key is new again once the clock was set to a day later, and what it paid stays paid."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    shown = await sandbox.control("GET", "/clock")
    await sandbox.control("POST", "/clock", {"now": shown["now"] + DAY_SECONDS})
    refused = await sandbox.refusal(intent.id, "pm_card_visa", key="k")

    assert refused.code == "payment_intent_unexpected_state"
    assert "Idempotent-Replayed" not in (refused.headers or {})
    assert await sandbox.charged(intent.id) == 1


async def test_keys_belong_to_an_account(sandbox: Sandbox) -> None:
    """The same key in another account is another request."""
    key = {"Idempotency-Key": "k"}
    other = {**key, "Authorization": f"Bearer {sandbox.key}b"}
    _, first, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM, **key)
    _, second, _ = await sandbox.raw("POST", "/v1/payment_intents", FORM, **other)

    assert second["id"] != first["id"]


async def test_a_long_key_is_refused(sandbox: Sandbox) -> None:
    """A key of more than 255 characters is refused."""
    status, _, _ = await sandbox.raw(
        "POST", "/v1/payment_intents", FORM, **{"Idempotency-Key": "k" * 256}
    )

    assert status == 400
