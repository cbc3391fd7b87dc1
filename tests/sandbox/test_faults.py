"""Faults: what goes wrong on the wire, and what has happened by then."""

import asyncio
import contextlib
import time
from typing import Any

import aiohttp
import pytest
import stripe

from orchestrator.sandbox.faults import DELIVERY_KINDS, Kind
from tests.sandbox.conftest import Sandbox

CONFIRM = "payment_intents.confirm"


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("drop_before", {}, "requires_payment_method"),
        ("drop_after", {}, "succeeded"),
    ],
)
async def test_a_dropped_connection_is_no_answer(
    sandbox: Sandbox, kind: str, more: dict[str, Any], status: str
) -> None:
    """The SDK sees a lost connection, whether or not the charge was made."""
    intent = await sandbox.intent()
    await sandbox.fault(kind, **more)
    with pytest.raises(stripe.APIConnectionError):
        await sandbox.confirm(intent.id, "pm_card_visa")

    assert (await sandbox.retrieve(intent.id)).status == status


async def test_a_dropped_answer_is_stored(sandbox: Sandbox) -> None:
    """After a drop behind the effect the same key replays the answer that was lost."""
    intent = await sandbox.intent()
    await sandbox.fault("drop_after")
    with pytest.raises(stripe.APIConnectionError):
        await sandbox.confirm(intent.id, "pm_card_visa", key="k")
    replayed: Any = await sandbox.confirm(intent.id, "pm_card_visa", key="k")

    assert replayed.status == "succeeded"
    assert replayed.last_response.headers["Idempotent-Replayed"] == "true"
    assert await sandbox.charged(intent.id) == 1


async def test_half_an_answer_is_no_answer(sandbox: Sandbox) -> None:
    """A connection lost inside the body reaches the caller as the transport's own error."""
    intent = await sandbox.intent()
    await sandbox.fault("truncate_after")
    with pytest.raises((stripe.APIConnectionError, aiohttp.ClientPayloadError)):
        await sandbox.confirm(intent.id, "pm_card_visa")

    assert await sandbox.charged(intent.id) == 1


@pytest.mark.parametrize("effect", [False, True])
async def test_a_stored_500_is_replayed(sandbox: Sandbox, effect: bool) -> None:
    """A stored 500 is replayed for its key; the charge may or may not have happened."""
    intent = await sandbox.intent()
    await sandbox.fault("error_500_stored", effect=effect)
    first = await sandbox.refusal(intent.id, "pm_card_visa", key="k")
    second = await sandbox.refusal(intent.id, "pm_card_visa", key="k")

    assert (first.http_status, second.http_status) == (500, 500)
    assert (second.headers or {})["Idempotent-Replayed"] == "true"
    assert await sandbox.charged(intent.id) == int(effect)


@pytest.mark.parametrize("effect", [False, True])
async def test_a_bad_gateway_is_not_json(sandbox: Sandbox, effect: bool) -> None:
    """A 502 from a proxy has an HTML body; the same key then finds out what happened."""
    intent = await sandbox.intent()
    await sandbox.fault("bad_gateway_502", effect=effect)
    refused = await sandbox.refusal(intent.id, "pm_card_visa", key="k")
    happened = await sandbox.charged(intent.id)
    paid: Any = await sandbox.confirm(intent.id, "pm_card_visa", key="k")

    assert isinstance(refused, stripe.APIError)
    assert (refused.http_status, refused.error) == (502, None)
    assert happened == int(effect)
    assert ("Idempotent-Replayed" in paid.last_response.headers) == effect


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("conflict_409", stripe.APIError, "idempotency_key_in_use"),
        ("rate_limit_429", stripe.RateLimitError, "rate_limit"),
        ("lock_timeout_429", stripe.RateLimitError, "lock_timeout"),
        ("error_500_unstored", stripe.APIError, None),
        ("unauthorized_401", stripe.AuthenticationError, None),
    ],
)
async def test_a_refusal_changes_nothing(
    sandbox: Sandbox, kind: str, error: type[stripe.StripeError], code: str | None
) -> None:
    """Conflicts, limits, a lost authorization and an unstored 500 happen before any effect."""
    intent = await sandbox.intent()
    await sandbox.fault(kind)
    refused = await sandbox.refusal(intent.id, "pm_card_visa")

    assert type(refused) is error
    assert refused.error is not None
    assert refused.error.code == code
    assert (await sandbox.retrieve(intent.id)).status == "requires_payment_method"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_latency_lies_on_either_side(sandbox: Sandbox, when: str) -> None:
    """Latency delays the effect, or the answer about it."""
    intent = await sandbox.intent()
    await sandbox.fault("latency", seconds=0.3, when=when)
    started = time.monotonic()
    pending = asyncio.create_task(sandbox.confirm(intent.id, "pm_card_visa"))
    await asyncio.sleep(0.1)
    meanwhile = (await sandbox.retrieve(intent.id)).status
    await pending

    assert meanwhile == ("succeeded" if when == "after" else "requires_payment_method")
    assert time.monotonic() - started >= 0.3


async def test_a_rule_counts_calls(sandbox: Sandbox) -> None:
    """A rule strikes from its nth call on, as many times as it says."""
    intent = await sandbox.intent()
    await sandbox.fault("error_500_unstored", operation="payment_intents.retrieve", nth=2, times=2)
    seen = []
    for _ in range(4):
        status, _, _ = await sandbox.raw("GET", f"/v1/payment_intents/{intent.id}")
        seen.append(status)

    assert seen == [200, 500, 500, 200]


async def test_a_rule_can_mean_one_intent(sandbox: Sandbox) -> None:
    """A rule with a match leaves other intents alone."""
    one, other = await sandbox.intent(), await sandbox.intent()
    await sandbox.fault("error_500_unstored", match={"payment_intent": one.id})
    spared = await sandbox.confirm(other.id, "pm_card_visa")
    struck = await sandbox.refusal(one.id, "pm_card_visa")

    assert (spared.status, struck.http_status) == ("succeeded", 500)


async def test_rules_belong_to_an_account(sandbox: Sandbox) -> None:
    """A rule posted with a key strikes only that account."""
    await sandbox.fault("error_500_unstored", operation="*", times=None)
    struck, _, _ = await sandbox.raw("GET", "/v1/customers")
    spared, _, _ = await sandbox.raw("GET", "/v1/customers", Authorization=f"Bearer {sandbox.key}b")

    assert (struck, spared) == (500, 200)


async def test_rules_can_be_seen_and_dropped(sandbox: Sandbox) -> None:
    """The rules in force are shown, and gone once deleted."""
    await sandbox.fault("drop_before")
    shown = await sandbox.control("GET", "/faults")
    await sandbox.control("DELETE", "/faults")
    after = await sandbox.control("GET", "/faults")

    assert [(rule["operation"], rule["kind"]) for rule in shown["rules"]] == [
        (CONFIRM, "drop_before")
    ]
    assert after == {"rules": []}


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": "nothing", "kind": "latency"},
        {"operation": CONFIRM, "kind": "nothing"},
        {"operation": CONFIRM},
        {"operation": CONFIRM, "kind": "latency", "huh": 1},
        {"operation": CONFIRM, "kind": "latency", "nth": 0},
        {"operation": CONFIRM, "kind": "latency", "nth": "2"},
        {"operation": CONFIRM, "kind": "latency", "nth": True},
        {"operation": CONFIRM, "kind": "latency", "times": 0},
        {"operation": CONFIRM, "kind": "latency", "seconds": -1},
        {"operation": CONFIRM, "kind": "latency", "seconds": "1"},
        {"operation": CONFIRM, "kind": "latency", "when": "never"},
        {"operation": CONFIRM, "kind": "bad_gateway_502", "effect": "yes"},
        {"operation": CONFIRM, "kind": "latency", "match": {"huh": "x"}},
        {"operation": CONFIRM, "kind": "latency", "match": "x"},
        {"operation": ["*"], "kind": "latency"},
        {},
    ],
)
async def test_a_bad_rule_is_refused(sandbox: Sandbox, rule: dict[str, Any]) -> None:
    """A rule that cannot be understood is refused, so that no test passes by a typing error."""
    answer = await sandbox.control("POST", "/faults", {"rules": [rule]})
    shown = await sandbox.control("GET", "/faults")

    assert "message" in answer["error"]
    assert shown == {"rules": []}


RULE = {"operation": CONFIRM, "kind": "rate_limit_429"}


@pytest.mark.parametrize(
    "posted",
    [RULE, [RULE], {"rules": [RULE]}, {"rules": RULE}],
    ids=["one", "list", "rules", "rule"],
)
async def test_rules_may_be_posted_in_any_wrapping(sandbox: Sandbox, posted: Any) -> None:
    """One rule, a list of rules and either under ``rules`` mean the same."""
    await sandbox.control("POST", "/faults", posted)
    intent = await sandbox.intent()

    assert (await sandbox.refusal(intent.id, "pm_card_visa")).http_status == 429


STATUSES: dict[str, int | None] = {
    "drop_before": None,
    "drop_after": None,
    "truncate_after": None,
    "conflict_409": 409,
    "rate_limit_429": 429,
    "lock_timeout_429": 429,
    "error_500_stored": 500,
    "error_500_unstored": 500,
    "bad_gateway_502": 502,
    "latency": 200,
    "unauthorized_401": 401,
}


def test_every_kind_is_looked_at() -> None:
    """The table knows every kind of fault of a call; deliveries have tests of their own."""
    assert set(STATUSES) == set(Kind) - DELIVERY_KINDS


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize(
    ("operation", "method"),
    [("customers.list", "GET"), ("customers.create", "POST"), ("customers.delete", "DELETE")],
)
async def test_a_fault_strikes_any_operation(
    sandbox: Sandbox, kind: str, operation: str, method: str
) -> None:
    """Every kind of fault works on reading, making and deleting; null is a lost answer."""
    path = "/v1/customers"
    if method == "DELETE":
        path += f"/{(await sandbox.sdk.v1.customers.create_async()).id}"
    # For good: aiohttp sends a GET once more by itself when its connection is lost.
    await sandbox.fault(kind, operation=operation, times=None)
    status: int | None = None
    with contextlib.suppress(aiohttp.ClientError):
        async with sandbox.http.request(method, sandbox.url + path) as answer:
            await answer.read()
            status = answer.status

    assert status == STATUSES[kind]
