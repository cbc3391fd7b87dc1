"""Customers over HTTP: made at Stripe once, and nobody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import Api

ADA = {"email": "ada@example.test", "name": "Ada", "metadata": {"crm": "7"}}


async def made(api: Api, **fields: Any) -> dict[str, Any]:
    """Create a customer."""
    answer = await api.post("/v1/customers", fields)
    assert answer.status_code == 201, answer.text
    customer: dict[str, Any] = answer.json()
    return customer


async def customers_at_stripe(api: Api) -> int:
    """Count the customers that the stand-in has."""
    async with api.world.http.get(f"{api.world.url}/v1/customers?limit=100") as answer:
        return len((await answer.json())["data"])


async def test_a_customer_is_what_was_given(api: Api) -> None:
    """The customer is Stripe's, with what was given."""
    customer = await made(api, **ADA)

    assert customer["id"].startswith("cus_")
    assert customer["created_at"].endswith("Z")
    assert customer | {"id": "", "created_at": ""} == {
        "id": "",
        "object": "customer",
        **ADA,
        "created_at": "",
    }


async def test_nothing_need_be_given(api: Api) -> None:
    """A customer may be nobody in particular, and the body may be missing."""
    answer = await api.post("/v1/customers", content=b"")

    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["metadata"]) == (None, {})


async def test_a_customer_is_read_at_stripe(api: Api) -> None:
    """What changed at Stripe since is shown."""
    customer = await made(api, **ADA)
    path = f"{api.world.url}/v1/customers/{customer['id']}"
    async with api.world.http.post(path, data={"name": "Ada L."}) as changed:
        assert changed.status == 200
    read = await api.get(f"/v1/customers/{customer['id']}")

    assert read.json() == customer | {"name": "Ada L."}


async def test_the_same_request_makes_one_customer(api: Api) -> None:
    """Sent again under its key, a create answers with the customer it made."""
    first = await api.post("/v1/customers", ADA, idempotency_key="order-1")
    again = await api.post("/v1/customers", ADA, idempotency_key="order-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await customers_at_stripe(api) == 1


async def test_a_key_stands_for_one_request(api: Api) -> None:
    """Another body under the key, or another kind of request, is refused."""
    await api.post("/v1/customers", ADA, idempotency_key="order-1")
    other = await api.post("/v1/customers", {"name": "Bob"}, idempotency_key="order-1")
    payment = await api.post(
        "/v1/payments", {"amount": 1000, "currency": "usd"}, idempotency_key="order-1"
    )

    assert [answer.json()["code"] for answer in (other, payment)] == ["idempotency_key_reused"] * 2
    assert await customers_at_stripe(api) == 1


async def test_a_payments_key_makes_no_customer(api: Api) -> None:
    """A key that stands for a payment is refused for a customer."""
    await api.post("/v1/payments", {"amount": 1000, "currency": "usd"}, idempotency_key="order-1")
    customer = await api.post("/v1/customers", ADA, idempotency_key="order-1")

    assert customer.json()["code"] == "idempotency_key_reused"
    assert await customers_at_stripe(api) == 0


async def test_twenty_at_once_make_one_customer(api: Api) -> None:
    """The same request twenty times at the same moment makes one customer."""
    answers = await asyncio.gather(
        *(api.post("/v1/customers", ADA, idempotency_key="order-1") for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await customers_at_stripe(api) == 1


@pytest.mark.parametrize("kind", ["drop_after", "bad_gateway_502", "error_500_unstored"])
async def test_a_lost_answer_is_asked_for_again(api: Api, kind: str) -> None:
    """Where Stripe's answer was lost the caller may send the request again: still one customer."""
    await api.world.fault(kind, "customers.create", effect=kind == "bad_gateway_502", times=2)
    answers = [await api.post("/v1/customers", ADA, idempotency_key="order-1") for _ in range(3)]
    last = answers[-1]

    assert last.status_code == 201
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert await customers_at_stripe(api) == 1


async def test_a_stored_error_is_got_past(api: Api) -> None:
    """A 500 that Stripe keeps for the key does not keep the customer from being made."""
    await api.world.fault("error_500_stored", "customers.create")
    answer = await api.post("/v1/customers", ADA, idempotency_key="order-1")

    assert answer.status_code == 201


async def test_stripes_refusal_is_told(api: Api) -> None:
    """What Stripe calls invalid is 422, with its code and the field."""
    answer = await api.post(
        "/v1/payments", {"amount": 1000, "currency": "usd", "customer": "cus_x"}
    )

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["stripe_code"], answer.json()["param"]) == (
        "stripe_refused",
        "resource_missing",
        "customer",
    )


async def test_another_owners_customer_is_not_found(api: Api) -> None:
    """Nobody sees or pays with the customer of another owner; keys of one name share theirs."""
    customer = await made(api, **ADA)
    _, other = await api.key("other")
    _, rotated = await api.key("shop")
    path = f"/v1/customers/{customer['id']}"
    payment = {"amount": 1000, "currency": "usd", "customer": customer["id"]}

    hidden = [
        await api.get(path, secret=other),
        await api.get(f"{path}/cards", secret=other),
        await api.post(f"{path}/cards", {"payment_method": "pm_card_visa"}, secret=other),
        await api.post("/v1/payments", payment, secret=other),
    ]
    shared = [
        await api.get(path, secret=rotated),
        await api.post("/v1/payments", payment, secret=rotated),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in hidden] == [
        (404, "not_found")
    ] * 4
    assert hidden[-1].json()["param"] == "customer"
    assert [answer.status_code for answer in shared] == [200, 201]


async def test_a_customer_made_elsewhere_is_taken(api: Api) -> None:
    """A customer that was made with Stripe directly is anybody's who knows its id."""
    async with api.world.http.post(f"{api.world.url}/v1/customers") as answer:
        customer = (await answer.json())["id"]
    _, other = await api.key("other")
    attached = await api.post(f"/v1/customers/{customer}/cards", {"payment_method": "pm_card_visa"})
    listed = await api.get(f"/v1/customers/{customer}/cards", secret=other)

    assert attached.status_code == 201
    assert [card["id"] for card in listed.json()["data"]] == [attached.json()["id"]]


@pytest.mark.parametrize("id", ["cus_nobody", "cus_", "pm_1", "cus_%00", "cus_a.b"])
async def test_an_unknown_customer_is_not_found(sqlite_api: Api, id: str) -> None:
    """An id that Stripe does not know, or that is none, is 404."""
    answers = [
        await sqlite_api.get(f"/v1/customers/{id}"),
        await sqlite_api.get(f"/v1/customers/{id}/cards"),
        await sqlite_api.post(f"/v1/customers/{id}/cards", {"payment_method": "pm_card_visa"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "not_found")
    ] * 3


async def test_a_deleted_customer_is_not_found(api: Api) -> None:
    """A customer that was deleted at Stripe is gone."""
    customer = await made(api, **ADA)
    async with api.world.http.delete(f"{api.world.url}/v1/customers/{customer['id']}") as gone:
        assert gone.status == 200
    answers = [
        await api.get(f"/v1/customers/{customer['id']}"),
        await api.get(f"/v1/customers/{customer['id']}/cards"),
        await api.post(f"/v1/customers/{customer['id']}/cards", {"payment_method": "pm_card_visa"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


async def test_stripe_out_of_reach_is_503(api: Api) -> None:
    """Where Stripe gives no answer nothing was written, and the answer says so."""
    customer = await made(api, **ADA)
    path = f"/v1/customers/{customer['id']}"
    await api.world.fault("drop_before", "*", times=None)
    answers = [
        await api.post("/v1/customers", ADA),
        await api.get(path),
        await api.get(f"{path}/cards"),
        await api.post(f"{path}/cards", {"payment_method": "pm_card_visa"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (503, "stripe_unavailable")
    ] * 4
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
