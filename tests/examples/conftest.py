"""A shop with everything behind it, and a real Chromium in front of it."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, async_playwright, expect
from starlette.applications import Starlette

from examples.checkout.everything import everything
from examples.checkout.settings import Settings
from examples.checkout.shop import create_app
from tests.examples.checkout_page import CheckoutPage
from tests.examples.chromium import ARGUMENTS, require_chromium

OpenCheckout = Callable[..., Awaitable[CheckoutPage]]

# A machine that runs the rest of the suite beside this is slow; a page that is broken stays so.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Run stand-in, API and worker for all tests of this process."""
    with everything(tmp_path_factory.mktemp("checkout")) as running:
        yield running


@pytest.fixture(scope="session")
def shop(settings: Settings) -> Iterator[str]:
    """Open the shop; gives its address."""
    with serving(create_app(settings)) as address:
        yield address


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port beside the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run one Chromium for all tests of this process."""
    path = require_chromium()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_checkout(
    browser: Browser, shop: str, settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[OpenCheckout]:
    """Open the checkout as a new customer; with options as on a certain device."""
    opened: list[CheckoutPage] = []
    async with AsyncExitStack() as stack:

        async def open_one(name: str = request.node.name, **device: object) -> CheckoutPage:
            context = await browser.new_context(**device)  # type: ignore[arg-type]  # a device's
            stack.push_async_callback(context.close)
            one = CheckoutPage(await context.new_page(), shop, settings, name=name)
            one.listen()
            opened.append(one)
            await one.open()
            return one

        yield open_one


@pytest_asyncio.fixture(loop_scope="session")
async def checkout(open_checkout: OpenCheckout) -> AsyncIterator[CheckoutPage]:
    """Open the checkout as a new customer, and look at the end whether the browser was content."""
    one = await open_checkout()
    yield one
    assert one.complaints == []
