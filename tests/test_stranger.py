"""A stranger's script that has only the OpenAPI document creates and confirms a payment."""

import ast
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from examples import stranger
from tests.api.conftest import Api, open_api
from tests.client.test_clients import on_a_socket
from tests.world import World, open_world


@asynccontextmanager
async def served(world: World) -> AsyncIterator[tuple[Api, str]]:
    """Serve the API on loopback."""
    async with open_api(world) as api, on_a_socket(api) as url:
        yield api, url


async def test_a_stranger_pays(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The document alone leads to a payment that succeeded, and Stripe charged it once."""
    async with served(world) as (api, url):
        await asyncio.to_thread(stranger.main, [url, api.secret])
        listed = await api.get("/v1/payments")
    (payment,) = listed.json()["data"]
    ledger = await world.control("GET", "/ledger")

    told = capsys.readouterr().out
    assert f"{payment['id']}: created → confirming → succeeded\n" in told
    assert [charge["amount"] for charge in ledger["charges"]] == [payment["amount"]]


# What is called first, and which links are followed from there, one after another.
CHAINS = (
    ("createPayment", "getPayment", "explainPayment"),
    ("createPayment", "confirmPayment", "refreshPayment", "getHistory"),
    ("createPayment", "cancelPayment", "getPayment", "getClientSecret"),
    ("createPayment", "confirmPayment", "createRefund", "getRefund"),
    ("createPayment", "resolvePayment"),
    ("createPayment", "confirmPayment", "listRefunds"),
    ("createPayment", "confirmPayment", "listDisputes"),
    ("createCustomer", "getCustomer", "listCards"),
    ("createCustomer", "attachCard", "updateCard", "disableCard", "enableCard", "getCard"),
    ("createCustomer", "attachCard", "detachCard"),
    ("createWebhookEndpoint", "rotateSecret", "enableWebhookEndpoint", "listDeliveries"),
    ("createWebhookEndpoint", "getWebhookEndpoint", "deleteWebhookEndpoint"),
)


def go_along(url: str, key: str, chain: tuple[str, ...]) -> None:
    """Carry out what a chain begins with, and follow its links."""
    with httpx2.Client(base_url=url) as http:
        somebody = stranger.Stranger(http, key)
        answer = somebody.call(chain[0])
        for link in chain[1:]:
            answer = somebody.follow(answer, link)


@pytest.mark.parametrize("chain", CHAINS, ids=" → ".join)
async def test_links_lead_on(sqlite_url: str, stand_in_url: str, chain: tuple[str, ...]) -> None:
    """What an answer links to is carried out, with what the answer shows and an example."""
    async with open_world(sqlite_url, stand_in_url) as world, served(world) as (api, url):
        _, secret = await api.key("support", "admin")

        # A refusal, or an answer that is not announced, ends the stranger's program.
        await asyncio.to_thread(go_along, url, secret, chain)


def test_every_link_is_followed() -> None:
    """The chains go along every link that the document declares."""
    followed = {link for chain in CHAINS for link in chain[1:]}

    # What the first example creates is charged at once: nothing is held that could be captured.
    # Events and anomalies are found in lists, and a list's answer leads nowhere.
    listed = {"getEvent", "replayEvent", "getAnomaly", "assignAnomaly", "resolveAnomaly"}
    unreached = {"capturePayment", *listed}
    assert followed | unreached == create_app().openapi()["components"]["links"].keys()


async def test_a_refusal_is_told(world: World) -> None:
    """Where the key is wrong the script says what the service said."""
    async with served(world) as (_, url):
        with pytest.raises(SystemExit, match="createPayment answered 401"):
            await asyncio.to_thread(stranger.main, [url, "ork_nobody"])


def test_a_stranger_knows_nothing_of_ours() -> None:
    """The script imports nothing of this project and names no path of the API."""
    source = Path(stranger.__file__).read_text(encoding="utf-8")
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }

    assert imported <= {"argparse", "json", "sys", "uuid", "typing", "httpx2"}
    assert "/v1" not in source
    assert "pm_" not in source
