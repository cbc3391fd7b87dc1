"""Webhook deliveries: signed as Stripe's library checks, retried, held, sent by hand, dropped."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe

from orchestrator.sandbox import create_app
from orchestrator.sandbox.courier import RETRIES, pauses
from tests.sandbox.conftest import Sandbox, Server
from tests.sandbox.receiver import (
    WAIT_SECONDS,
    Receiver,
    deliveries,
    receiving,
    until,
    until_shown,
)

SECRET = "whsec_of_this_test"  # noqa: S105, RUF100  it guards nothing


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver nobody has registered yet."""
    async with receiving() as listening:
        yield listening


@pytest.fixture
async def endpoint(sandbox: Sandbox, receiver: Receiver) -> dict[str, Any]:
    """The receiver, registered for all events of the account."""
    await sandbox.control("POST", "/settings", {"webhook_retry_seconds": 0.05})
    wish = {"url": receiver.url, "secret": SECRET}
    return await sandbox.control("POST", "/webhook_endpoints", wish)


@pytest.fixture
async def held(sandbox: Sandbox, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """The deliveries of a payment that succeeded, none of which was sent."""
    await sandbox.control("POST", "/deliveries", {"mode": "held"})
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa", key="of-the-confirm")
    return await deliveries(sandbox, "pending")


async def test_every_event_is_delivered_signed(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    """Each event arrives, and Stripe's own library believes its signature."""
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa")
    await until_shown(sandbox, "delivered", 3)

    assert sorted(receiver.types(SECRET)) == [
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    assert {each.headers["content-type"] for each in receiver.received} == {
        "application/json; charset=utf-8"
    }


async def test_a_delivery_is_the_event_as_it_happened(
    sandbox: Sandbox, receiver: Receiver, held: list[dict[str, Any]]
) -> None:
    """The body is a snapshot taken then, with the request that caused it."""
    created, *_, succeeded = held
    await sandbox.control("POST", "/deliveries/send", {"event": succeeded["event"]})
    await sandbox.control("POST", "/deliveries/send", {"event": created["event"]})
    late, early = (json.loads(each.body) for each in reversed(receiver.received))

    assert late["data"]["object"]["status"] == "requires_payment_method"
    assert early["data"]["object"]["status"] == "succeeded"
    assert early["request"]["idempotency_key"] == "of-the-confirm"
    assert early["request"]["id"].startswith("req_")
    assert (early["object"], early["livemode"], early["pending_webhooks"]) == ("event", False, 1)
    listed = await sandbox.sdk.v1.events.retrieve_async(early["id"])
    assert listed.api_version == early["api_version"]


async def test_another_secret_does_not_fit(
    sandbox: Sandbox, receiver: Receiver, held: list[dict[str, Any]]
) -> None:
    """A receiver with another secret does not believe the signature."""
    await sandbox.control("POST", "/deliveries/send", {"event": held[0]["event"]})

    with pytest.raises(stripe.SignatureVerificationError):
        receiver.received[0].event("whsec_of_another")


async def test_a_rolled_secret_signs_for_a_day(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any], held: list[dict[str, Any]]
) -> None:
    """After a roll both secrets fit, and a day later the new one alone."""
    event = held[0]["event"]
    path = f"/webhook_endpoints/{endpoint['id']}/roll_secret"
    rolled = await sandbox.control("POST", path, {"secret": "whsec_new"})
    await sandbox.control("POST", "/deliveries/send", {"event": event})
    await sandbox.control("POST", "/clock", {"advance": 24 * 3600})
    await sandbox.control("POST", "/deliveries/send", {"event": event})
    during, after = receiver.received

    assert rolled["secret"] == "whsec_new"
    assert during.event(SECRET).id == during.event("whsec_new").id == event
    assert after.event("whsec_new").id == event
    with pytest.raises(stripe.SignatureVerificationError):
        after.event(SECRET)


@pytest.mark.parametrize("statuses", [[500, 404], [302, 429], [400]])
async def test_what_is_not_taken_is_sent_again(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any], statuses: list[int]
) -> None:
    """Anything but a 2xx, a redirect too, is retried until it is taken."""
    receiver.statuses = list(statuses)
    await sandbox.intent()
    [taken] = await until_shown(sandbox, "delivered", 1)

    assert (taken["tries"], taken["response_status"]) == (len(statuses) + 1, 200)
    assert receiver.types(SECRET) == ["payment_intent.created"] * (len(statuses) + 1)


async def test_a_late_answer_is_none(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    """A receiver that takes too long gets the event again."""
    await sandbox.control("POST", "/settings", {"webhook_timeout_seconds": 0.2})
    receiver.delay_seconds = 1.0
    await sandbox.intent()
    await until(lambda: len(receiver.received) == 1)
    receiver.delay_seconds = 0.0
    [taken] = await until_shown(sandbox, "delivered", 1)

    assert taken["tries"] >= 2


async def test_a_delivery_is_given_up(sandbox: Sandbox, endpoint: dict[str, Any]) -> None:
    """An event nobody ever takes is failed after the last retry, and says so in the list."""
    await sandbox.control("POST", "/settings", {"webhook_retry_seconds": 0.001})
    wish = {"url": "http://127.0.0.1:1/closed", "enabled_events": ["customer.created"]}
    await sandbox.control("POST", "/webhook_endpoints", wish)
    await sandbox.sdk.v1.customers.create_async()
    [failed] = await until_shown(sandbox, "failed", 1)
    undelivered = await sandbox.sdk.v1.events.list_async({"delivery_success": False})

    assert (failed["tries"], failed["response_status"]) == (RETRIES + 1, None)
    assert failed["error"] == "ClientConnectorError"
    assert [event.id for event in undelivered.data] == [failed["event"]]


def test_the_pauses_grow() -> None:
    """Each retry waits twice as long; together they are the 72 hours at an hour a second."""
    waits = list(pauses(1.0))

    assert waits == [1, 2, 4, 8, 16, 32, 0]
    assert 60 < sum(waits) < 72


async def test_held_events_wait(receiver: Receiver, held: list[dict[str, Any]]) -> None:
    """While deliveries are held nothing is sent."""
    await asyncio.sleep(0.2)

    assert [each["type"] for each in held] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert {each["state"] for each in held} == {"held"}
    assert receiver.received == []


async def test_held_events_are_sent_in_any_order(
    sandbox: Sandbox, receiver: Receiver, held: list[dict[str, Any]]
) -> None:
    """A test chooses the order, and sees what the receiver answered."""
    receiver.statuses = [200, 500]
    answers = [
        await sandbox.control("POST", "/deliveries/send", {"event": each["event"]})
        for each in reversed(held)
    ]
    waiting = await deliveries(sandbox, "pending")

    assert receiver.types(SECRET) == [each["type"] for each in reversed(held)]
    assert [answer["status"] for answer in answers] == [200, 500, 200]
    assert [each["type"] for each in waiting] == ["charge.succeeded"]


async def test_an_event_is_sent_several_times(
    sandbox: Sandbox, receiver: Receiver, held: list[dict[str, Any]]
) -> None:
    """One call doubles an event, and another repeats one that was delivered."""
    event = held[-1]["event"]
    twice = await sandbox.control("POST", "/deliveries/send", {"event": event, "times": 2})
    again = await sandbox.control("POST", "/deliveries/send", {"event": event})
    [delivered] = await deliveries(sandbox, "delivered")

    assert [each["status"] for each in twice["responses"]] == [200, 200]
    assert (again["event"], again["status"], delivered["tries"]) == (event, 200, 3)
    assert len(receiver.received) == 3


async def test_a_dropped_event_never_arrives(
    sandbox: Sandbox, receiver: Receiver, held: list[dict[str, Any]]
) -> None:
    """What was dropped stays away when all that is held goes out."""
    await sandbox.control("POST", "/deliveries/drop", {"event": held[0]["event"]})
    released = await sandbox.control("POST", "/deliveries", {"mode": "automatic"})
    await until_shown(sandbox, "delivered", 2)
    dropped = await deliveries(sandbox, "dropped")

    assert released["mode"] == "automatic"
    assert [each["event"] for each in dropped] == [held[0]["event"]]
    assert sorted(receiver.types(SECRET)) == ["charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("kind", "more", "arrivals"),
    [("deliver_twice", {}, 2), ("deliver_late", {"seconds": 0.3}, 1), ("deliver_never", {}, 0)],
)
async def test_a_fault_doubles_delays_or_drops(
    sandbox: Sandbox,
    receiver: Receiver,
    endpoint: dict[str, Any],
    kind: str,
    more: dict[str, Any],
    arrivals: int,
) -> None:
    """A rule about deliveries counts those that match it alone."""
    match = {"type": "charge.succeeded"}
    await sandbox.fault(kind, "webhooks.deliver", match=match, **more)
    intent = await sandbox.intent()
    await sandbox.confirm(intent.id, "pm_card_visa")
    await until(lambda: len(receiver.received) == 2 + arrivals)
    await asyncio.sleep(0.1)
    types = receiver.types(SECRET)

    assert types.count("charge.succeeded") == arrivals
    assert len(types) == 2 + arrivals
    if kind == "deliver_late":
        assert types[-1] == "charge.succeeded"


async def test_a_star_is_no_delivery(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    """A rule for every operation leaves deliveries alone."""
    await sandbox.fault("latency", "*", nth=2, seconds=0)
    await sandbox.intent()
    await until_shown(sandbox, "delivered", 1)
    [rule] = (await sandbox.control("GET", "/faults"))["rules"]

    assert rule["seen"] == 1


async def test_only_wanted_events_are_delivered(sandbox: Sandbox, receiver: Receiver) -> None:
    """An endpoint hears of the types it asked for, and can be sent another by hand."""
    wish = {"url": receiver.url, "enabled_events": ["charge.failed"]}
    made = await sandbox.control("POST", "/webhook_endpoints", wish)
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_sim_lost_card")
    await until_shown(sandbox, "delivered", 1)
    created: Any = await sandbox.sdk.v1.events.list_async({"type": "payment_intent.created"})
    by_hand = {"event": created.data[0].id, "endpoint": made["id"]}
    sent = await sandbox.control("POST", "/deliveries/send", by_hand)

    assert sent["status"] == 200
    assert receiver.types(made["secret"]) == ["charge.failed", "payment_intent.created"]


async def test_a_deleted_endpoint_hears_nothing(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any], held: list[dict[str, Any]]
) -> None:
    """After it was deleted nothing is sent, and what was held for it is given up."""
    gone = await sandbox.control("DELETE", f"/webhook_endpoints/{endpoint['id']}")
    await sandbox.control("POST", "/deliveries", {"mode": "automatic"})
    await sandbox.intent()
    listed = await sandbox.control("GET", "/webhook_endpoints")
    failed = await deliveries(sandbox, "failed")

    assert gone == {"id": endpoint["id"], "deleted": True}
    assert listed["webhook_endpoints"] == []
    assert [each["error"] for each in failed] == ["the endpoint was deleted"] * 3
    assert receiver.received == []


async def test_accounts_do_not_hear_of_each_other(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    """Another key's events go to another key's endpoints."""
    other = {"Authorization": f"Bearer {sandbox.key}x"}
    await sandbox.raw("POST", "/v1/customers", **other)
    await asyncio.sleep(0.1)

    assert receiver.received == []


async def test_a_reset_gives_deliveries_up(
    sandbox: Sandbox, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    """A forgotten account delivers nothing more."""
    receiver.statuses = [500] * 10
    await sandbox.control("POST", "/settings", {"webhook_retry_seconds": 0.3})
    await sandbox.intent()
    await until(lambda: len(receiver.received) == 1)
    await sandbox.control("POST", "/reset")
    await asyncio.sleep(0.5)

    assert len(receiver.received) == 1
    assert await deliveries(sandbox, "pending") == []


async def test_the_program_ends_while_deliveries_wait(receiver: Receiver) -> None:
    """A retry that is still to come does not keep the program from ending."""
    receiver.statuses = [500] * 10
    transport = stripe.AIOHTTPClient()
    with Server(create_app()) as server:
        client = stripe.StripeClient(
            "sk_test_ends", http_client=transport, base_addresses={"api": server.url}
        )
        await client.v1.webhook_endpoints.create_async(
            {"url": receiver.url, "enabled_events": ["*"]}
        )
        await client.v1.customers.create_async()
        await until(lambda: len(receiver.received) == 1)
        await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        began = time.monotonic()

    assert time.monotonic() - began < WAIT_SECONDS
    assert receiver.statuses
