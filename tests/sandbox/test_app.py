"""The program itself: keys, headers, unknown routes, the hook, the command line."""

import re
import subprocess
import sys
import urllib.request

import pytest
import stripe

from orchestrator.sandbox import create_app
from tests.sandbox.conftest import Sandbox, Server


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer nonsense", "Bearer sk_live_0123456789", "Basic c2tfdGVzdF8xOg=="],
)
async def test_a_bad_key_is_401(sandbox: Sandbox, authorization: str) -> None:
    """No key, a malformed key and a live key are refused alike."""
    status, body, headers = await sandbox.raw("GET", "/v1/customers", Authorization=authorization)

    assert (status, body["error"]["type"]) == (401, "invalid_request_error")
    assert headers["request-id"].startswith("req_")


async def test_the_sdk_sees_an_authentication_error(sandbox_url: str) -> None:
    """The SDK raises its own class for a refused key."""
    transport = stripe.AIOHTTPClient()
    client = stripe.StripeClient(
        "sk_live_0", http_client=transport, base_addresses={"api": sandbox_url}
    )
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.customers.list_async()

    await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


async def test_restricted_keys_have_accounts_too(sandbox: Sandbox) -> None:
    """A restricted test key is a key like any other, with an account of its own."""
    key = sandbox.key.replace("sk_", "rk_")
    status, body, _ = await sandbox.raw("GET", "/v1/customers", Authorization=f"Bearer {key}")

    assert (status, body["data"]) == (200, [])


async def test_an_unknown_route_is_404(sandbox: Sandbox) -> None:
    """A URL Stripe does not have is answered in Stripe's shape."""
    status, body, headers = await sandbox.raw("GET", "/v1/nothing")

    assert (status, body["error"]["type"]) == (404, "invalid_request_error")
    assert headers["request-id"].startswith("req_")


async def test_every_call_reaches_the_hook() -> None:
    """The hook is awaited with each operation's name while the caller waits."""
    seen: list[str] = []

    async def on_call(operation: str) -> None:
        seen.append(operation)

    transport = stripe.AIOHTTPClient()
    with Server(create_app(on_call)) as server:
        client = stripe.StripeClient(
            "sk_test_hook", http_client=transport, base_addresses={"api": server.url}
        )
        await client.v1.customers.create_async()
        await client.v1.customers.list_async()
        await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped

    assert seen == ["customers.create", "customers.list"]


def test_the_program_prints_its_address() -> None:
    """``python -m orchestrator.sandbox --port 0`` says where it listens, and does."""
    command = [sys.executable, "-m", "orchestrator.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/_sandbox/ledger") as answer:  # the port it just printed
            status = answer.status
        program.terminate()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert status == 200
