"""Catching up: what Stripe told while nobody listened is read from its list, once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from orchestrator.gateway.stripe_events import TYPES_PER_CALL
from orchestrator.gateway.views import EventsReply, ReplyKind
from orchestrator.store.schema import catch_up, stripe_events
from orchestrator.webhooks import CatchUp
from orchestrator.webhooks.event import HANDLED_TYPES
from tests.protocol.steps import GOOD, browser_confirms
from tests.webhooks.conftest import Document, Hooks

MINUTES = 60


def _all(connection: Connection, table: Any) -> list[Document]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


async def stored(hooks: Hooks) -> list[Document]:
    """Read the inbox."""
    return await hooks.world.runtime.database.read(_all, stripe_events)


@dataclass
class Listed:
    """A list of events that says what it was asked for."""

    replies: list[EventsReply] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def list_events(self, types: frozenset[str], *, since: int, until: int) -> EventsReply:
        """Answer with the next reply, or with nothing new."""
        assert types == HANDLED_TYPES
        self.asked.append((since, until))
        return self.replies.pop(0) if self.replies else EventsReply(ReplyKind.answered)


@pytest.fixture
def listed(hooks: Hooks) -> tuple[Listed, CatchUp]:
    """Give the test the part over a list of its own."""
    gateway = Listed()
    return gateway, CatchUp(hooks.world.payments.driver, gateway, hooks.world.runtime.inbox)


async def test_what_nobody_heard_is_found(hooks: Hooks) -> None:
    """A page paid and no webhook came: minutes later the payment has succeeded all the same."""
    payment = await hooks.world.create()
    await hooks.world.work()
    await browser_confirms(hooks.world, payment, GOOD)
    hooks.world.clock.advance(6 * MINUTES)
    await hooks.world.work()
    (row,) = [row for row in await stored(hooks) if row["type"] == "payment_intent.succeeded"]

    assert (await hooks.world.load(payment)).state == "succeeded"
    assert (row["origin"], row["state"]) == ("catch_up", "settled")


async def test_what_was_heard_is_not_stored_again(hooks: Hooks) -> None:
    """The list holds what webhooks brought: each event is one row."""
    payment = await hooks.world.create()
    await hooks.world.work()
    await browser_confirms(hooks.world, payment, GOOD)
    await hooks.deliver(*await hooks.events("payment_intent.succeeded", "charge.succeeded"))
    before = await stored(hooks)
    hooks.world.clock.advance(6 * MINUTES)
    await hooks.world.work()

    assert await stored(hooks) == before
    assert {row["origin"] for row in before} == {"webhook"}


async def test_a_new_database_begins_now(hooks: Hooks, listed: tuple[Listed, CatchUp]) -> None:
    """There is nothing to catch up with before the first day; then every five minutes."""
    gateway, part = listed
    for _ in range(3):
        await part.run_once("w")
    first = list(gateway.asked)
    hooks.world.clock.advance(5 * MINUTES)
    for _ in range(3):
        await part.run_once("w")

    assert first == []
    assert len(gateway.asked) == 1


async def test_a_long_downtime_is_read_in_stretches(
    hooks: Hooks, listed: tuple[Listed, CatchUp]
) -> None:
    """A day is read hour by hour, each overlapping the one before, up to now."""
    gateway, part = listed
    await part.run_once("w")
    hooks.world.clock.advance(24 * 60 * MINUTES)
    for _ in range(40):
        await part.run_once("w")
    ends = [until for _, until in gateway.asked]

    assert 24 <= len(gateway.asked) <= 26
    assert ends == sorted(ends)
    assert all(since < end for (since, _), end in zip(gateway.asked[1:], ends[:-1], strict=True))
    assert abs(ends[-1] - hooks.world.clock().timestamp()) < 5


async def test_no_more_is_asked_for_than_stripe_keeps(
    hooks: Hooks, listed: tuple[Listed, CatchUp]
) -> None:
    """Stripe keeps events for thirty days."""
    gateway, part = listed
    await part.run_once("w")
    hooks.world.clock.advance(90 * 24 * 60 * MINUTES)
    await part.run_once("w")
    kept = timedelta(days=30) / timedelta(seconds=1)

    assert abs(hooks.world.clock().timestamp() - kept - gateway.asked[0][0]) < 5


async def test_a_list_that_cannot_be_read_is_read_again(
    hooks: Hooks, listed: tuple[Listed, CatchUp]
) -> None:
    """The mark stays where it was: nothing is skipped."""
    gateway, part = listed
    await part.run_once("w")
    gateway.replies = [EventsReply(ReplyKind.unknown), EventsReply(ReplyKind.unauthorized)]
    for _ in range(3):
        hooks.world.clock.advance(5 * MINUTES)
        await part.run_once("w")
    starts = {since for since, _ in gateway.asked}

    assert (len(gateway.asked), len(starts)) == (3, 1)


async def test_what_cannot_be_read_is_passed_by(
    hooks: Hooks, listed: tuple[Listed, CatchUp]
) -> None:
    """One odd event, or one of another mode, does not keep the others out."""
    gateway, part = listed
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (good,) = await hooks.events("payment_intent.succeeded")
    await part.run_once("w")
    odd: list[Document] = [{"object": "event"}, {**good, "id": "evt_live", "livemode": True}]
    gateway.replies = [EventsReply(ReplyKind.answered, events=(*odd, good))]
    hooks.world.clock.advance(5 * MINUTES)

    assert await part.run_once("w") == 1
    assert [row["id"] for row in await stored(hooks)] == [good["id"]]


async def test_one_worker_reads_at_a_time(hooks: Hooks, listed: tuple[Listed, CatchUp]) -> None:
    """Whoever comes second finds that it was read."""
    gateway, part = listed
    await part.run_once("w")
    hooks.world.clock.advance(5 * MINUTES)
    await asyncio.gather(*(part.run_once(f"w{number}") for number in range(8)))

    assert len(gateway.asked) == 1
    assert len(await hooks.world.runtime.database.read(_all, catch_up)) == 1


def test_the_types_fit_into_one_call() -> None:
    """Stripe takes twenty types in one call."""
    assert len(HANDLED_TYPES) <= TYPES_PER_CALL
