"""A gateway pointed at a scripted server, one pair for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from orchestrator.gateway.stripe_gateway import StripeGateway
from tests.gateway.scripted_server import Answer, ScriptedServer

API_KEY = "sk_test_do_not_tell"

Connect = Callable[..., Awaitable[tuple[StripeGateway, ScriptedServer]]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Start servers with a script and gateways to them; all are closed after the test."""
    async with AsyncExitStack() as stack:

        async def start(
            *script: Answer, timeout_seconds: float = 5.0, path: str = ""
        ) -> tuple[StripeGateway, ScriptedServer]:
            server = await stack.enter_async_context(ScriptedServer(*script).listening())
            gateway = StripeGateway(
                API_KEY, api_base=server.base + path, timeout_seconds=timeout_seconds
            )
            stack.push_async_callback(gateway.aclose)
            return gateway, server

        yield start
