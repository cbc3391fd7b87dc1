"""A stand-in on a free loopback port, and one account of it for each test."""

import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import stripe
import uvicorn

from orchestrator.sandbox import create_app


@dataclass(frozen=True)
class Sandbox:
    """One account of the stand-in: the SDK's client for it, and its control plane."""

    url: str
    key: str
    sdk: stripe.StripeClient
    http: aiohttp.ClientSession

    async def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a control call about this account and return what it answers."""
        async with self.http.request(method, f"{self.url}/_sandbox{path}", json=body) as answer:
            drawn: dict[str, Any] = await answer.json()
            return drawn

    async def raw(
        self, method: str, path: str, form: str = "", **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Make an API call without the SDK: status, body and headers in lower case."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        async with self.http.request(method, self.url + path, data=form, headers=headers) as answer:
            named = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, await answer.json(), named

    async def fault(
        self, kind: str, operation: str = "payment_intents.confirm", **more: Any
    ) -> None:
        """Add one fault rule for this account."""
        rule = {"operation": operation, "kind": kind, **more}
        await self.control("POST", "/faults", {"rules": [rule]})

    async def intent(self, **params: Any) -> stripe.PaymentIntent:
        """Create a card-only intent over 10.00 USD."""
        given: Any = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]} | params
        return await self.sdk.v1.payment_intents.create_async(given)

    async def confirm(
        self, intent: str, payment_method: str, *, key: str | None = None, **params: Any
    ) -> stripe.PaymentIntent:
        """Confirm an intent with a payment method."""
        given: Any = {"payment_method": payment_method, **params}
        options: Any = {} if key is None else {"idempotency_key": key}
        return await self.sdk.v1.payment_intents.confirm_async(intent, given, options)

    async def refusal(
        self, intent: str, payment_method: str, *, key: str | None = None, **params: Any
    ) -> stripe.StripeError:
        """Confirm an intent and return the error that this must raise."""
        with pytest.raises(stripe.StripeError) as caught:
            await self.confirm(intent, payment_method, key=key, **params)
        return caught.value

    async def retrieve(self, intent: str) -> stripe.PaymentIntent:
        """Read an intent with its latest charge."""
        return await self.sdk.v1.payment_intents.retrieve_async(
            intent, {"expand": ["latest_charge"]}
        )

    async def charged(self, intent: str) -> int:
        """Count the real charges of an intent."""
        ledger = await self.control("GET", "/ledger")
        return sum(charge["payment_intent"] == intent for charge in ledger["charges"])


class Server:
    """uvicorn in a thread."""

    def __init__(self, app: Any) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def __enter__(self) -> "Server":
        """Serve, and come back once it does."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The address of a stand-in that all tests share."""
    with Server(create_app()) as server:
        yield server.url


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    """An account nobody else uses."""
    key = f"sk_test_{uuid.uuid4().hex}"
    transport = stripe.AIOHTTPClient(timeout=10)
    client = stripe.StripeClient(
        key, http_client=transport, base_addresses={"api": sandbox_url}, max_network_retries=0
    )
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
        yield Sandbox(sandbox_url, key, client, http)
    await transport.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
