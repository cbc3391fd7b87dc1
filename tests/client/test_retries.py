"""What is sent again, how long is waited, and under which key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orchestrator.client import (
    AsyncClient,
    Client,
    ClientError,
    IdempotencyKeyInUse,
    InvalidRequest,
    Payment,
    RateLimited,
    Retries,
    ServerFault,
    StripeUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from tests.client.conftest import PAYMENT, QUICK, Reply, Script, serving

ORDER: dict[str, Any] = {"amount": 1000, "currency": "usd"}
HANG_UP = Reply(0)


def problem(status: int, code: str, **headers: str) -> Reply:
    """Build a refusal of the API's."""
    body = {"status": status, "code": code, "detail": "No.", "request_id": "req_1"}
    return Reply(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


BUSY = problem(503, "stripe_unavailable")


def create(script: Script, kind: str, **more: Any) -> Payment:
    """Create a payment with either client."""
    if kind == "sync":
        with Client(script.url, "ork_1", retries=QUICK) as client:
            return client.payments.create(**ORDER, **more)

    async def later() -> Payment:
        async with AsyncClient(script.url, "ork_1", retries=QUICK) as client:
            return await client.payments.create(**ORDER, **more)

    return asyncio.run(later())


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
@pytest.mark.parametrize(
    "first",
    [
        HANG_UP,
        BUSY,
        problem(500, "internal_error"),
        problem(503, "not_ready"),
        problem(429, "rate_limited"),
        problem(409, "idempotency_key_in_use"),
        problem(409, "write_conflict"),
        Reply(502, b"<html>Bad Gateway</html>"),
        Reply(504, b""),
    ],
    ids=lambda reply: f"{reply.status}",
)
def test_it_is_sent_again_under_its_key(kind: str, first: Reply) -> None:
    """What may pass is sent again, the very same request under the very same key."""
    with serving(first, Reply()) as script:
        payment = create(script, kind)

    assert payment.id == "pay_1"
    assert len(script.seen) == 2
    assert script.keys[0] is not None
    assert script.keys[0] == script.keys[1]
    assert script.seen[0][3] == script.seen[1][3]


@both
@pytest.mark.parametrize(
    "refusal",
    [
        problem(400, "malformed_json"),
        problem(401, "unauthorized"),
        problem(403, "forbidden"),
        problem(404, "not_found"),
        problem(409, "payment_handled"),
        problem(409, "card_disabled"),
        problem(413, "payload_too_large"),
        problem(422, "validation_error"),
        problem(422, "stripe_refused"),
    ],
    ids=lambda reply: f"{reply.body['code']}",
)
def test_what_would_not_change_is_not_sent_again(kind: str, refusal: Reply) -> None:
    """A refusal that will be the same the next time is told at once."""
    with serving(refusal) as script, pytest.raises(ClientError):
        create(script, kind)

    assert len(script.seen) == 1


@both
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (HANG_UP, Unreachable),
        (BUSY, StripeUnavailable),
        (problem(500, "internal_error"), ServerFault),
        (problem(429, "rate_limited"), RateLimited),
        (problem(409, "idempotency_key_in_use"), IdempotencyKeyInUse),
        (Reply(502, b"<html>"), ServerFault),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_given_up_with_its_key(kind: str, reply: Reply, error: type[ClientError]) -> None:
    """After the last try the error carries the key, so that the request can be sent again."""
    with serving(reply) as script, pytest.raises(error) as caught:
        create(script, kind)

    assert len(script.seen) == 4
    assert {caught.value.idempotency_key} == set(script.keys)


@both
def test_the_callers_key_is_used(kind: str) -> None:
    """A key that is given is the one that is sent."""
    with serving(Reply()) as script:
        create(script, kind, idempotency_key="order-1001")

    assert script.keys == ["order-1001"]


def test_each_call_has_a_key_of_its_own() -> None:
    """Two calls without a key are two requests."""
    with serving(Reply()) as script:
        create(script, "sync")
        create(script, "sync")

    assert len(set(script.keys)) == 2


@both
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}", b'{"id": "pay_1"}'])
def test_what_is_no_answer_is_told_as_such(kind: str, body: bytes) -> None:
    """A 200 of something else than the API is no payment."""
    with serving(Reply(200, body)) as script, pytest.raises(UnreadableAnswer):
        create(script, kind)


def test_nothing_listens() -> None:
    """Where nothing listens, the error says so and keeps the key."""
    client = Client("http://127.0.0.1:9", "ork_1", retries=Retries(most=0))

    with client, pytest.raises(Unreachable) as caught:
        client.payments.create(**ORDER, idempotency_key="order-1001")
    assert caught.value.idempotency_key == "order-1001"


@both
def test_what_was_asked_is_sent(kind: str) -> None:
    """The key, the body and the API key travel where the API looks for them."""
    with serving(Reply()) as script:
        create(script, kind, item_ids=("a", "b"))
    method, path, headers, body = script.seen[0]

    assert (method, path, headers["authorization"]) == ("POST", "/v1/payments", "Bearer ork_1")
    assert headers["content-type"] == "application/json"
    assert body == b'{"amount": 1000, "currency": "usd", "item_ids": ["a", "b"]}'


def test_a_base_with_a_path_is_kept() -> None:
    """A service behind a prefix is found."""
    with serving(Reply(200)) as script, Client(script.url + "/pay", "ork_1") as client:
        client.payments.get("pay_1")

    assert script.seen[0][1] == "/pay/v1/payments/pay_1"


@pytest.mark.parametrize("id", ["a/b", "../x", "...", ".a", "a?b", "é"])
def test_an_id_stays_an_id(id: str) -> None:
    """No id can lead to another address."""
    with serving(problem(404, "not_found")) as script:
        client = Client(script.url, "ork_1")
        with client, pytest.raises(ClientError):
            client.payments.get(id)

    assert script.seen[0][1].count("/") == 3
    assert "?" not in script.seen[0][1]


@pytest.mark.parametrize(
    ("id", "why"), [("", "empty"), (".", "another address"), ("..", "another address")]
)
@pytest.mark.parametrize("operation", ["get", "confirm", "history"])
def test_what_is_no_id_is_refused(id: str, why: str, operation: str) -> None:
    """What would lead to another address is refused before anything is sent."""
    more = {"payment_method": "pm_card_visa"} if operation == "confirm" else {}
    with serving(Reply(200)) as script:
        client = Client(script.url, "ork_1")
        with client, pytest.raises(ValueError, match=why):
            getattr(client.payments, operation)(id, **more)

    assert script.seen == []


# ── the waits ────────────────────────────────────────────────────────────────────────────────


def test_waits_grow_to_a_bound() -> None:
    """Each wait is twice the one before, up to a bound, and the tries are counted."""
    retries = Retries(most=7, dice=lambda: 1.0)

    assert [retries.wait_after_silence(tries) for tries in range(1, 9)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        8.0,
        8.0,
        None,
    ]


def test_waits_are_spread() -> None:
    """Clients that failed together do not come back together: half of each wait is chance."""
    shortest, longest = Retries(dice=lambda: 0.0), Retries(dice=lambda: 1.0)

    assert (shortest.wait_after_silence(2), longest.wait_after_silence(2)) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("asked", "waited"), [(None, 0.5), (0.1, 0.5), (5.0, 5.0), (86400.0, 30.0)]
)
def test_the_service_may_ask_for_more(asked: float | None, waited: float) -> None:
    """Retry-After is heeded where it is longer, within reason."""
    retries = Retries(dice=lambda: 1.0)

    assert retries.wait_after_answer(1, 503, "stripe_unavailable", asked) == waited


@pytest.mark.parametrize("text", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", ""])
def test_another_retry_after_is_passed_over(text: str) -> None:
    """A Retry-After that is no whole number of seconds does not stop the client."""
    busy = problem(503, "stripe_unavailable", Retry_After=text)
    with serving(busy, Reply()) as script:
        payment = create(script, "sync")

    assert payment.id == PAYMENT["id"]


def test_the_problem_is_told_whole() -> None:
    """An error has all that the API says of it."""
    body = {
        "status": 409,
        "code": "payment_handled",
        "detail": "It is over.",
        "param": None,
        "request_id": "req_1",
        "state": "failed",
        "allowed_events": [],
    }
    with serving(Reply(409, body)) as script, pytest.raises(ClientError) as caught:
        create(script, "sync")
    error: Any = caught.value

    assert str(error) == "payment_handled: It is over."
    assert (error.status, error.state, error.allowed_events, error.request_id) == (
        409,
        "failed",
        (),
        "req_1",
    )


def test_an_unknown_code_is_known_by_its_status() -> None:
    """A code of a newer service is the nearest class by its status."""
    with serving(problem(422, "of_the_future")) as script, pytest.raises(InvalidRequest) as caught:
        create(script, "sync")

    assert caught.value.code == "of_the_future"
