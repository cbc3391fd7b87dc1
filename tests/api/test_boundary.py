"""What holds for every request: its id, its line in the log, and that nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.api.conftest import Api

CARD = "4242424242424242"


class Broken:
    """Use cases that fail in a way nobody foresaw."""

    async def get(self, _payment_id: str, _owner: str | None) -> None:
        """Fail, telling a secret."""
        raise RuntimeError("the password is hunter2")


@pytest.mark.parametrize("path", ["/healthz", "/v1/machine", "/v1/payments/pay_x", "/nowhere"])
async def test_every_answer_has_a_request_id(sqlite_api: Api, path: str) -> None:
    """Successes and errors alike name the request."""
    answer = await sqlite_api.get(path)

    assert re.fullmatch(r"req_[0-9a-f]{24}", answer.headers["Request-Id"])


async def test_the_request_id_is_ours(sqlite_api: Api) -> None:
    """A client cannot choose the id under which its request is recorded."""
    headers = {"Request-Id": "req_mine", "Authorization": f"Bearer {sqlite_api.secret}"}
    answer = await sqlite_api.client.get("/v1/payments/pay_x", headers=headers)

    assert answer.headers.get_list("Request-Id") == [answer.json()["request_id"]]
    assert answer.json()["request_id"] != "req_mine"


async def test_the_request_id_stands_in_the_history(api: Api) -> None:
    """The row a request caused names it."""
    answer = await api.post("/v1/payments", {"amount": 1000, "currency": "usd"})
    history = await api.get(f"/v1/payments/{answer.json()['id']}/history")

    assert history.json()["data"][0]["request_id"] == answer.headers["Request-Id"]


async def test_a_bug_tells_nothing(sqlite_api: Api) -> None:
    """An unexpected failure is 500 in the usual shape, and its reason stays in our log."""
    sqlite_api.app.state.runtime.payments = Broken()

    with capture_logs() as lines:
        answer = await sqlite_api.get("/v1/payments/pay_x")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    failed = next(line for line in lines if line["event"] == "request_failed")
    assert failed["request_id"] == answer.headers["Request-Id"]


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/nowhere", "GET", 404, "not_found"),
        ("/v1/nowhere", "POST", 404, "not_found"),
        ("/docs", "GET", 404, "not_found"),
        ("/redoc", "GET", 404, "not_found"),
        ("/v1/machine/", "GET", 404, "not_found"),
        ("/v1/machine", "DELETE", 405, "method_not_allowed"),
        ("/v1/payments", "PUT", 405, "method_not_allowed"),
    ],
)
async def test_unknown_addresses(
    sqlite_api: Api, path: str, method: str, status: int, code: str
) -> None:
    """An address or method that does not exist is told in the same shape."""
    answer = await sqlite_api.client.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_one_line_a_request(sqlite_api: Api) -> None:
    """The access log names request, key, route, payment and status, and nothing secret."""
    payment = await sqlite_api.create(description="a red bicycle")

    with capture_logs() as lines:
        answer = await sqlite_api.confirm(payment, idempotency_key="idem-secret")

    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 1
    assert requests[0].pop("milliseconds") >= 0
    assert requests[0] == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "status": 200,
        "route": "/v1/payments/{payment_id}/confirm",
        "payment": payment["id"],
        "request_id": answer.headers["Request-Id"],
        "key_id": sqlite_api.secret.split("_")[1],
    }


async def test_no_log_line_holds_a_secret(sqlite_api: Api) -> None:
    """Neither key, client secret, description nor Idempotency-Key is ever logged."""
    with capture_logs() as lines:
        payment = await sqlite_api.create(description="a red bicycle")
        await sqlite_api.confirm(payment, idempotency_key="idem-secret")
        await sqlite_api.get("/v1/payments/pay_?secret=swordfish")
    text = repr(lines)

    hidden = (
        sqlite_api.secret,
        sqlite_api.secret.split("_", 2)[2],
        payment["client_secret"],
        "a red bicycle",
        "idem-secret",
        "swordfish",
    )
    assert [secret for secret in hidden if secret in text] == []


PLACES: Mapping[str, tuple[dict[str, Any], str]] = {
    "path": ({"path": f"/v1/payments/{CARD}"}, "path"),
    "path of no route": ({"path": f"/{CARD}"}, "path"),
    "path, grouped": ({"path": "/v1/payments/4242%204242%204242%204242/history"}, "path"),
    "query": ({"path": f"/v1/machine?card={CARD}"}, "query"),
    "query, grouped": ({"path": "/v1/machine?card=4242+4242+4242+4242"}, "query"),
    "query, escaped": ({"path": "/v1/machine?card=4242%2D4242%2D4242%2D4242"}, "query"),
    "Idempotency-Key": (
        {"path": "/v1/payments", "headers": {"Idempotency-Key": CARD}},
        "Idempotency-Key",
    ),
    "another header": ({"path": "/v1/machine", "headers": {"X-Note": CARD}}, "X-Note"),
    "User-Agent": ({"path": "/v1/machine", "headers": {"User-Agent": f"x/{CARD}"}}, "User-Agent"),
    "instead of a key": (
        {"path": "/v1/machine", "headers": {"Authorization": f"Bearer {CARD}"}},
        "Authorization",
    ),
}


@pytest.mark.parametrize("place", PLACES)
async def test_card_numbers_in_the_head(sqlite_api: Api, place: str) -> None:
    """A card number in path, query or header is refused, named, and neither told nor logged."""
    given, param = PLACES[place]
    headers = {"Authorization": f"Bearer {sqlite_api.secret}", **given.get("headers", {})}

    with capture_logs() as lines:
        answer = await sqlite_api.client.post(given["path"], headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "card_number_refused")
    assert answer.json()["param"] == param
    assert "4242" not in answer.text
    assert "4242" not in repr([{**line, "request_id": ""} for line in lines])


@pytest.mark.parametrize("header", ["traceparent", "x-datadog-trace-id"])
async def test_tracing_headers_are_not_read(sqlite_api: Api, header: str) -> None:
    """Decimal ids that a tracer made by chance look like a card; they are nobody's input."""
    headers = {"Authorization": f"Bearer {sqlite_api.secret}", header: CARD}
    answer = await sqlite_api.client.get("/v1/machine", headers=headers)

    assert answer.status_code == 200


async def test_a_key_whose_id_looks_like_a_card(sqlite_api: Api) -> None:
    """A key is never refused for the digits its id happens to have."""
    answer = await sqlite_api.get("/v1/machine", secret=f"ork_{CARD}_{'x' * 43}")

    assert answer.status_code == 401


async def test_every_line_of_a_request_names_it(sqlite_api: Api) -> None:
    """What is written on the way to an answer carries the id that the caller is told."""
    with capture_logs([merge_contextvars]) as lines:
        answer = await sqlite_api.post("/v1/payments", {"amount": 1000, "currency": "usd"})

    assert {line["event"] for line in lines} == {"payment_moved", "request"}
    assert {line["request_id"] for line in lines} == {answer.headers["Request-Id"]}
