"""Both clients against the API as it is."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any

import pytest
import uvicorn

from orchestrator.client import (
    AsyncClient,
    CardDisabled,
    Client,
    Forbidden,
    NotFound,
    PaymentHandled,
    Unauthorized,
)
from tests.api.conftest import Api
from tests.client.conftest import Reply, client_of, serving

ORDER: dict[str, Any] = {"amount": 1000, "currency": "usd"}


@asynccontextmanager
async def on_a_socket(api: Api) -> AsyncIterator[str]:
    """Serve the API on loopback, in the test's own loop."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(api.app, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn tells by a flag
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_a_payment_from_beginning_to_end(api_of: Api) -> None:
    """A payment is created, declined, paid and read, with everything the API says of it."""
    async with client_of(api_of) as client:
        created = await client.payments.create(**ORDER, item_ids=["a"], metadata={"b": "c"})
        declined = await client.payments.confirm(
            created.id, payment_method="pm_card_visa_chargeDeclinedLostCard"
        )
        paid = await client.payments.confirm(created.id, payment_method="pm_card_visa")
        history = await client.payments.history(created.id)
        explanation = await client.payments.explain(created.id)

    assert created.client_secret is not None
    assert (created.item_ids, created.metadata) == (("a",), {"b": "c"})
    assert (created.created_at.tzinfo, created.expires_at > created.created_at) == (UTC, True)
    assert declined.last_outcome is not None
    assert declined.last_outcome.decline_code == "lost_card"
    assert [card.reason for card in declined.excluded_cards] == ["lost_card"]
    assert (paid.state, paid.handled, paid.answer.status) == ("succeeded", True, 200)
    assert [row.target for row in history.data] == [
        "created",
        "confirming",
        "card_disabled",
        "confirming",
        "succeeded",
    ]
    assert (history.data[1].actor.kind, explanation.state) == ("api_key", "succeeded")


async def test_a_repeat_is_told(api_of: Api) -> None:
    """The same key gives the same payment, and says that it is a repeat."""
    async with client_of(api_of) as client:
        first = await client.payments.create(**ORDER, idempotency_key="order-1001")
        again = await client.payments.create(**ORDER, idempotency_key="order-1001")

    assert first == again
    assert (first.answer.replayed, again.answer.replayed) == (False, True)
    assert first.answer.request_id != again.answer.request_id


async def test_an_unknown_outcome_is_told(api_of: Api) -> None:
    """A confirm whose answer Stripe lost is no failure: the outcome is unknown."""
    async with client_of(api_of) as client:
        payment = await client.payments.create(**ORDER)
        await api_of.world.fault("drop_after", match={"id": payment.payment_intent})
        sent = await client.payments.confirm(payment.id, payment_method="pm_card_visa")
        api_of.world.clock.advance(60)
        found = await client.payments.refresh(payment.id)

    assert (sent.state, sent.outcome_unknown, sent.awaits_customer) == ("confirming", True, False)
    assert (found.state, found.outcome_unknown) == ("succeeded", False)


async def test_a_challenge_is_told(api_of: Api) -> None:
    """A payment that waits for 3-D Secure says so, and its secret can be read again."""
    async with client_of(api_of) as client:
        created = await client.payments.create(**ORDER)
        payment = await client.payments.confirm(
            created.id, payment_method="pm_card_authenticationRequired"
        )
        secret = await client.payments.client_secret(payment.id)
        canceled = await client.payments.cancel(payment.id, reason="abandoned")

    assert payment.awaits_customer
    assert secret.client_secret == created.client_secret
    assert (canceled.state, canceled.failure_reason) == ("failed", "abandoned")


async def test_no_secret_is_shown_in_a_repr(api_of: Api) -> None:
    """What is printed or logged of a value holds no client secret, and of a client no key."""
    async with client_of(api_of) as client:
        created = await client.payments.create(**ORDER)
        challenged = await client.payments.confirm(
            created.id,
            payment_method="pm_card_authenticationRequired",
            return_url="https://shop.test/back",
        )
        secret = await client.payments.client_secret(created.id)
        shown = repr([created, challenged, secret, client, client.payments, client._http])

    assert created.client_secret is not None
    assert created.client_secret not in shown
    assert api_of.secret not in shown


async def test_payments_are_gone_through(api_of: Api) -> None:
    """Every payment is found once, newest first, whatever a page holds."""
    async with client_of(api_of) as client:
        made = [await client.payments.create(**ORDER, transaction_id="t") for _ in range(5)]
        await client.payments.create(**ORDER)
        found = [each async for each in client.payments.iterate(transaction_id="t", limit=2)]
        page = await client.payments.list(
            created_gte=made[1].created_at,
            created_lt=made[3].created_at + timedelta(microseconds=1),
        )

    assert [payment.id for payment in found] == [payment.id for payment in reversed(made)]
    assert [payment.id for payment in page.data] == [payment.id for payment in made[3:0:-1]]


async def test_a_customers_cards(api_of: Api) -> None:
    """Cards are attached, offered, put out of use, renewed and taken away."""
    _, admin = await api_of.key("ops", "admin")
    async with client_of(api_of) as client, client_of(api_of, admin) as desk:
        customer = await client.customers.create(name="Ada", email="ada@example.test")
        card = await client.customers.attach_card(customer.id, "pm_card_visa")
        updated = await client.cards.update(card.id, exp_year=2040, billing_details={"name": "A"})
        disabled = await desk.cards.disable(card.id, reason="reported")
        offered = await client.customers.cards(customer.id)
        every = await client.customers.cards(customer.id, include_disabled=True)
        payment = await client.payments.create(**ORDER, customer=customer.id)
        with pytest.raises(CardDisabled) as refused:
            await client.payments.confirm(payment.id, payment_method=card.id)
        enabled = await desk.cards.enable(card.id, reason="found again")
        detached = await client.cards.detach(card.id)
        read = await client.customers.get(customer.id)

    assert (updated.exp_year, disabled.usable, disabled.disabled_reason) == (
        2040,
        False,
        "reported",
    )
    assert (offered.data, [each.id for each in every.data]) == ((), [card.id])
    assert (refused.value.state, refused.value.allowed_events) == (
        "created",
        ("confirm", "cancel", "expire"),
    )
    assert (enabled.usable, detached.customer, read) == (True, None, customer)


async def test_refusals_have_their_class(api_of: Api) -> None:
    """Each refusal is the class a caller would catch."""
    async with client_of(api_of) as client, client_of(api_of, "ork_nobody") as stranger:
        payment = await client.payments.create(**ORDER)
        await client.payments.cancel(payment.id)
        with pytest.raises(PaymentHandled):
            await client.payments.confirm(payment.id, payment_method="pm_card_visa")
        with pytest.raises(NotFound):
            await client.payments.get("pay_nobody")
        with pytest.raises(Forbidden):
            await client.cards.disable("pm_card_visa", reason="x")
        with pytest.raises(Unauthorized):
            await stranger.machine()


async def test_the_machine_is_read(api_of: Api) -> None:
    """The machine comes with its fifteen edges."""
    async with client_of(api_of) as client:
        machine = await client.machine()

    assert len(machine.transitions) == 15
    assert machine.terminal_states == ("succeeded", "failed")


async def test_without_await(api_of: Api) -> None:
    """The other client does the same, over a socket."""

    def work(url: str) -> list[str]:
        with Client(url, api_of.secret) as client:
            made = [client.payments.create(**ORDER) for _ in range(3)]
            paid = client.payments.confirm(made[0].id, payment_method="pm_card_visa")
            customer = client.customers.create()
            card = client.customers.attach_card(customer.id, "pm_card_visa")
            assert client.cards.get(card.id) == card
            assert client.customers.cards(customer.id).data == (card,)
            assert client.machine().longest_path > 0
            assert [each.id for each in client.payments.iterate(limit=1)] == [
                payment.id for payment in reversed(made)
            ]
            return [paid.state]

    async with on_a_socket(api_of) as url:
        assert await asyncio.to_thread(work, url) == ["succeeded"]


@pytest.mark.parametrize("key", ["", " ork_1", "ork_1\n", "ork_é"])
def test_what_cannot_be_a_key_is_refused(key: str) -> None:
    """A key that no header could carry is told at once."""
    with pytest.raises(ValueError, match="API key"):
        Client("http://api", key)


@pytest.mark.parametrize(
    "key", ["", " ", " order-1", "order-1\n", "a\tb", "a\x00b", "bestellung-ü"]
)
def test_what_cannot_be_an_idempotency_key_is_refused(key: str) -> None:
    """No other key is made up in place of one that was given, and nothing is sent under it."""
    with serving(Reply()) as script:
        client = Client(script.url, "ork_1")
        with client, pytest.raises(ValueError, match="idempotency_key"):
            client.payments.create(**ORDER, idempotency_key=key)

    assert script.seen == []


@pytest.mark.parametrize(
    "address",
    ["", "api.example", "//api.example", "ftp://api.example", "http://", "http://[::1", "http:/x"],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_address_is_refused(kind: type[Client | AsyncClient], address: str) -> None:
    """An address to which nothing can be sent is told at once, and not tried again and again."""
    with pytest.raises(ValueError, match="base_url"):
        kind(address, "ork_1")


def test_it_loads_nothing_of_the_server() -> None:
    """A program that uses the client loads neither server, database nor Stripe."""
    program = (
        "import sys, orchestrator.client\n"
        "print(sorted(sys.modules.keys() & {'fastapi', 'sqlalchemy', 'stripe', 'starlette'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
