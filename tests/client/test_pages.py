"""How a list is gone through: what is asked for each page, and where it ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.client import AsyncClient, Client, Payment
from tests.client.conftest import PAYMENT, QUICK, Reply, Script, serving

both = pytest.mark.parametrize("kind", ["sync", "async"])


def page(*ids: str, more: bool) -> Reply:
    """Build one page of payments."""
    data = [{**PAYMENT, "id": id} for id in ids]
    return Reply(200, {"object": "list", "data": data, "has_more": more, "url": "/v1/payments"})


def go_through(script: Script, kind: str, **filters: Any) -> list[Payment]:
    """Go through all payments with either client."""
    if kind == "sync":
        with Client(script.url, "ork_1", retries=QUICK) as client:
            return list(client.payments.iterate(**filters))

    async def later() -> list[Payment]:
        async with AsyncClient(script.url, "ork_1", retries=QUICK) as client:
            return [payment async for payment in client.payments.iterate(**filters)]

    return asyncio.run(later())


@both
def test_each_page_begins_after_the_last(kind: str) -> None:
    """The filters stay the same from page to page, and only the cursor moves."""
    with serving(page("a", "b", more=True), page("c", more=False)) as script:
        found = go_through(
            script, kind, state="failed", created_gte=datetime(2026, 3, 1, tzinfo=UTC)
        )

    assert [payment.id for payment in found] == ["a", "b", "c"]
    assert [path.partition("?")[2] for _, path, _, _ in script.seen] == [
        "limit=100&state=failed&created%5Bgte%5D=2026-03-01T00%3A00%3A00%2B00%3A00",
        "limit=100&state=failed&created%5Bgte%5D=2026-03-01T00%3A00%3A00%2B00%3A00&starting_after=b",
    ]


@both
def test_a_lost_page_is_asked_for_again(kind: str) -> None:
    """A page that got lost on its way is neither left out nor told twice."""
    with serving(page("a", more=True), Reply(0), page("b", more=False)) as script:
        found = go_through(script, kind)

    assert [payment.id for payment in found] == ["a", "b"]


@both
def test_an_empty_page_is_the_end(kind: str) -> None:
    """Where nothing came, there is nothing to go on after, whatever else is said."""
    with serving(page(more=True)) as script:
        assert go_through(script, kind) == []


def test_no_page_is_fetched_that_is_not_looked_at() -> None:
    """Who stops early has asked for no more than was looked at."""
    with serving(page("a", "b", more=True)) as script, Client(script.url, "ork_1") as client:
        assert next(client.payments.iterate()).id == "a"

    assert len(script.seen) == 1


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_there_is_no_going_up(kind: type[Client | AsyncClient]) -> None:
    """A cursor that leads up the list is refused at once, before the second page contradicts it."""
    with pytest.raises(ValueError, match="ending_before"):
        kind("http://api", "ork_1").payments.iterate(ending_before="pay_1")
