"""Events told twice, out of reach or about nobody: each is followed once, or kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from orchestrator.reconcile import Difference, DifferenceKind
from orchestrator.reconcile.record import record_differences
from orchestrator.store.inbox import StoredEvent, claim_events
from orchestrator.store.schema import (
    anomalies,
    evidence,
    stripe_events,
)
from orchestrator.webhooks.processing import InboxWork
from tests.protocol.steps import (
    BAD,
    GOOD,
    browser_confirms,
)
from tests.webhooks.conftest import OLD_SECRET, Hooks, rows

DECLINED = ("payment_intent.payment_failed", "charge.failed")


async def test_what_is_settled_needs_no_look(hooks: Hooks) -> None:
    """Where the API has settled everything, the events that follow ask Stripe nothing."""
    payment = await hooks.world.create()
    await hooks.world.confirm(payment, BAD)
    await hooks.world.confirm(payment, GOOD)
    before = await rows(hooks, evidence)
    told = await hooks.events("payment_intent.succeeded", *DECLINED)
    await hooks.world.fault("drop_before", "*", times=None)
    await hooks.deliver(*told)

    assert len(told) == 3
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}
    assert await rows(hooks, evidence) == before


async def test_an_event_is_stored_once(hooks: Hooks) -> None:
    """Ten deliveries at once, with either secret, are one row and ten times 200."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    answers = await asyncio.gather(
        *(hooks.send(event), hooks.send(event, secret=OLD_SECRET)) * 1,
        *(hooks.send(event) for _ in range(8)),
    )
    told = sorted(answer.json()["received"] for answer in answers)

    assert {answer.status_code for answer in answers} == {200}
    assert told == ["repeat"] * 9 + ["stored"]
    assert len(await rows(hooks, stripe_events)) == 1


async def test_types_that_nobody_acts_on_are_taken_and_forgotten(hooks: Hooks) -> None:
    """Stripe is answered 200, or it would send them for days."""
    await hooks.world.create()
    (event,) = await hooks.events("payment_intent.created")
    answer = await hooks.send(event)

    assert (answer.status_code, answer.json()["received"]) == (200, "ignored")
    assert await rows(hooks, stripe_events) == []


async def test_an_event_waits_while_stripe_is_out_of_reach(hooks: Hooks) -> None:
    """Nothing moves on what the event says itself; it is followed once Stripe answers."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    await hooks.world.fault("drop_before", "*", times=3)
    await hooks.deliver(event)
    during, waiting = await hooks.world.load(payment), await hooks.waiting()
    await hooks.world.work(until=timedelta(seconds=30))

    assert (during.state, waiting["pending"]) == ("created", 1)
    assert (await hooks.world.load(payment)).state == "succeeded"
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}


async def test_what_a_dead_worker_took_another_settles(hooks: Hooks) -> None:
    """A worker takes the event and dies: when its lease ends, the event comes up again."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    await hooks.send(event)
    now = hooks.world.clock()
    taken: list[StoredEvent] = await hooks.world.runtime.database.write(
        claim_events, "dead", now, now + timedelta(seconds=60), 10
    )
    await hooks.world.work()
    during = await hooks.world.load(payment)
    await hooks.world.work(until=timedelta(seconds=65))

    assert [each.id for each in taken] == [event["id"]]
    assert during.state == "created"
    assert (await hooks.world.load(payment)).state == "succeeded"


async def test_a_claim_made_again_takes_the_same(hooks: Hooks) -> None:
    """Where the news of its commit was lost, the same claim gets its own events and no others'."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    for event in await hooks.events("payment_intent.succeeded", "charge.succeeded"):
        await hooks.send(event)
    now = hooks.world.clock()
    claim = (now, now + timedelta(seconds=60), 1)
    database = hooks.world.runtime.database
    first, again, other, later = [
        [each.id for each in await database.write(claim_events, worker, *how)]
        for worker, how in (
            ("one", claim),
            ("one", claim),
            ("two", claim),
            ("one", (now, now + timedelta(seconds=61), 1)),
        )
    ]

    assert first == again
    assert len(first) == len(other) == 1
    assert first != other
    assert later == []


async def test_two_workers_share_the_inbox(hooks: Hooks) -> None:
    """Two workers at once settle each payment's events; nothing is done twice."""
    payments = [await hooks.world.create() for _ in range(5)]
    for payment in payments:
        await browser_confirms(hooks.world, payment, GOOD)
    for event in await hooks.events("payment_intent.succeeded", "charge.succeeded"):
        await hooks.send(event)
    part = InboxWork(hooks.world.payments.driver, hooks.world.runtime.gateway.refunds)
    taken = await asyncio.gather(*(part.run_once(f"w{n}") for n in range(4)))
    await hooks.world.work()

    assert sum(taken) == 10
    for payment in payments:
        assert await hooks.world.path(payment) == ["create", "confirm", "succeed"]


async def test_an_event_before_our_own_commit_finds_its_payment_later(hooks: Hooks) -> None:
    """The create's answer was lost: the event is unmatched until the create is sent again."""
    world = hooks.world
    body = {"amount": 1000, "currency": "usd"}
    await world.fault("drop_after", "payment_intents.create")
    lost = await hooks.api.post("/v1/payments", body, idempotency_key="order-1")
    async with world.http.get(f"{world.url}/v1/payment_intents") as answer:
        intent = (await answer.json())["data"][0]["id"]
    url = f"{world.url}/_sandbox/payment_intents/{intent}/confirm_in_browser"
    async with world.http.post(url, json={"payment_method": GOOD}) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_intent.succeeded"))
    during = await hooks.waiting()
    created = await hooks.api.post("/v1/payments", body, idempotency_key="order-1")
    await world.work(until=timedelta(seconds=10))
    after = await hooks.api.get(f"/v1/payments/{created.json()['id']}")

    assert (lost.status_code, during) == (503, {"pending": 0, "unmatched": 1})
    assert (created.status_code, after.json()["state"]) == (201, "succeeded")
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}


async def test_an_event_about_nobody_is_kept_and_given_up(hooks: Hooks) -> None:
    """It is looked at again for a day, and stays visible as unmatched after."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    event["data"]["object"] |= {"id": "pi_another", "metadata": {}}
    await hooks.deliver(event)
    hooks.world.clock.advance(86400)
    await hooks.world.work()
    (row,) = [each for each in await rows(hooks, stripe_events) if each["id"] == event["id"]]

    assert (row["state"], row["due_at"]) == ("unmatched", None)
    assert (await hooks.waiting())["unmatched"] == 1


async def test_an_intent_whose_payment_never_came_is_an_anomaly(hooks: Hooks) -> None:
    """Once its event is given up somebody is told, and a comparison that finds it adds nothing."""
    world = hooks.world
    payment = await world.create()
    await browser_confirms(world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    event["data"]["object"] |= {"id": "pi_another", "metadata": {"payment_id": "pay_gone"}}
    await hooks.deliver(event)
    during = await rows(hooks, anomalies)
    world.clock.advance(86400)
    await world.work()
    (found,) = await rows(hooks, anomalies)
    theirs = "1000 usd succeeded for pay_gone"
    same = Difference(DifferenceKind.unknown_intent, None, "pi_another", None, theirs)

    assert during == []
    assert (found["kind"], found["payment_intent"]) == ("unknown_intent", "pi_another")
    assert await record_differences(world.runtime.database, [same], world.clock) == 0


async def test_another_intent_that_names_our_payment_moves_nothing(hooks: Hooks) -> None:
    """Anybody with the account can write metadata: it is put on record once, and no more."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, BAD)
    (event,) = await hooks.events("payment_intent.payment_failed")
    event["data"]["object"] |= {"id": "pi_another", "metadata": {"payment_id": payment.id}}
    await hooks.deliver(event)
    await hooks.world.work(until=timedelta(seconds=20))
    noted = await rows(hooks, anomalies)

    assert (await hooks.world.load(payment)).state == "created"
    assert [(row["payment_id"], row["kind"]) for row in noted] == [(payment.id, "foreign_intent")]
    assert "pi_another" in noted[0]["detail"]
