"""Following the feed: events as they come, gone on with after a loss, and given up in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from orchestrator.client import (
    AsyncClient,
    Client,
    Event,
    Retries,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
)
from tests.client.conftest import PAYMENT, QUICK, Reply, Script, serving

both = pytest.mark.parametrize("kind", ["sync", "async"])
TRANSITION: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("source", "attempt", "handler", "handler_error", "completed", "requires_retry"),
            *("code", "decline_code", "reason", "request_id", "stripe_request_id"),
            *("stripe_event_id", "evidence"),
        )
    ),
    "payment": "pay_1",
    "sequence": 1,
    "event": "create",
    "target": "created",
    "actor": {"kind": "api_key", "id": "k"},
    "machine_version": "1",
    "rules_version": "1",
    "occurred_at": "2026-03-01T12:00:00.000000Z",
    "previous_hash": "0",
    "hash": "1",
}


def told(*ids: str, **payment: Any) -> bytes:
    """Draw events as the service does."""
    documents = (
        {
            "id": id,
            "type": "payment.created",
            "created_at": "2026-03-01T12:00:00.000000Z",
            "data": {"transition": TRANSITION, "payment": PAYMENT | payment},
        }
        for id in ids
    )
    return b"".join(
        f"id: {each['id']}\nevent: payment.created\ndata: ".encode() + orjson.dumps(each) + b"\n\n"
        for each in documents
    )


def stream(*parts: bytes) -> Reply:
    """Answer with a stream that ends after these parts."""
    body = b"retry: 1\n\n" + b"".join(parts)
    return Reply(200, body, {"Content-Type": "text/event-stream; charset=utf-8"})


def follow(script: Script, kind: str, how_many: int, **wanted: Any) -> list[Event]:
    """Listen with either client until so many events have come."""
    heard: list[Event] = []

    def enough(event: Event) -> bool:
        heard.append(event)
        return len(heard) >= how_many

    if kind == "sync":
        with Client(script.url, "ork_1", retries=QUICK) as client:
            any(map(enough, client.events.stream(**wanted)))
    else:
        asyncio.run(_follow_later(script, enough, wanted))
    return heard


async def _follow_later(
    script: Script, enough: Callable[[Event], bool], wanted: dict[str, Any]
) -> None:
    async with AsyncClient(script.url, "ork_1", retries=QUICK) as client:
        async for event in client.events.stream(**wanted):
            if enough(event):
                return


@both
def test_it_goes_on_where_it_was_lost(kind: str) -> None:
    """A stream that ends is asked for again, from the last event that came whole."""
    with serving(stream(told("evt_a_1"), told("evt_a_2")[:40]), stream(told("evt_a_2"))) as script:
        heard = follow(script, kind, 2, payment="pay_1")

    assert [event.id for event in heard] == ["evt_a_1", "evt_a_2"]
    assert [headers.get("last-event-id") for _, _, headers, _ in script.seen] == [None, "evt_a_1"]
    assert {path for _, path, _, _ in script.seen} == {"/v1/events?payment=pay_1"}
    assert {headers["accept"] for _, _, headers, _ in script.seen} == {"text/event-stream"}


@both
def test_it_begins_where_it_is_told_to(kind: str) -> None:
    """Who remembers what they heard last goes on from there."""
    with serving(stream(told("evt_a_2"))) as script:
        follow(script, kind, 1, last_event="evt_a_1")

    assert script.seen[0][2]["last-event-id"] == "evt_a_1"


@both
def test_an_outage_is_waited_out(kind: str) -> None:
    """A 503 and a lost connection are tried again, a few times."""
    busy = Reply(503, {"code": "too_many_streams"}, {"Retry-After": "0"})
    with serving(busy, Reply(0), stream(told("evt_a_1"))) as script:
        heard = follow(script, kind, 1)

    assert (len(heard), len(script.seen)) == (1, 3)


@both
def test_it_gives_up(kind: str) -> None:
    """Where no stream begins for several tries in a row, it is told."""
    with serving(Reply(0)) as script, pytest.raises(Unreachable):
        follow(script, kind, 1)

    assert len(script.seen) == 4


@both
def test_what_will_not_change_is_told_at_once(kind: str) -> None:
    """A key that is not in use is no reason to come back."""
    refused = Reply(401, {"code": "unauthorized"})
    with serving(refused) as script, pytest.raises(Unauthorized):
        follow(script, kind, 1)

    assert len(script.seen) == 1


@both
@pytest.mark.parametrize(
    "reply", [Reply(200, {"object": "list"}), stream(b'data: {"id": 1}\n\n')], ids=["list", "junk"]
)
def test_what_is_no_stream_is_told(kind: str, reply: Reply) -> None:
    """Something else that answers is not taken for silence."""
    with serving(reply) as script, pytest.raises(UnreadableAnswer):
        follow(script, kind, 1)


@both
def test_a_text_may_hold_what_looks_like_a_line(kind: str) -> None:
    """Only the standard's own line ends end a line, and comments are passed over."""
    odd = "a\u2028b\x85c"
    with serving(stream(b": nothing new\n\n", told("evt_a_1", description=odd))) as script:
        (event,) = follow(script, kind, 1)

    assert event.data.payment.description == odd


def test_an_empty_stream_is_no_stream() -> None:
    """An answer that ends before it begins is not asked for without an end."""
    empty = Reply(200, b"", {"Content-Type": "text/event-stream"})
    with (
        serving(empty) as script,
        Client(script.url, "k", retries=Retries(most=0)) as client,
        pytest.raises(Unreachable),
    ):
        next(client.events.stream())

    assert len(script.seen) == 1
