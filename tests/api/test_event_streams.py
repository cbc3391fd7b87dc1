"""The feed as server-sent events: told live, gone on with, and ended when it must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

import api.streams
from api.authentication import KeyRing
from orchestrator.client import AsyncClient
from orchestrator.errors import DatabaseUnavailable
from orchestrator.store.keys import revoke_key
from tests.api.conftest import Api, open_api
from tests.api.listener import listening
from tests.client.test_clients import on_a_socket
from tests.world import open_world

SECRETS = ("_secret", "://")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for news all the time."""
    monkeypatch.setattr(api.streams, "LOOK_SECONDS", 0.01)


@pytest.fixture
async def one_stream(sqlite_url: str, stand_in_url: str) -> AsyncIterator[Api]:
    """Give the test the API of a process that may have one stream open."""
    async with (
        open_world(sqlite_url, stand_in_url, event_streams=1) as world,
        open_api(world) as opened,
    ):
        yield opened


async def test_what_happens_is_told(sqlite_api: Api) -> None:
    """A stream begins with what comes next, and tells it with id, type and document."""
    await sqlite_api.create()
    await sqlite_api.world.work()
    async with listening(sqlite_api) as listener:
        payment = await sqlite_api.create()
        await sqlite_api.confirm(payment)
        await sqlite_api.world.work()
        types = await listener.hears(3)

    assert types == ["payment.created", "payment.confirming", "payment.succeeded"]
    assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [event["id"] for event in listener.events] == [each["id"] for each in listener.documents]
    assert {each["data"]["payment"]["id"] for each in listener.documents} == {payment["id"]}


async def test_a_page_waits_for_one_payment(sqlite_api: Api) -> None:
    """Of one payment everything is told, what was before the stream too, and no other's."""
    payment, other = await sqlite_api.create(), await sqlite_api.create()
    await sqlite_api.world.work()
    async with listening(sqlite_api, f"payment={payment['id']}") as listener:
        await listener.hears(1)
        await sqlite_api.confirm(other)
        await sqlite_api.confirm(payment)
        await sqlite_api.world.work()
        await listener.hears(3)

    assert {each["data"]["payment"]["id"] for each in listener.documents} == {payment["id"]}


async def test_types_are_chosen(sqlite_api: Api) -> None:
    """A stream of one type tells no other."""
    payment = await sqlite_api.create()
    await sqlite_api.confirm(payment)
    await sqlite_api.world.work()
    query = f"payment={payment['id']}&type=payment.succeeded"
    async with listening(sqlite_api, query) as listener:
        types = await listener.hears(1)

    assert types == ["payment.succeeded"]


async def test_it_goes_on_from_the_last_id(sqlite_api: Api) -> None:
    """Who comes back with the last id hears what came after it, once, whatever they asked first."""
    first = await sqlite_api.create()
    payment = await sqlite_api.create()
    await sqlite_api.confirm(payment)
    await sqlite_api.world.work()
    heard = f"evt_{payment['id'].removeprefix('pay_')}_1"
    begun = f"starting_after=evt_{first['id'].removeprefix('pay_')}_1"
    async with listening(sqlite_api, begun, last_event_id=heard) as listener:
        types = await listener.hears(2)

    assert types == ["payment.confirming", "payment.succeeded"]


async def test_more_than_a_page_is_caught_up_with(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much was missed, all of it is told, in order."""
    monkeypatch.setattr("api.event_queries.LONGEST_LIST", 2)
    payments = [await sqlite_api.create() for _ in range(7)]
    await sqlite_api.world.work()
    heard = f"evt_{payments[0]['id'].removeprefix('pay_')}_1"
    async with listening(sqlite_api, f"starting_after={heard}") as listener:
        await listener.hears(6)

    told = [each["data"]["payment"]["id"] for each in listener.documents]
    assert told == [payment["id"] for payment in payments[1:]]


async def test_owners_hear_their_own(sqlite_api: Api) -> None:
    """Another owner's events are not told, and those of auditors' keys are everybody's."""
    _, other = await sqlite_api.key("other")
    _, auditor = await sqlite_api.key("auditor", "audit")
    async with (
        listening(sqlite_api) as mine,
        listening(sqlite_api, secret=other) as theirs,
        listening(sqlite_api, secret=auditor) as everybodys,
    ):
        await sqlite_api.create()
        await sqlite_api.post("/v1/payments", {"amount": 700, "currency": "usd"}, secret=other)
        await sqlite_api.world.work()
        await everybodys.hears(2)
        await mine.hears(1)
        await theirs.hears(1)

    assert [each["data"]["payment"]["amount"] for each in mine.documents] == [1000]
    assert [each["data"]["payment"]["amount"] for each in theirs.documents] == [700]


async def test_nothing_secret_is_told(sqlite_api: Api) -> None:
    """Neither a client secret nor an address to authenticate at stands in a stream."""
    payment = await sqlite_api.create()
    body = {"payment_method": "pm_card_authenticationRequired", "return_url": "https://a.example"}
    confirmed = await sqlite_api.post(f"/v1/payments/{payment['id']}/confirm", body)
    await sqlite_api.world.work()
    async with listening(sqlite_api, f"payment={payment['id']}") as listener:
        await listener.hears(2)

    assert "redirect_to_url" in confirmed.json()["next_action"]
    assert listener.documents[-1]["data"]["payment"]["next_action"] is not None
    assert [word for word in SECRETS if word in listener.text] == []


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("payment=pay_nobodys", "", (404, "not_found", "payment")),
        ("limit=5", "", (422, "validation_error", "limit")),
        ("ending_before=evt_a_1", "", (422, "validation_error", "ending_before")),
        ("starting_after=evt_a_1", "", (422, "validation_error", "starting_after")),
        ("", "evt_a_1", (422, "validation_error", "Last-Event-ID")),
        ("", "17", (422, "validation_error", "Last-Event-ID")),
    ],
)
async def test_what_cannot_be_heeded_is_refused(
    sqlite_api: Api, query: str, header: str, expected: tuple[int, str, str]
) -> None:
    """A stream that would never tell anything, or something else, is not opened."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {sqlite_api.secret}"}
    if header:
        headers["Last-Event-ID"] = header
    answer = await sqlite_api.client.get(f"/v1/events?{query}", headers=headers)
    told = answer.json()

    assert (answer.status_code, told["code"], told["param"]) == expected


async def test_another_owners_payment_is_nobodys(sqlite_api: Api) -> None:
    """Who asks for another owner's payment, or after another's event, learns nothing of it."""
    payment = await sqlite_api.create()
    await sqlite_api.world.work()
    _, other = await sqlite_api.key("other")
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {other}"}
    event = f"evt_{payment['id'].removeprefix('pay_')}_1"
    of_payment = await sqlite_api.client.get(f"/v1/events?payment={payment['id']}", headers=headers)
    after = await sqlite_api.client.get(f"/v1/events?starting_after={event}", headers=headers)

    assert (of_payment.status_code, after.status_code) == (404, 422)


async def test_silence_is_filled(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing happens a comment says that the stream lives."""
    monkeypatch.setattr(api.streams, "HEARTBEAT_SECONDS", 0.02)
    async with listening(sqlite_api) as listener:
        await listener.until(lambda: listener.text.count(": nothing new\n\n") >= 2)

    assert listener.events == []


async def test_a_revoked_key_hears_no_more(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is looked at again now and then, and a stream ends with it."""
    monkeypatch.setattr(api.streams, "HEARTBEAT_SECONDS", 0.02)
    database = sqlite_api.world.runtime.database
    ticks = iter(range(10_000_000))
    sqlite_api.app.state.key_ring = KeyRing(database, ticks=lambda: next(ticks) * 10.0)
    id, secret = await sqlite_api.key()
    async with listening(sqlite_api, secret=secret) as listener:
        await database.write(revoke_key, id, datetime.now(UTC))
        await listener.until_ended()

    assert listener.ended


async def test_it_ends_with_the_process(sqlite_api: Api) -> None:
    """A process that is told to stop ends its streams at once, in good order."""
    async with listening(sqlite_api) as listener:
        sqlite_api.app.state.stop.begin()
        await listener.until_ended()

    assert listener.ended


async def test_a_listener_who_goes_makes_room(one_stream: Api) -> None:
    """A process has so many streams at the most; one that is left is free for another."""
    async with listening(one_stream):
        async with listening(one_stream) as refused:
            await refused.until_ended()
        taken = one_stream.app.state.streams.open
    async with listening(one_stream) as again:
        pass

    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert '"code":"too_many_streams"' in refused.text
    assert (taken, again.status, one_stream.app.state.streams.open) == (1, 200, 0)


async def test_one_key_has_half_of_the_streams(sqlite_url: str, stand_in_url: str) -> None:
    """However many streams a key asks for, others find room for theirs."""
    async with (
        open_world(sqlite_url, stand_in_url, event_streams=3) as world,
        open_api(world) as api,
    ):
        _, other = await api.key("other")
        async with listening(api), listening(api):
            async with listening(api) as refused:
                await refused.until_ended()
            async with listening(api, secret=other) as theirs:
                pass

    assert (refused.status, theirs.status) == (503, 200)
    assert "This API key has half" in refused.text


async def test_a_client_that_leaves_makes_room(sqlite_api: Api) -> None:
    """Over a socket, too, a listener that has heard enough is noticed at once."""
    streams = sqlite_api.app.state.streams
    payment = await sqlite_api.create()
    await sqlite_api.world.work()
    async with (
        on_a_socket(sqlite_api) as url,
        AsyncClient(url, sqlite_api.secret) as client,
        aclosing(client.events.stream(payment=payment["id"])) as stream,
    ):
        event = await anext(stream)
        listening_then = streams.open
        await stream.aclose()
        async with asyncio.timeout(5):
            while streams.open:  # noqa: ASYNC110  the server tells nobody
                await asyncio.sleep(0.01)

    assert (event.data.payment.id, listening_then) == (payment["id"], 1)


async def test_a_listener_who_takes_nothing_is_left(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not take what is sent keeps no process from ending."""
    monkeypatch.setattr(api.streams, "GRACE_SECONDS", 0.05)
    payment = await sqlite_api.create()
    await sqlite_api.world.work()
    async with listening(sqlite_api, f"payment={payment['id']}") as listener:
        await listener.hears(1)
        async with listener.changed:  # whatever is sent now waits for this
            await sqlite_api.confirm(payment)
            await sqlite_api.world.work()
            sqlite_api.app.state.stop.begin()
            await listener.until_ended()

    assert sqlite_api.app.state.streams.open == 0


async def test_a_listener_who_takes_nothing_gives_up_its_place(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who keeps a stream open and takes nothing of it has it for a while only."""
    monkeypatch.setattr(api.streams, "TAKE_SECONDS", 0.05)
    monkeypatch.setattr(api.streams, "GRACE_SECONDS", 0.05)
    payment = await sqlite_api.create()
    await sqlite_api.world.work()
    async with listening(sqlite_api, f"payment={payment['id']}") as listener:
        await listener.hears(1)
        async with listener.changed:  # whatever is sent now waits for this
            await sqlite_api.confirm(payment)
            await sqlite_api.world.work()
            await listener.until_ended()

    assert sqlite_api.app.state.streams.open == 0


async def test_an_outage_ends_it_quietly(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away a stream ends, without a fault; who comes back goes on."""
    async with listening(sqlite_api) as listener:

        async def away(*_: object) -> None:
            raise DatabaseUnavailable

        monkeypatch.setattr(type(sqlite_api.world.runtime.feed), "after", away)
        await sqlite_api.create()
        await sqlite_api.world.work()
        await listener.until_ended()

    assert (listener.status, listener.ended) == (200, True)


async def test_nobody_listens_nobody_looks(sqlite_api: Api) -> None:
    """With the last who listens the looking for news ends."""
    async with listening(sqlite_api), listening(sqlite_api):
        pass
    looking = [task for task in asyncio.all_tasks() if "_looking" in repr(task.get_coro())]

    assert looking == []
