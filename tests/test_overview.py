"""The figures of the database are right, kept for a while, and never waited for long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator import metrics
from orchestrator.overview import KEPT_SECONDS, KEPT_TIMES, Overviews
from orchestrator.states import PaymentState
from orchestrator.store import overview
from orchestrator.store.connections import open_database
from orchestrator.store.deliveries import Backlog
from orchestrator.store.outbox import Waiting, publish
from orchestrator.store.overview import Overview, count_handled, read_overview
from orchestrator.store.refunds import count_refunds
from orchestrator.store.webhook_endpoints import insert_endpoint
from tests.store.seeds import registered, webhook_endpoint
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment
from tests.world import World


def shown(name: str, **labels: str) -> float | None:
    """Return what a metric shows."""
    return metrics.REGISTRY.get_sample_value(f"orchestrator_{name}", labels)


async def test_payments_are_counted_by_state(world: World) -> None:
    """Each payment is counted in the state it is in, and a state without any is told too."""
    await world.create()
    await world.confirm(await world.create(), "pm_card_visa")
    await world.confirm(await world.create(), "pm_card_visa_chargeDeclined")
    found = await world.runtime.database.read(read_overview, world.clock())
    ended = await world.runtime.database.read(count_handled)

    open_now = {"created": 1, "confirming": 0, "requires_new_card": 1, "card_disabled": 0}
    assert (found.states, ended) == (open_now, {"succeeded": 1, "failed": 0})
    assert (found.due, found.unknown, found.unknown_since) == (0, 0, None)


def test_every_state_is_counted_once() -> None:
    """Open and handled states together are all there are."""
    counted = [*overview.OPEN_STATES, *overview.HANDLED_STATES]

    assert sorted(counted) == sorted(state.value for state in PaymentState)


async def test_an_unknown_outcome_has_an_age(world: World) -> None:
    """An attempt whose answer was lost is unknown since it was opened, and due after a while."""
    payment = await world.create()
    await world.fault("drop_before", times=50)
    before = world.clock()
    await world.confirm(payment, "pm_card_visa")
    found = await world.runtime.database.read(read_overview, world.clock() + timedelta(seconds=60))

    assert (found.unknown, found.due) == (1, 1)
    assert found.unknown_since is not None
    assert found.due_since is not None
    assert before <= found.unknown_since <= found.due_since


async def test_a_challenge_is_no_unknown_outcome(world: World) -> None:
    """What waits for the customer is confirming too, but its own answer is known."""
    payment = await world.create()
    await world.confirm(payment, "pm_card_authenticationRequired", return_url="https://a.example")
    found = await world.runtime.database.read(read_overview, world.clock())

    assert (found.states["confirming"], found.unknown) == (1, 0)


async def test_what_is_to_be_told_is_counted(database_url: str) -> None:
    """A history row waits for its place in the feed, and then its delivery to be made."""
    database = open_database(database_url)
    tell = Teller(database)
    await database.write(insert_endpoint, webhook_endpoint("we_1"), None, registered("we_1"))
    await tell.created(new_payment())
    unplaced = await database.read(read_overview, START)
    await database.write(publish, START, 10)
    placed = await database.read(read_overview, START)
    later = await database.read(read_overview, START - timedelta(seconds=1))
    await database.close()

    assert (unplaced.outbox.rows, unplaced.deliveries) == (1, (0, None))
    assert unplaced.outbox.since is not None
    assert (placed.outbox, placed.deliveries) == ((0, None), (1, START))
    assert later.deliveries == (0, None)


# ── how often, and how long ──────────────────────────────────────────────────────────────────


@dataclass
class Slow:
    """A database that answers when it is let, and counts how often it was asked for what."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    let_count: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    counted: int = 0
    error: Exception | None = None

    async def read(self, function: Any, *_: Any) -> Any:
        """Answer with one payment more each time."""
        if function is count_handled:
            self.counted += 1
            await self.let_count.wait()
            return {"succeeded": self.counted}
        if function is count_refunds:
            return {"pending": 3}
        self.asked += 1
        self.begun.set()
        await self.let.wait()
        if self.error is not None:
            raise self.error
        waiting = Waiting(2, START - timedelta(seconds=30)), Backlog(4, START)
        return Overview({"created": self.asked}, 0, None, 0, None, {"pending": 1}, *waiting)


@dataclass
class Ticks:
    """A clock for spans of time, moved by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Slow:
    """Give the test a database that answers at once, until it is told otherwise."""
    slow = Slow()
    slow.let.set()
    slow.let_count.set()
    return slow


@pytest.fixture
def ticks() -> Ticks:
    """Give the test a clock."""
    return Ticks()


@pytest.fixture
def overviews(database: Slow, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> Overviews:
    """Give the test figures that nobody waits for longer than a moment."""
    monkeypatch.setattr("orchestrator.overview.WAIT_SECONDS", 0.05)
    moment: datetime = START
    return Overviews(database, lambda: moment, ticks)  # type: ignore[arg-type]  # a fake


async def test_figures_are_kept(overviews: Overviews, database: Slow, ticks: Ticks) -> None:
    """Whoever asks within five seconds gets the same figures, with their age."""
    await overviews.show()
    ticks.now += KEPT_SECONDS - 1
    await overviews.show()
    age = shown("overview_age_seconds", of="open")
    ticks.now += 1
    await overviews.show()

    assert (database.asked, age, shown("payments", state="created")) == (2, KEPT_SECONDS - 1, 2)


async def test_every_backlog_is_shown(overviews: Overviews) -> None:
    """Of what waits it is told how much there is, and for how long the first has waited."""
    await overviews.show()
    told = [
        (shown(name), shown(f"{name}_seconds"))
        for name in ("events_waiting", "webhook_deliveries_due", "payments_due")
    ]

    assert told == [(2, 30), (4, 0), (0, 0)]
    assert shown("stripe_events_waiting", state="pending") == 1
    assert shown("refunds", state="pending") == 3


async def test_slow_figures_are_kept_longer(
    overviews: Overviews, database: Slow, ticks: Ticks
) -> None:
    """What takes the database a second is asked for once in fifty seconds."""
    database.let.clear()
    asking = asyncio.create_task(overviews.show())
    await database.begun.wait()
    ticks.now += 1
    database.let.set()
    await asking
    ticks.now += KEPT_TIMES - 1
    await overviews.show()

    assert database.asked == 1


async def test_a_slow_database_keeps_nobody_waiting(
    overviews: Overviews, database: Slow, ticks: Ticks
) -> None:
    """While new figures are long in coming the last ones are shown, and nobody asks twice."""
    await overviews.show()
    database.let.clear()
    ticks.now += 60
    async with asyncio.timeout(5):
        await overviews.show()
        await overviews.show()
    overviews.close()

    assert (database.asked, shown("payments", state="created")) == (2, 1)
    assert shown("overview_age_seconds", of="open") == 60


async def test_a_database_that_is_away_is_told(
    overviews: Overviews, database: Slow, ticks: Ticks
) -> None:
    """Where the database fails nothing of it is shown, until it answers again."""
    await overviews.show()
    database.error, ticks.now = OSError("connection refused"), ticks.now + 60
    await overviews.show()
    away = shown("database_up"), shown("payments", state="created")
    database.error = None
    await overviews.show()

    assert away == (0, None)
    assert (shown("database_up"), shown("payments", state="created")) == (1, 3)


async def test_counting_for_long_holds_nothing_else_up(
    overviews: Overviews, database: Slow, ticks: Ticks
) -> None:
    """Where counting what is handled takes long, what is open is shown, and fresh."""
    database.let_count.clear()
    await overviews.show()
    ticks.now += 6
    await overviews.show()
    told = shown("payments", state="created"), shown("payments", state="succeeded")
    overviews.close()

    assert (told, database.asked, database.counted) == ((2, None), 2, 1)
    assert shown("database_up") == 1
