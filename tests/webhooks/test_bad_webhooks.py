"""Bad webhooks: each is refused in its own words, nothing is stored and nothing moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.webhooks.conftest import PATH, SECRET, Hooks, signature

Document = dict[str, Any]
Spoil = Callable[[Document], object]


def without(*path: str) -> Spoil:
    """Leave a field out."""

    def spoil(event: Document) -> object:
        here: Any = event
        for name in path[:-1]:
            here = here[name]
        del here[path[-1]]
        return event

    return spoil


def with_value(value: Any, *path: str) -> Spoil:
    """Give a field another value."""

    def spoil(event: Document) -> object:
        here: Any = event
        for name in path[:-1]:
            here = here[name]
        here[path[-1]] = value
        return event

    return spoil


BAD_EVENTS: dict[str, tuple[Spoil, int, str]] = {
    "no id": (without("id"), 422, "validation_error"),
    "an id that is none": (with_value(7, "id"), 422, "validation_error"),
    "an empty id": (with_value("", "id"), 422, "validation_error"),
    "an endless id": (with_value("e" * 256, "id"), 422, "validation_error"),
    "an id with a line in it": (with_value("evt_1\nx", "id"), 422, "validation_error"),
    "no type": (without("type"), 422, "validation_error"),
    "a type that is a list": (with_value(["x"], "type"), 422, "validation_error"),
    "no object": (without("object"), 422, "validation_error"),
    "a thin event": (with_value("v2.core.event", "object"), 422, "validation_error"),
    "no data": (without("data"), 422, "validation_error"),
    "no object within": (without("data", "object"), 422, "validation_error"),
    "an object that is text": (with_value("pi_1", "data", "object"), 422, "validation_error"),
    "an object without id": (without("data", "object", "id"), 422, "validation_error"),
    "no time": (without("created"), 422, "validation_error"),
    "a time that is true": (with_value(True, "created"), 422, "validation_error"),
    "a time of no calendar": (with_value(10**15, "created"), 422, "validation_error"),
    "no mode": (without("livemode"), 422, "validation_error"),
    "a mode that is a word": (with_value("false", "livemode"), 422, "validation_error"),
    "the other mode": (with_value(True, "livemode"), 400, "event_refused"),
    "another account": (with_value("acct_1", "account"), 400, "event_refused"),
    "a list": (lambda event: [event], 422, "validation_error"),
    "a null": (lambda _: None, 422, "validation_error"),
}


@pytest.fixture
async def event(hooks: Hooks) -> Document:
    """Give the test an event that would move its payment: a success that is not known here."""
    payment = await hooks.world.create()
    url = f"{hooks.world.url}/v1/payment_intents/{payment.payment_intent}/confirm"
    async with hooks.world.http.post(
        url, data={"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    ) as answer:
        assert answer.status == 200, await answer.text()
    (found,) = await hooks.events("payment_intent.succeeded")
    return found


async def untouched(hooks: Hooks) -> bool:
    """Tell whether nothing is stored and no payment has moved."""
    await hooks.world.work()
    payments = (await hooks.api.get("/v1/payments")).json()["data"]
    return await hooks.waiting() == {"pending": 0, "unmatched": 0} and all(
        payment["state"] == "created" for payment in payments
    )


@pytest.mark.parametrize("name", BAD_EVENTS)
async def test_a_signed_event_that_is_none(hooks: Hooks, event: Document, name: str) -> None:
    """What Stripe signed and is no event of ours is refused with what is wrong with it."""
    spoil, status, code = BAD_EVENTS[name]
    answer = await hooks.send(spoil(event))  # type: ignore[arg-type]  # that is the point

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["detail"]) > 20
    assert await untouched(hooks)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b'{"id": NaN}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"id": "' + b"e" * (512 * 1024) + b'"}', 413, "payload_too_large"),
    ],
)
async def test_signed_bytes_that_are_no_json(
    hooks: Hooks, content: bytes, status: int, code: str
) -> None:
    """However long or broken, the body is refused."""
    answer = await hooks.post(content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await untouched(hooks)


@pytest.mark.parametrize("wrong", ["none", "twice", "secret", "old", "future", "bytes"])
async def test_an_event_that_stripe_did_not_sign(hooks: Hooks, event: Document, wrong: str) -> None:
    """Whatever it says, it is refused before it is read."""
    content = json.dumps(event).encode()
    now = hooks.world.clock().timestamp()
    good = signature(content, at=now)
    headers: list[tuple[str, str]] = {
        "none": [],
        "twice": [("Stripe-Signature", good), ("Stripe-Signature", good)],
        "secret": [("Stripe-Signature", signature(content, "whsec_other", at=now))],
        "old": [("Stripe-Signature", signature(content, at=now - 400))],
        "future": [("Stripe-Signature", signature(content, at=now + 400))],
        "bytes": [("Stripe-Signature", signature(content + b" ", at=now))],
    }[wrong]
    answer = await hooks.api.client.post(PATH, content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_signature_invalid")
    assert await untouched(hooks)


async def test_an_api_key_is_no_signature(hooks: Hooks, event: Document) -> None:
    """A key of ours opens nothing here."""
    headers = {"Authorization": f"Bearer {hooks.api.secret}"}
    answer = await hooks.api.client.post(PATH, json=event, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_signature_invalid")


async def test_without_secrets_nothing_is_taken(api_without_secrets: Hooks) -> None:
    """A deployment that has no webhook secret says so: Stripe tries again until it has."""
    answer = await api_without_secrets.post(b"{}", secret="")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "ORCHESTRATOR_STRIPE_WEBHOOK_SECRETS" in answer.json()["detail"]


async def test_the_good_event_is_taken(hooks: Hooks, event: Document) -> None:
    """Unspoiled, the very event of these tests moves its payment: what refused it was the fault."""
    answer = await hooks.send(event)
    await hooks.world.work()
    (payment,) = (await hooks.api.get("/v1/payments")).json()["data"]

    assert (answer.status_code, answer.json()["received"]) == (200, "stored")
    assert payment["state"] == "succeeded"
    assert SECRET not in answer.text
