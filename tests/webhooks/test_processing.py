"""What events make happen: hints that are followed once, whatever came before or between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from orchestrator.store.inbox import StoredEvent, claim_events
from orchestrator.store.schema import (
    anomalies,
    card_disablements,
    cards,
    disputes,
    evidence,
    stripe_events,
)
from orchestrator.webhooks.processing import InboxWork
from tests.protocol.steps import (
    BAD,
    CHALLENGED,
    GOOD,
    browser_confirms,
    confirm_unheard,
    intend_to_cancel,
    own_card,
    phase_a,
)
from tests.webhooks.conftest import OLD_SECRET, Document, Hooks

DECLINED = ("payment_intent.payment_failed", "charge.failed")


def _rows(connection: Connection, table: Any) -> list[Document]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


async def rows(hooks: Hooks, table: Any) -> list[Document]:
    """Read a whole table."""
    return await hooks.world.runtime.database.read(_rows, table)


async def history(hooks: Hooks, payment: Any) -> list[Document]:
    """Read a payment's history over REST."""
    answer = await hooks.api.get(f"/v1/payments/{payment.id}/history")
    transitions: list[Document] = answer.json()["data"]
    return transitions


# ── what a browser did ───────────────────────────────────────────────────────────────────────


async def test_a_success_in_a_browser_is_settled(hooks: Hooks) -> None:
    """A page confirmed with the client secret: two rows, by Stripe, citing the event."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    await hooks.deliver(event)
    told = await history(hooks, payment)

    assert [row["event"] for row in told] == ["create", "confirm", "succeed"]
    assert {row["actor"]["kind"] for row in told[1:]} == {"stripe"}
    assert {row["stripe_event_id"] for row in told[1:]} == {event["id"]}
    assert await hooks.world.charged(payment) == [1000]


async def test_a_decline_in_a_browser_is_counted_once(hooks: Hooks) -> None:
    """Two events tell of one decline, in either order and twice: one attempt is spent."""
    payment = await hooks.world.create(max_attempts=3)
    await browser_confirms(hooks.world, payment, BAD)
    failed, charge = await hooks.events(*DECLINED)
    for event in (failed, charge, charge, failed):
        await hooks.deliver(event)
    after = await hooks.world.load(payment)

    assert (after.state, after.attempts_used) == ("requires_new_card", 1)


async def test_a_challenge_in_a_browser_is_shown(hooks: Hooks) -> None:
    """What the page waits for is evidence, and no row; approved, it succeeds."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, CHALLENGED)
    await hooks.deliver(*await hooks.events("payment_intent.requires_action"))
    waiting = await hooks.world.load(payment)
    await hooks.world.authenticate(payment, "succeed")
    await hooks.deliver(*await hooks.events("payment_intent.succeeded"))
    after = await hooks.world.load(payment)

    assert (waiting.state, waiting.settling.seen_status) == ("created", "requires_action")
    assert after.state == "succeeded"


# ── beside the API ───────────────────────────────────────────────────────────────────────────


async def test_an_event_before_the_answer_waits_for_it(hooks: Hooks) -> None:
    """The event of a request in flight settles nothing that the answer could gainsay."""
    payment = await hooks.world.create()
    await confirm_unheard(hooks.world, payment, BAD)
    failed, charge = await hooks.events(*DECLINED)
    await hooks.deliver(charge, failed)
    after = await hooks.world.load(payment)

    assert (after.state, after.attempts_used) == ("requires_new_card", 1)
    assert (after.last_outcome or {})["decline_code"] == "generic_decline"


async def test_a_lost_answer_is_asked_for_as_soon_as_an_event_tells_of_it(hooks: Hooks) -> None:
    """The event carries the attempt's own key: nobody waits for the request's time to run out."""
    payment = await hooks.world.create()
    await confirm_unheard(hooks.world, payment, BAD)
    before = hooks.world.clock.ahead
    await hooks.deliver(*await hooks.events("payment_intent.payment_failed"))
    after = await hooks.world.load(payment)
    (settled,) = [row for row in await history(hooks, payment) if row["target"] == after.state]

    assert hooks.world.clock.ahead == before
    assert after.state == "requires_new_card"
    assert settled["attempt"] == 1


async def test_an_event_during_the_request_leaves_the_attempt_open(hooks: Hooks) -> None:
    """An older browser's decline, told while a request is on its way, is not that request's."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, BAD)
    await phase_a(hooks.world, payment, GOOD)
    await hooks.deliver(*await hooks.events(*DECLINED))
    during = await hooks.world.load(payment)

    assert (during.state, during.attempts_used) == ("confirming", 1)


async def test_a_cancellation_from_outside_ends_the_payment(hooks: Hooks) -> None:
    """Canceled in the Dashboard, the payment fails by the event."""
    payment = await hooks.world.create()
    url = f"{hooks.world.url}/v1/payment_intents/{payment.payment_intent}/cancel"
    async with hooks.world.http.post(url) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_intent.canceled"))

    assert (await hooks.world.load(payment)).state == "failed"
    assert await hooks.world.path(payment) == ["create", "cancel"]


async def test_a_success_beats_a_cancellation_under_way(hooks: Hooks) -> None:
    """The wish to cancel stands and the customer has paid: the event's look finds the success."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    await intend_to_cancel(hooks.world, payment)
    await hooks.deliver(*await hooks.events("payment_intent.succeeded"))

    assert (await hooks.world.load(payment)).state == "succeeded"
    assert await hooks.world.charged(payment) == [1000]


async def test_a_decline_first_told_after_the_end_still_takes_its_card_away(hooks: Hooks) -> None:
    """A stolen card was tried in a browser and another paid: the late event puts it out of use."""
    payment = await hooks.world.create(max_attempts=3)
    stolen = await own_card(hooks.world, "pm_card_visa_chargeDeclinedStolenCard")
    await browser_confirms(hooks.world, payment, stolen)
    await hooks.world.confirm(payment, GOOD)
    await hooks.deliver(*await hooks.events("charge.failed"))
    disabled = await rows(hooks, card_disablements)
    after = await hooks.world.load(payment)

    assert after.state == "succeeded"
    assert [row["reason"] for row in disabled] == ["stolen_card"]


# ── told twice, out of reach, about nobody ───────────────────────────────────────────────────


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


# ── money that goes back ─────────────────────────────────────────────────────────────────────


async def refund_in_dashboard(hooks: Hooks, payment: Any, amount: int) -> None:
    """Refund as a person at Stripe would."""
    body = {"payment_intent": payment.payment_intent, "amount": str(amount)}
    async with hooks.world.http.post(f"{hooks.world.url}/v1/refunds", data=body) as answer:
        assert answer.status == 200, await answer.text()


async def shown(hooks: Hooks, payment: Any) -> list[tuple[int, str]]:
    """Return amount and state of each refund on record."""
    answer = await hooks.api.get(f"/v1/payments/{payment.id}/refunds")
    return [(refund["amount"], refund["state"]) for refund in answer.json()["data"]]


async def test_a_refund_made_at_stripe_is_on_record_once(hooks: Hooks) -> None:
    """Several events tell of one refund, twice and in any order: one record, and no move."""
    payment = await hooks.world.create()
    await hooks.world.confirm(payment, GOOD)
    await refund_in_dashboard(hooks, payment, 300)
    told = await hooks.events("charge.refunded", "refund.created", "refund.updated")
    await hooks.deliver(*reversed(told), *told)

    assert len(told) >= 2
    assert await shown(hooks, payment) == [(300, "succeeded")]
    assert await hooks.world.path(payment) == ["create", "confirm", "succeed"]


async def test_a_refund_told_before_its_payment_succeeded_here(hooks: Hooks) -> None:
    """Paid in a browser and refunded at once: the refund's event settles the payment first."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    await refund_in_dashboard(hooks, payment, 1000)
    await hooks.deliver(*await hooks.events("charge.refunded"))

    assert (await hooks.world.load(payment)).state == "succeeded"
    assert await shown(hooks, payment) == [(1000, "succeeded")]


async def test_a_dispute_is_on_record(hooks: Hooks) -> None:
    """A card's holder disputes the charge: it stands beside the payment, which stays."""
    payment = await hooks.world.create()
    await hooks.world.confirm(payment, "pm_card_createDispute")
    await hooks.deliver(*await hooks.events("charge.dispute.created"))
    (row,) = await rows(hooks, disputes)

    assert (row["payment_id"], row["amount"]) == (payment.id, 1000)
    assert (await hooks.world.load(payment)).state == "succeeded"


# ── cards ────────────────────────────────────────────────────────────────────────────────────


async def saved_card(hooks: Hooks) -> tuple[str, str]:
    """Let a new customer pay with a card that is kept; return both ids."""
    customer = (await hooks.api.post("/v1/customers", {})).json()["id"]
    path = f"/v1/customers/{customer}/cards"
    card = (await hooks.api.post(path, {"payment_method": GOOD})).json()["id"]
    paid = await hooks.api.confirm(await hooks.api.create(customer=customer), card)
    assert paid.json()["state"] == "succeeded"
    return customer, card


async def test_a_card_taken_away_at_stripe_spends_no_attempt(hooks: Hooks) -> None:
    """Detached in the Dashboard, the card is out of use here by the event."""
    customer, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}/detach"
    async with hooks.world.http.post(url) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_method.detached"))
    payment = await hooks.api.create(customer=customer)
    refused = await hooks.api.confirm(payment, card)
    (row,) = await rows(hooks, card_disablements)

    assert (refused.status_code, refused.json()["code"]) == (409, "card_disabled")
    assert (row["actor_kind"], row["reason"]) == ("stripe", "detached")


async def test_a_card_taken_away_is_so_whatever_is_told_last(hooks: Hooks) -> None:
    """An older change of the card comes in after its end, in one round of the worker."""
    customer, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}"
    async with hooks.world.http.post(url, data={"card[exp_year]": "2041"}) as answer:
        assert answer.status == 200
    async with hooks.world.http.post(f"{url}/detach") as answer:
        assert answer.status == 200
    for type in ("payment_method.detached", "payment_method.updated"):
        (event,) = await hooks.events(type)
        await hooks.send(event)
    await hooks.world.work()
    refused = await hooks.api.confirm(await hooks.api.create(customer=customer), card)

    assert refused.json()["code"] == "card_disabled"


async def test_what_no_database_stores_is_left_out(hooks: Hooks) -> None:
    """A character that PostgreSQL takes in no text keeps neither the event nor others out."""
    payment = await hooks.world.create()
    await browser_confirms(hooks.world, payment, GOOD)
    (event,) = await hooks.events("payment_intent.succeeded")
    event["request"] = {"id": None, "idempotency_key": "a\0b"}
    event["data"]["object"]["cancellation_reason"] = "a\0b"
    await hooks.deliver(event)

    assert (await hooks.world.load(payment)).state == "succeeded"


async def test_a_card_that_nobody_knows_here_leaves_nothing(hooks: Hooks) -> None:
    """Another program's card on the same account is none of ours."""
    customer, card = await saved_card(hooks)
    await hooks.api.client.delete(
        f"/v1/cards/{card}", headers={"Authorization": f"Bearer {hooks.api.secret}"}
    )
    before = await rows(hooks, card_disablements)
    (event,) = await hooks.events("payment_method.detached")
    event["data"]["object"]["id"] = "pm_another"
    await hooks.deliver(event)

    assert customer
    assert await rows(hooks, card_disablements) == before
    assert await hooks.waiting() == {"pending": 0, "unmatched": 0}


async def test_a_renewed_card_is_known_by_its_new_date(hooks: Hooks) -> None:
    """A date changed at Stripe is the date that the next confirm goes by."""
    _, card = await saved_card(hooks)
    url = f"{hooks.world.url}/v1/payment_methods/{card}"
    async with hooks.world.http.post(url, data={"card[exp_year]": "2041"}) as answer:
        assert answer.status == 200
    await hooks.deliver(*await hooks.events("payment_method.updated"))
    known = [row for row in await rows(hooks, cards) if row["payment_method"] == card]

    assert [row["exp_year"] for row in known] == [2041]
