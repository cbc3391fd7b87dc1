"""How much of a body is read, and that no more is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.bodies import MAX_BODY_BYTES
from tests.api.conftest import Api

CHUNK = 1024


class Stream:
    """A body that is sent in pieces, without saying how long it is."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.pieces):
            self.sent += 1
            yield b" " * CHUNK


def headers(api: Api) -> dict[str, str]:
    """Return what a post needs."""
    return {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "k"}


@pytest.mark.parametrize("operation", ["", "/pay_1/confirm", "/pay_1/cancel", "/pay_1/refresh"])
async def test_a_long_body(sqlite_api: Api, operation: str) -> None:
    """A body that is longer than any request needs is 413 on every route."""
    answer = await sqlite_api.post(f"/v1/payments{operation}", content=b" " * (MAX_BODY_BYTES + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_a_declared_length_is_enough(sqlite_api: Api) -> None:
    """A body that says it is too long is refused before it is read."""
    stream = Stream(1)
    given = headers(sqlite_api) | {"Content-Length": "9" * 30}

    answer = await sqlite_api.client.post("/v1/payments", content=stream, headers=given)

    assert (answer.status_code, stream.sent) == (413, 0)


async def test_a_body_without_end(sqlite_api: Api) -> None:
    """A body that never says how long it is is read up to the limit and no further."""
    stream = Stream(10 * MAX_BODY_BYTES // CHUNK)

    answer = await sqlite_api.client.post(
        "/v1/payments", content=stream, headers=headers(sqlite_api)
    )

    assert answer.status_code == 413
    assert stream.sent == MAX_BODY_BYTES // CHUNK + 1


async def test_a_short_declared_length_is_not_believed(sqlite_api: Api) -> None:
    """What was declared does not raise the limit."""
    stream = Stream(2 * MAX_BODY_BYTES // CHUNK)
    given = headers(sqlite_api) | {"Content-Length": "10"}

    answer = await sqlite_api.client.post("/v1/payments", content=stream, headers=given)

    assert answer.status_code == 413


async def test_the_longest_body(sqlite_api: Api) -> None:
    """A body of exactly the limit is read."""
    body = b'{"amount": 1000, "currency": "usd"}'

    answer = await sqlite_api.post("/v1/payments", content=body.ljust(MAX_BODY_BYTES))

    assert answer.status_code == 201


async def test_strangers_send_no_bodies(sqlite_api: Api) -> None:
    """Without a key not a byte of the body is read."""
    stream = Stream(1)

    answer = await sqlite_api.client.post("/v1/payments", content=stream)

    assert (answer.status_code, stream.sent) == (401, 0)


@pytest.mark.parametrize("media", [None, "application/json", "Application/JSON; charset=utf-8"])
async def test_json_however_declared(sqlite_api: Api, media: str | None) -> None:
    """JSON needs no declaration, and may have a parameter."""
    declared = {} if media is None else {"Content-Type": media}
    body = b'{"amount": 1000, "currency": "usd"}'

    answer = await sqlite_api.post("/v1/payments", content=body, headers=declared)

    assert answer.status_code == 201
