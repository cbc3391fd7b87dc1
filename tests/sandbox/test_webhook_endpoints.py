"""Who hears of events: registered by control call or by Stripe's own, on this machine alone."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import receiving, until

ELSEWHERE = [
    "http://example.com/hook",
    "https://10.0.0.1/hook",
    "http://169.254.169.254/latest",
    "http://localhost.example.com/",
    "http://127.0.0.1@example.com/",
    "http://user@127.0.0.1/",
    "ftp://127.0.0.1/",
    "http://[::2]/",
    "http://127.0.0.1:port/",
    "nonsense",
]


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_only_this_machine_is_delivered_to(sandbox: Sandbox, url: str) -> None:
    """An address elsewhere is refused, by control call and by Stripe's own."""
    refused = await sandbox.control("POST", "/webhook_endpoints", {"url": url})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sandbox.sdk.v1.webhook_endpoints.create_async({"url": url, "enabled_events": ["*"]})

    assert refused["error"]["message"]
    assert (caught.value.http_status, caught.value.param) == (400, "url")
    assert (await sandbox.control("GET", "/webhook_endpoints"))["webhook_endpoints"] == []


@pytest.mark.parametrize("url", ["http://localhost:1/a", "https://127.9.9.9/", "http://[::1]:80/"])
async def test_this_machine_has_several_names(sandbox: Sandbox, url: str) -> None:
    """All loopback addresses are this machine."""
    made = await sandbox.control("POST", "/webhook_endpoints", {"url": url})

    assert made["url"] == url
    assert made["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhook_endpoints", {}),
        ("/webhook_endpoints", {"url": "http://localhost/", "events": ["*"]}),
        ("/webhook_endpoints", {"url": "http://localhost/", "enabled_events": []}),
        ("/webhook_endpoints", {"url": "http://localhost/", "enabled_events": ["no type"]}),
        ("/webhook_endpoints", {"url": "http://localhost/", "secret": ""}),
        ("/webhook_endpoints/we_nope/roll_secret", {}),
        ("/deliveries", {"mode": "sometimes"}),
        ("/deliveries/send", {"event": "evt_nope"}),
        ("/deliveries/send", {"event": "evt_nope", "times": 0}),
        ("/deliveries/drop", {}),
        ("/deliveries/send", {"event": ["evt_nope"]}),
        ("/deliveries/send", {"event": "evt_nope", "endpoint": {}}),
        ("/faults", {"operation": "webhooks.deliver", "kind": "drop_before"}),
        ("/faults", {"operation": "*", "kind": "deliver_never"}),
    ],
)
async def test_what_is_not_understood_is_refused(
    sandbox: Sandbox, path: str, body: dict[str, Any]
) -> None:
    """A control call about deliveries says what is wrong with it."""
    assert (await sandbox.control("POST", path, body))["error"]["message"]


async def test_whose_events_must_be_said(sandbox: Sandbox) -> None:
    """Without a key there is no account for an endpoint to hear of."""
    url = f"{sandbox.url}/_sandbox/webhook_endpoints"
    del sandbox.http.headers["Authorization"]
    async with sandbox.http.post(url, json={"url": "http://localhost/"}) as answer:
        assert answer.status == 400


async def test_stripes_own_calls_manage_endpoints(sandbox: Sandbox) -> None:
    """The library registers an endpoint, changes it, reads it without its secret, deletes it."""
    async with receiving() as receiver:
        endpoints = sandbox.sdk.v1.webhook_endpoints
        made = await endpoints.create_async({"url": receiver.url, "enabled_events": ["*"]})
        await sandbox.intent()
        await until(lambda: len(receiver.received) == 1)
        changed = await endpoints.update_async(made.id, {"disabled": True, "description": "off"})
        await sandbox.intent()
        listed = await endpoints.list_async()
        gone = await endpoints.delete_async(made.id)

    assert made.secret is not None
    assert receiver.types(made.secret) == ["payment_intent.created"]
    assert (changed.status, changed.description) == ("disabled", "off")
    assert ["secret" in each for each in listed.data] == [False]
    assert gone.deleted is True
