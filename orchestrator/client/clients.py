"""The two clients: how a call is sent, and how the waits between its tries are spent."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2

from orchestrator.client import calls
from orchestrator.client.calls import Call
from orchestrator.client.exchange import Done, Exchange, Wait
from orchestrator.client.resources import (
    Actions,
    Anomalies,
    AsyncActions,
    AsyncAnomalies,
    AsyncCards,
    AsyncCustomers,
    AsyncDeclineRules,
    AsyncEvents,
    AsyncPayments,
    AsyncRefunds,
    AsyncWebhookEndpoints,
    Cards,
    Customers,
    DeclineRules,
    Events,
    Payments,
    Refunds,
    WebhookEndpoints,
)
from orchestrator.client.retries import Retries
from orchestrator.client.streams import SILENCE_SECONDS, Following
from orchestrator.client.values import Event, Machine

Value = TypeVar("Value")

# A confirm waits for Stripe, whose own limit is 30 seconds by default, and reads a charge then.
DEFAULT_TIMEOUT_SECONDS: Final = 60.0
_LOST: Final = (httpx2.TransportError, httpx2.DecodingError)


class Client:
    """The API of one service, with one API key. Use it as a context manager, or close it."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        retries: Retries | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; ``timeout`` is seconds for each try.

        Raises:
            ValueError: there is no such address, or no such API key.
        """
        self._retries = retries or Retries()
        self._patience = httpx2.Timeout(timeout, read=max(timeout, SILENCE_SECONDS))
        self._http = httpx2.Client(
            base_url=_address(base_url),
            headers=_headers(api_key),
            timeout=timeout,
            transport=transport,
        )
        self.payments = Payments(self.send)
        self.refunds = Refunds(self.send)
        self.customers = Customers(self.send)
        self.cards = Cards(self.send)
        self.actions = Actions(self.send)
        self.anomalies = Anomalies(self.send)
        self.events = Events(self.send, self._follow)
        self.webhook_endpoints = WebhookEndpoints(self.send)
        self.decline_rules = DeclineRules(self.send)

    def machine(self) -> Machine:
        """Read the state machine."""
        return self.send(calls.get_machine())

    def send(self, call: Call[Value], /) -> Value:
        """Send a call, again where that helps, always under the key it has.

        Raises:
            ApiError: the API refused.
            Unreachable: no answer came.
            UnreadableAnswer: something else answered.
        """
        exchange = Exchange(call, self._retries)
        while True:
            step: Wait | Done[Value]
            try:
                response = self._http.request(**exchange.request())
            except _LOST as exc:
                step = exchange.lost(exc)
            else:
                step = exchange.answered(response.status_code, response.headers, response.content)
            if isinstance(step, Done):
                return step.value
            time.sleep(step.seconds)

    def _follow(
        self, *, payment: str | None, type: str | None, last_event: str | None
    ) -> Generator[Event, None, None]:
        call = calls.list_events(payment=payment, type=type)
        following = Following(call, self._retries, last_event)
        while True:
            try:
                with self._http.stream(**following.request(), timeout=self._patience) as answer:
                    if answer.is_success:
                        following.begun(answer.headers)
                        for chunk in answer.iter_bytes():
                            yield from following.take(chunk)
                        following.lost(EOFError())
                    else:
                        following.refused(answer.status_code, answer.headers, answer.read())
            except _LOST as exc:
                following.lost(exc)
            time.sleep(following.wait_seconds)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Use the client in a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()


class AsyncClient:
    """The same API, awaited. Use it as an async context manager, or close it."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        retries: Retries | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; ``timeout`` is seconds for each try.

        Raises:
            ValueError: there is no such address, or no such API key.
        """
        self._retries = retries or Retries()
        self._patience = httpx2.Timeout(timeout, read=max(timeout, SILENCE_SECONDS))
        self._http = httpx2.AsyncClient(
            base_url=_address(base_url),
            headers=_headers(api_key),
            timeout=timeout,
            transport=transport,
        )
        self.payments = AsyncPayments(self.send)
        self.refunds = AsyncRefunds(self.send)
        self.customers = AsyncCustomers(self.send)
        self.cards = AsyncCards(self.send)
        self.actions = AsyncActions(self.send)
        self.anomalies = AsyncAnomalies(self.send)
        self.events = AsyncEvents(self.send, self._follow)
        self.webhook_endpoints = AsyncWebhookEndpoints(self.send)
        self.decline_rules = AsyncDeclineRules(self.send)

    async def machine(self) -> Machine:
        """Read the state machine."""
        return await self.send(calls.get_machine())

    async def send(self, call: Call[Value], /) -> Value:
        """Send a call, again where that helps, always under the key it has.

        Raises:
            ApiError: the API refused.
            Unreachable: no answer came.
            UnreadableAnswer: something else answered.
        """
        exchange = Exchange(call, self._retries)
        while True:
            step: Wait | Done[Value]
            try:
                response = await self._http.request(**exchange.request())
            except _LOST as exc:
                step = exchange.lost(exc)
            else:
                step = exchange.answered(response.status_code, response.headers, response.content)
            if isinstance(step, Done):
                return step.value
            await asyncio.sleep(step.seconds)

    async def _follow(
        self, *, payment: str | None, type: str | None, last_event: str | None
    ) -> AsyncGenerator[Event, None]:
        call = calls.list_events(payment=payment, type=type)
        following = Following(call, self._retries, last_event)
        while True:
            try:
                request = following.request()
                async with self._http.stream(**request, timeout=self._patience) as answer:
                    if answer.is_success:
                        following.begun(answer.headers)
                        async for chunk in answer.aiter_bytes():
                            for event in following.take(chunk):
                                yield event
                        following.lost(EOFError())
                    else:
                        content = await answer.aread()
                        following.refused(answer.status_code, answer.headers, content)
            except _LOST as exc:
                following.lost(exc)
            await asyncio.sleep(following.wait_seconds)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Use the client in a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()


def _address(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL as exc:
        raise ValueError("The base_url is no address.") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("The base_url does not begin with http:// or https:// and a host.")
    return url


def _headers(api_key: str) -> dict[str, Any]:
    if not api_key or not api_key.isascii() or api_key != api_key.strip():
        raise ValueError("The API key is empty, or has what no API key has.")
    return {"Authorization": f"Bearer {api_key}", "User-Agent": "payment-orchestrator-client"}
