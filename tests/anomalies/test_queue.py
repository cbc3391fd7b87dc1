"""An anomaly is found once, is somebody's, and is resolved once, whoever else is at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from orchestrator.anomalies import Anomalies, AssignAnomaly, ResolveAnomaly
from orchestrator.anomaly import Anomaly, AnomalyState
from orchestrator.errors import (
    AnomalyAssigned,
    AnomalyNotFound,
    AnomalyResolved,
    IdempotencyKeyReused,
)
from orchestrator.payment import Actor, Payment
from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.record import record_differences
from orchestrator.requests import Caller
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.anomalies import ListAnomalies
from orchestrator.store.overview import read_overview
from tests.protocol.steps import GOOD, browser_confirms
from tests.world import World, open_world

ACCEPTED = ResolveAnomaly("accepted", "the customer keeps both")


@dataclass
class Desk:
    """A deployment, and whoever looks after its anomalies."""

    world: World

    @property
    def anomalies(self) -> Anomalies:
        """Return the use cases."""
        return self.world.runtime.anomalies

    def caller(self, key_id: str = "key1", key: str | None = None, digest: str = "") -> Caller:
        """Return a caller."""
        return Caller("admins", key_id, "req_1", key, digest)

    async def find(self, *differences: Difference) -> int:
        """Have a comparison find something; tell how much of it was new."""
        world = self.world
        return await record_differences(world.runtime.database, differences, world.clock)

    async def found(self) -> Anomaly:
        """Return an anomaly about an intent of nobody."""
        await self.find(lost("pi_lost"))
        return (await self.all())[0]

    async def all(self, **filters: object) -> list[Anomaly]:
        """Read the anomalies, newest first."""
        page = await self.anomalies.list(ListAnomalies(**filters))  # type: ignore[arg-type]  # tests
        return list(page.anomalies)


def lost(intent: str, theirs: str = "500 usd succeeded") -> Difference:
    """Build a difference about an intent that no stored payment has."""
    return Difference(DifferenceKind.unknown_intent, None, intent, None, theirs)


@pytest.fixture
async def desk(database_url: str, stand_in_url: str) -> AsyncIterator[Desk]:
    """Give the test a deployment on each kind of database."""
    async with open_world(database_url, stand_in_url) as world:
        yield Desk(world)


@pytest.fixture
async def small_desk(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Desk]:
    """Give the test a deployment on SQLite."""
    async with open_world(sqlite_url, stand_in_url) as world:
        yield Desk(world)


# ── finding ──────────────────────────────────────────────────────────────────────────────────


async def test_difference_is_recorded_once(desk: Desk) -> None:
    """The same difference is the same anomaly, also when two comparisons find it at once."""
    new = await asyncio.gather(*(desk.find(lost("pi_a"), lost("pi_b")) for _ in range(4)))
    again = await desk.find(lost("pi_a"), lost("pi_a", "500 usd canceled"))

    assert (sum(new), again) == (2, 1)
    assert sorted(str(each.payment_intent) for each in await desk.all()) == ["pi_a", "pi_a", "pi_b"]


async def test_what_settlement_noted_is_not_recorded_again(small_desk: Desk) -> None:
    """A late success that is on record as it happened is one anomaly, whoever finds it."""
    payment = await _paid_late(small_desk.world)
    difference = Difference(
        DifferenceKind.late_success, payment.id, payment.payment_intent, "failed", "succeeded"
    )
    new = await small_desk.find(difference)
    (found,) = await small_desk.all()

    assert (new, found.kind, found.payment_intent) == (0, "late_success", payment.payment_intent)


async def test_what_a_comparison_found_is_not_noted_again(desk: Desk) -> None:
    """A late success that a comparison found first is no other one once settlement meets it."""
    ended = await _ended(desk.world)
    difference = Difference(
        DifferenceKind.late_success, ended.id, ended.payment_intent, "failed", "succeeded"
    )
    new = await desk.find(difference)
    await _pay(desk.world, ended)
    (found,) = await desk.all()

    assert (new, found.kind, found.payment) == (1, "late_success", ended.id)


async def _ended(world: World) -> Payment:
    """Cancel a payment."""
    payment = await world.create()
    await world.payments.cancel(payment.id, None, world.caller())
    return await world.load(payment)


async def _paid_late(world: World) -> Payment:
    """Have a payment end here, and its intent succeed afterwards, as Stripe lets none."""
    ended = await _ended(world)
    await _pay(world, ended)
    return ended


async def _pay(world: World, ended: Payment) -> None:
    """Let settlement meet a success of an intent that is canceled."""
    driver = world.payments.driver
    other = await world.create()
    await browser_confirms(world, other, GOOD)
    reply = await driver.gateway.read_intent(other.payment_intent)
    assert reply.intent is not None
    late = replace(reply, intent=replace(reply.intent, id=ended.payment_intent))
    await driver.settle_read(ended, late, None, Actor("stripe"), None)


# ── whose it is ──────────────────────────────────────────────────────────────────────────────


async def test_anomaly_is_given_to_somebody(desk: Desk) -> None:
    """It is theirs until somebody takes it over by their name, and each step stays on record."""
    anomaly = await desk.found()
    await desk.anomalies.assign(anomaly.id, AssignAnomaly("ada"), desk.caller())
    again = await desk.anomalies.assign(anomaly.id, AssignAnomaly("ada"), desk.caller())
    with pytest.raises(AnomalyAssigned, match="ada's"):
        await desk.anomalies.assign(anomaly.id, AssignAnomaly("bob"), desk.caller())
    taken = await desk.anomalies.assign(anomaly.id, AssignAnomaly("bob", "ada"), desk.caller())

    assert (anomaly.state, again.anomaly.state, taken.anomaly.owner) == ("open", "assigned", "bob")
    assert [note.owner for note in taken.anomaly.notes] == ["ada", "bob"]
    assert taken.anomaly.notes[0].actor.id == "key1"


async def test_of_two_who_assign_at_once_one_is_told(desk: Desk) -> None:
    """Nobody believes to have what is another's."""
    anomaly = await desk.found()
    ends = await asyncio.gather(
        *(
            desk.anomalies.assign(anomaly.id, AssignAnomaly(owner), desk.caller())
            for owner in ("ada", "bob", "cyd")
        ),
        return_exceptions=True,
    )

    assert sorted(type(end).__name__ for end in ends) == [
        "AnomalyAssigned",
        "AnomalyAssigned",
        "AnomalyResult",
    ]
    assert len((await desk.anomalies.get(anomaly.id)).notes) == 1


# ── how it ends ──────────────────────────────────────────────────────────────────────────────


async def test_anomaly_is_resolved_for_good(desk: Desk) -> None:
    """It keeps whose it was; who said so may say it again, and nobody may say otherwise."""
    anomaly = await desk.found()
    await desk.anomalies.assign(anomaly.id, AssignAnomaly("ada"), desk.caller())
    done = await desk.anomalies.resolve(anomaly.id, ACCEPTED, desk.caller())
    again = await desk.anomalies.resolve(anomaly.id, ACCEPTED, desk.caller())
    for refused in (
        desk.anomalies.resolve(anomaly.id, ACCEPTED, desk.caller("key2")),
        desk.anomalies.resolve(anomaly.id, ResolveAnomaly("refunded", "x"), desk.caller()),
        desk.anomalies.assign(anomaly.id, AssignAnomaly("bob", "ada"), desk.caller()),
    ):
        with pytest.raises(AnomalyResolved, match="resolved as accepted"):
            await refused

    page = await desk.world.runtime.database.read(read_actions, ListActions())
    told = [(row["action"], row["subject_id"], row["reason"]) for row in page.actions]
    assert told == [
        ("anomaly_resolved", anomaly.id, "the customer keeps both"),
        ("anomaly_assigned", anomaly.id, None),
    ]
    assert done.anomaly == again.anomaly
    assert (done.anomaly.state, done.anomaly.owner, done.anomaly.reason) == (
        "resolved",
        "ada",
        "the customer keeps both",
    )


async def test_of_two_who_resolve_at_once_one_is_told(desk: Desk) -> None:
    """One resolution stands, and whoever said another thing knows."""
    anomaly = await desk.found()
    ends = await asyncio.gather(
        *(
            desk.anomalies.resolve(anomaly.id, ResolveAnomaly(word, "why"), desk.caller(word))
            for word in ("refunded", "accepted")
        ),
        return_exceptions=True,
    )

    assert sorted(type(end).__name__ for end in ends) == ["AnomalyResolved", "AnomalyResult"]


async def test_request_sent_again_is_done_once(small_desk: Desk) -> None:
    """Under its key a request is itself again, whatever came after; another one is refused."""
    anomaly = await small_desk.found()
    anomalies = small_desk.anomalies
    caller = small_desk.caller(key="assign-1", digest="a")
    first = await anomalies.assign(anomaly.id, AssignAnomaly("ada"), caller)
    await anomalies.resolve(anomaly.id, ACCEPTED, small_desk.caller())
    again = await anomalies.assign(anomaly.id, AssignAnomaly("ada"), caller)
    other = small_desk.caller(key="assign-1", digest="b")
    with pytest.raises(IdempotencyKeyReused):
        await anomalies.assign(anomaly.id, AssignAnomaly("bob"), other)

    assert (first.replayed, again.replayed, again.anomaly.state) == (False, True, "resolved")


# ── the queue ────────────────────────────────────────────────────────────────────────────────


async def test_queue_is_filtered_and_paged(desk: Desk) -> None:
    """By state, kind and payment, newest first, in both directions."""
    payment = await desk.world.create()
    missing = Difference(DifferenceKind.intent_missing, payment.id, payment.payment_intent)
    for difference in (lost("pi_1"), lost("pi_2"), missing):
        await desk.find(difference)
    newest, middle, oldest = await desk.all()
    await desk.anomalies.assign(middle.id, AssignAnomaly("ada"), desk.caller())
    await desk.anomalies.resolve(oldest.id, ACCEPTED, desk.caller())

    async def ids(**filters: object) -> list[str]:
        return [each.id for each in await desk.all(**filters)]

    assert [await ids(state=state) for state in AnomalyState] == [
        [newest.id],
        [middle.id],
        [oldest.id],
    ]
    assert await ids(unresolved=True) == [newest.id, middle.id]
    assert await ids(kind="unknown_intent") == [middle.id, oldest.id]
    assert await ids(payment=payment.id) == [newest.id]
    assert await ids(limit=1, starting_after=newest.id) == [middle.id]
    assert await ids(limit=1, ending_before=oldest.id) == [middle.id]
    with pytest.raises(AnomalyNotFound):
        await ids(starting_after="ano_none")
    overview = await desk.world.runtime.database.read(read_overview, desk.world.clock())
    assert overview.anomalies == {"unknown_intent": 1, "intent_missing": 1}


async def test_anomaly_of_no_id_is_not_found(small_desk: Desk) -> None:
    """Nothing is made of an id that is nobody's."""
    for call in (
        small_desk.anomalies.get("ano_none"),
        small_desk.anomalies.assign("ano_none", AssignAnomaly("ada"), small_desk.caller()),
    ):
        with pytest.raises(AnomalyNotFound):
            await call
