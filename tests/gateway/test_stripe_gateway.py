"""What the gateway sends, and how it reads an intent together with its charges."""

from typing import Any

import pytest
import stripe

from orchestrator.gateway.views import CardView, ReplyKind
from tests.gateway.conftest import API_KEY, Connect
from tests.gateway.scripted_server import Answer
from tests.gateway.stripe_json import (
    charge_json,
    error_json,
    failed_charge_json,
    intent_json,
    list_json,
    payment_method_json,
)

CREATION: dict[str, Any] = {
    "amount": 2000,
    "currency": "usd",
    "customer": None,
    "description": None,
    "metadata": {"payment_id": "pay_1"},
    "setup_future_usage": None,
    "idempotency_key": "pay_1:create",
}


async def test_create_sends_a_card_intent_and_no_confirm(connect: Connect) -> None:
    """Creation is for cards alone, unconfirmed, and leaves out what is not given."""
    gateway, server = await connect(Answer(200, intent_json()))
    reply = await gateway.create_intent(**CREATION)

    assert reply.kind is ReplyKind.answered
    assert server.requests[0].form == {
        "amount": "2000",
        "currency": "usd",
        "metadata[payment_id]": "pay_1",
        "payment_method_types[0]": "card",
    }


async def test_create_sends_what_is_given(connect: Connect) -> None:
    """The optional facts of a payment reach Stripe under its own names."""
    gateway, server = await connect(Answer(200, intent_json()))
    await gateway.create_intent(
        **CREATION
        | {"customer": "cus_1", "description": "A & B", "setup_future_usage": "off_session"}
    )
    form = server.requests[0].form

    assert (form["customer"], form["description"], form["setup_future_usage"]) == (
        "cus_1",
        "A & B",
        "off_session",
    )


async def test_posts_carry_key_version_and_authorization(connect: Connect) -> None:
    """A call names its own idempotency key, the SDK's API version and our key."""
    gateway, server = await connect(Answer(200, intent_json()))
    await gateway.create_intent(**CREATION)
    request = server.requests[0]

    assert (request.method, request.path) == ("POST", "/v1/payment_intents")
    assert request.headers["idempotency-key"] == "pay_1:create"
    assert request.headers["stripe-version"] == stripe.api_version
    assert request.headers["authorization"] == f"Bearer {API_KEY}"


async def test_confirm_sends_the_stored_parameters(connect: Connect) -> None:
    """A confirmation carries exactly what was stored, so it can be sent again."""
    gateway, server = await connect(Answer(200, intent_json()))
    parameters = {
        "payment_method": "pm_1",
        "off_session": True,
        "return_url": "https://shop.example/back?a=1&b=2",
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
    }
    await gateway.confirm_intent("pi_1", parameters, "pay_1:confirm:1")
    request = server.requests[0]

    assert request.path == "/v1/payment_intents/pi_1/confirm"
    assert request.headers["idempotency-key"] == "pay_1:confirm:1"
    assert request.form == {
        "payment_method": "pm_1",
        "off_session": "true",
        "return_url": "https://shop.example/back?a=1&b=2",
        "payment_method_options[card][request_three_d_secure]": "any",
    }


async def test_confirm_refuses_parameters_of_the_sdk(connect: Connect) -> None:
    """A stored parameter cannot replace the call's key or address."""
    gateway, server = await connect(Answer(200, intent_json()))

    with pytest.raises(ValueError, match="keeps for itself"):
        await gateway.confirm_intent("pi_1", {"api_key": "sk_live_other"}, "key")
    assert server.requests == []


@pytest.mark.parametrize(
    ("reason", "form"),
    [(None, {}), ("duplicate", {"cancellation_reason": "duplicate"})],
    ids=["without-reason", "with-reason"],
)
async def test_cancel_sends_its_reason(
    connect: Connect, reason: str | None, form: dict[str, str]
) -> None:
    """A cancellation says why, if there is a reason Stripe knows."""
    gateway, server = await connect(Answer(200, intent_json(status="canceled")))
    reply = await gateway.cancel_intent("pi_1", reason=reason, idempotency_key="k")

    assert reply.intent is not None
    assert reply.intent.status == "canceled"
    assert (server.requests[0].path, server.requests[0].form) == (
        "/v1/payment_intents/pi_1/cancel",
        form,
    )


async def test_retrieve_leaves_charges_unread(connect: Connect) -> None:
    """Retrieving is one light request; the charges stay null."""
    gateway, server = await connect(Answer(200, intent_json(latest_charge="ch_1")))
    reply = await gateway.retrieve_intent("pi_1")

    assert reply.intent is not None
    assert reply.intent.charges is None
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", "/v1/payment_intents/pi_1")
    ]


async def test_list_charges_follows_the_pages(connect: Connect) -> None:
    """All pages are read, newest first, each starting after the last charge seen."""
    gateway, server = await connect(
        Answer(
            200, list_json(charge_json(id="ch_3"), failed_charge_json(id="ch_2"), has_more=True)
        ),
        Answer(200, list_json(failed_charge_json())),
    )
    reply = await gateway.list_charges("pi_1")

    assert [charge.id for charge in reply.charges] == ["ch_3", "ch_2", "ch_1"]
    assert [request.query for request in server.requests] == [
        {"payment_intent": "pi_1", "limit": "100"},
        {"payment_intent": "pi_1", "limit": "100", "starting_after": "ch_2"},
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(500, error_json(type="api_error")), ReplyKind.unknown),
        (Answer(429, error_json(code="rate_limit")), ReplyKind.busy),
        (Answer(200, list_json({"id": "ch_1"})), ReplyKind.unknown),
        (Answer(200, {"object": "list"}), ReplyKind.unknown),
    ],
    ids=["500", "429", "half-a-charge", "no-items"],
)
async def test_half_a_list_is_none(connect: Connect, answer: Answer, kind: ReplyKind) -> None:
    """If the second page cannot be read, the first is not passed off as the list."""
    gateway, _ = await connect(Answer(200, list_json(charge_json(), has_more=True)), answer)
    reply = await gateway.list_charges("pi_1")

    assert (reply.kind, reply.charges) == (kind, ())


async def test_endless_list_is_unknown(connect: Connect) -> None:
    """A list that never ends is given up after ten pages."""
    gateway, server = await connect(Answer(200, list_json(charge_json(), has_more=True)))
    reply = await gateway.list_charges("pi_1")

    assert (reply.kind, reply.charges, len(server.requests)) == (ReplyKind.unknown, (), 10)


async def test_read_merges_the_charges(connect: Connect) -> None:
    """Reading takes the intent first and then its charges, into one view."""
    gateway, server = await connect(
        Answer(200, intent_json(latest_charge="ch_1")),
        Answer(200, list_json(failed_charge_json())),
    )
    reply = await gateway.read_intent("pi_1")

    assert reply.intent is not None
    assert reply.intent.charges is not None
    assert [charge.id for charge in reply.intent.charges] == ["ch_1"]
    assert [request.path for request in server.requests] == [
        "/v1/payment_intents/pi_1",
        "/v1/charges",
    ]


async def test_read_without_charge_asks_once(connect: Connect) -> None:
    """An intent that was never charged has an empty list, known without asking."""
    gateway, server = await connect(Answer(200, intent_json()))
    reply = await gateway.read_intent("pi_1")

    assert reply.intent is not None
    assert (reply.intent.charges, len(server.requests)) == ((), 1)


async def test_read_fails_as_its_charges_fail(connect: Connect) -> None:
    """Where the charges cannot be read, the reading has that end and no list."""
    gateway, _ = await connect(
        Answer(200, intent_json(latest_charge="ch_1")),
        Answer(429, error_json(code="rate_limit")),
    )
    reply = await gateway.read_intent("pi_1")

    assert (reply.kind, reply.code, reply.http_status) == (ReplyKind.busy, "rate_limit", 429)
    assert reply.intent is not None
    assert reply.intent.charges is None


async def test_read_stops_where_the_intent_is_not_known(connect: Connect) -> None:
    """Without the intent its charges are not asked for."""
    gateway, server = await connect(Answer(500, error_json(type="api_error")))
    reply = await gateway.read_intent("pi_1")

    assert (reply.kind, len(server.requests)) == (ReplyKind.unknown, 1)


async def test_card_is_retrieved(connect: Connect) -> None:
    """A payment method is read as a card."""
    gateway, server = await connect(Answer(200, payment_method_json()))
    reply = await gateway.retrieve_card("pm_1")

    assert reply.card == CardView("pm_1", "fp_visa", "visa", "4242", 8, 2031)
    assert server.requests[0].path == "/v1/payment_methods/pm_1"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(404, error_json(code="resource_missing")), ReplyKind.refused, "resource_missing"),
        (Answer(200, {}), ReplyKind.unknown, None),
        (Answer(hang_up=True), ReplyKind.unknown, None),
    ],
    ids=["unknown-card", "no-card", "closed"],
)
async def test_card_that_cannot_be_read(
    connect: Connect, answer: Answer, kind: ReplyKind, code: str | None
) -> None:
    """An id that Stripe does not know, or an answer that is no card, gives none."""
    gateway, _ = await connect(answer)
    reply = await gateway.retrieve_card("pm_1")

    assert (reply.kind, reply.code, reply.card) == (kind, code, None)


async def test_shared_test_card_comes_back_under_another_id(connect: Connect) -> None:
    """Stripe makes a new card of a shared test id at every use, so its id may differ."""
    gateway, _ = await connect(Answer(200, payment_method_json(id="pm_2")))
    reply = await gateway.retrieve_card("pm_card_visa")

    assert reply.kind is ReplyKind.answered
    assert reply.card is not None
    assert reply.card.payment_method == "pm_2"
