"""What the gateway sends about customers and cards, and how it reads what comes back."""

from typing import Any

import pytest

from orchestrator.gateway.views import CardView, CustomerView, ReplyKind
from tests.gateway.conftest import Connect
from tests.gateway.scripted_server import Answer
from tests.gateway.stripe_json import error_json, list_json, payment_method_json

CUSTOMER: dict[str, Any] = {
    "id": "cus_1",
    "object": "customer",
    "created": 1_770_000_000,
    "email": "ada@example.test",
    "name": None,
    "metadata": {"crm": "7"},
}
ADA = CustomerView("cus_1", 1_770_000_000, "ada@example.test", None, {"crm": "7"})


async def test_create_sends_what_is_given(connect: Connect) -> None:
    """A customer is created with what is known of it, under the key it was given."""
    gateway, server = await connect(Answer(200, CUSTOMER))
    reply = await gateway.customers.create_customer(
        email="ada@example.test", name=None, metadata={"crm": "7"}, idempotency_key="k"
    )
    sent = server.requests[0]

    assert (reply.kind, reply.customer) == (ReplyKind.answered, ADA)
    assert (sent.path, sent.headers["idempotency-key"]) == ("/v1/customers", "k")
    assert sent.form == {"email": "ada@example.test", "metadata[crm]": "7"}


async def test_a_customer_is_read(connect: Connect) -> None:
    """A customer is read by its id."""
    gateway, server = await connect(Answer(200, CUSTOMER))
    reply = await gateway.customers.retrieve_customer("cus_1")

    assert reply.customer == ADA
    assert server.requests[0].path == "/v1/customers/cus_1"


async def test_a_deleted_customer_is_none(connect: Connect) -> None:
    """Of a deleted customer Stripe knows the id alone: that is an answer, and no customer."""
    deleted = {"id": "cus_1", "object": "customer", "deleted": True}
    gateway, _ = await connect(Answer(200, deleted))
    reply = await gateway.customers.retrieve_customer("cus_1")

    assert (reply.kind, reply.customer) == (ReplyKind.answered, None)


@pytest.mark.parametrize("body", [{}, {"id": "cus_1"}, {"created": 1}, [], "cus_1"])
async def test_half_a_customer_is_unknown(connect: Connect, body: Any) -> None:
    """What lacks its id or its time is no customer."""
    gateway, _ = await connect(Answer(200, body))
    reply = await gateway.customers.retrieve_customer("cus_1")

    assert (reply.kind, reply.customer) == (ReplyKind.unknown, None)


async def test_a_refusal_names_its_parameter(connect: Connect) -> None:
    """Stripe's code and parameter come through."""
    error = error_json(code="email_invalid", param="email")
    gateway, _ = await connect(Answer(400, error))
    reply = await gateway.customers.create_customer(
        email="x", name=None, metadata={}, idempotency_key="k"
    )

    assert (reply.kind, reply.code, reply.param) == (
        ReplyKind.refused,
        "email_invalid",
        "email",
    )


async def test_attach_names_card_and_customer(connect: Connect) -> None:
    """A card is attached by its id, to the customer."""
    gateway, server = await connect(Answer(200, payment_method_json(customer="cus_1")))
    reply = await gateway.customers.attach_card("pm_1", "cus_1", idempotency_key="k")
    sent = server.requests[0]

    assert reply.card is not None
    assert reply.card.customer == "cus_1"
    assert (sent.path, sent.form) == ("/v1/payment_methods/pm_1/attach", {"customer": "cus_1"})


async def test_a_card_its_issuer_declines_is_not_kept(connect: Connect) -> None:
    """A 402 is an answer without a card, and says why."""
    error = error_json(code="card_declined", decline_code="stolen_card")
    gateway, _ = await connect(Answer(402, error))
    reply = await gateway.customers.attach_card("pm_1", "cus_1", idempotency_key="k")

    assert (reply.kind, reply.card, reply.code) == (ReplyKind.answered, None, "card_declined")


async def test_cards_are_read_page_by_page(connect: Connect) -> None:
    """The list of a customer's cards is whole, however many pages it has."""
    first = list_json(payment_method_json(id="pm_1"), has_more=True)
    gateway, server = await connect(
        Answer(200, first), Answer(200, list_json(payment_method_json(id="pm_2")))
    )
    reply = await gateway.customers.list_cards("cus_1")

    assert [card.payment_method for card in reply.cards] == ["pm_1", "pm_2"]
    assert [request.query.get("starting_after") for request in server.requests] == [None, "pm_1"]
    assert server.requests[0].query | {"limit": ""} == {
        "customer": "cus_1",
        "type": "card",
        "limit": "",
    }


@pytest.mark.parametrize(
    "second",
    [Answer(500, {}), Answer(200, {"data": [{}]}), Answer(200, {"data": None}), Answer(200, [])],
)
async def test_half_a_list_is_no_list(connect: Connect, second: Answer) -> None:
    """Where one page cannot be read, none of the cards is told of."""
    first = list_json(payment_method_json(id="pm_1"), has_more=True)
    gateway, _ = await connect(Answer(200, first), second)
    reply = await gateway.customers.list_cards("cus_1")

    assert (reply.kind, reply.cards) == (ReplyKind.unknown, ())


async def test_a_list_without_end_is_no_list(connect: Connect) -> None:
    """A server that always has more is not followed for ever."""
    endless = list_json(payment_method_json(id="pm_1"), has_more=True)
    gateway, server = await connect(Answer(200, endless))
    reply = await gateway.customers.list_cards("cus_1")

    assert (reply.kind, reply.cards) == (ReplyKind.unknown, ())
    assert len(server.requests) == 10


async def test_an_update_sends_only_the_changes(connect: Connect) -> None:
    """Nested changes are sent as Stripe takes them."""
    gateway, server = await connect(Answer(200, payment_method_json()))
    changes = {"card": {"exp_year": 2040}, "billing_details": {"address": {"city": "Ulm"}}}
    reply = await gateway.customers.update_card("pm_1", changes, idempotency_key="k")

    assert isinstance(reply.card, CardView)
    assert server.requests[0].form == {
        "card[exp_year]": "2040",
        "billing_details[address][city]": "Ulm",
    }


async def test_detach_sends_nothing_but_the_id(connect: Connect) -> None:
    """A card is taken away by its id."""
    gateway, server = await connect(Answer(200, payment_method_json()))
    reply = await gateway.customers.detach_card("pm_1", idempotency_key="k")

    assert reply.kind is ReplyKind.answered
    assert (server.requests[0].path, server.requests[0].form) == (
        "/v1/payment_methods/pm_1/detach",
        {},
    )


@pytest.mark.parametrize("id", ["", "cus_1/../x", "cus 1", "cus_é"])
async def test_what_cannot_be_an_id_is_not_sent(connect: Connect, id: str) -> None:
    """An empty id would ask for the list, and a slash for something else."""
    gateway, server = await connect(Answer(200, CUSTOMER))

    with pytest.raises(ValueError, match="cannot be the id"):
        await gateway.customers.retrieve_customer(id)
    assert server.requests == []
