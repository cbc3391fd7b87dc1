"""The feed over HTTP: oldest first, page by page, to whom it belongs, with nothing secret in it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.api.conftest import Api


def event_of(payment: dict[str, Any], sequence: int = 1) -> str:
    """Name an event of a payment."""
    return f"evt_{payment['id'].removeprefix('pay_')}_{sequence}"


def types(answer: httpx2.Response) -> list[str]:
    """List the types of a page's events, without what all have in common."""
    assert answer.status_code == 200, answer.text
    return [each["type"].removeprefix("payment.") for each in answer.json()["data"]]


def ids(answer: httpx2.Response) -> list[str]:
    """List the ids of a page's events."""
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def test_each_step_is_an_event(api: Api) -> None:
    """The feed has an event for each row of the history, oldest first, and tells the row."""
    payment = await api.create()
    await api.confirm(payment, "pm_card_chargeDeclinedExpiredCard")
    await api.world.work()
    feed = await api.get("/v1/events")
    history = (await api.get(f"/v1/payments/{payment['id']}/history")).json()["data"]

    assert types(feed) == ["created", "confirming", "card_disabled"]
    assert [each["data"]["transition"] for each in feed.json()["data"]] == history
    assert ids(feed) == [event_of(payment, number) for number in (1, 2, 3)]
    assert (feed.json()["url"], feed.json()["has_more"]) == ("/v1/events", False)


async def test_without_a_worker_nothing_is_told(sqlite_api: Api) -> None:
    """What has no place in the feed yet is neither listed nor found."""
    payment = await sqlite_api.create()
    listed = await sqlite_api.get("/v1/events")
    single = await sqlite_api.get(f"/v1/events/{event_of(payment)}")

    assert (ids(listed), single.status_code) == ([], 404)


async def test_an_event_shows_its_payment_as_it_is(sqlite_api: Api) -> None:
    """An old event tells what happened then, and its payment as it is now."""
    payment = await sqlite_api.create()
    await sqlite_api.confirm(payment)
    await sqlite_api.world.work()
    event = (await sqlite_api.get(f"/v1/events/{event_of(payment)}")).json()

    assert event["type"] == "payment.created"
    assert event["data"]["transition"]["target"] == "created"
    assert event["data"]["payment"]["state"] == "succeeded"


async def test_pages_join(sqlite_api: Api) -> None:
    """Page after page, forwards and back, nothing is left out and nothing told twice."""
    for _ in range(5):
        await sqlite_api.create()
    await sqlite_api.world.work()
    every = ids(await sqlite_api.get("/v1/events"))
    first = await sqlite_api.get("/v1/events?limit=2")
    second = await sqlite_api.get(f"/v1/events?limit=2&starting_after={ids(first)[-1]}")
    third = await sqlite_api.get(f"/v1/events?limit=2&starting_after={ids(second)[-1]}")
    back = await sqlite_api.get(f"/v1/events?limit=2&ending_before={ids(third)[0]}")

    assert ids(first) + ids(second) + ids(third) == every
    assert [page.json()["has_more"] for page in (first, second, third)] == [True, True, False]
    assert ids(back) == ids(second)


async def test_filters(sqlite_api: Api) -> None:
    """Events of one payment, of one type, and of both."""
    paid, other = await sqlite_api.create(), await sqlite_api.create()
    await sqlite_api.confirm(paid)
    await sqlite_api.world.work()

    async def listed(query: str) -> list[str]:
        return ids(await sqlite_api.get(f"/v1/events?{query}"))

    assert await listed(f"payment={paid['id']}") == [event_of(paid, n) for n in (1, 2, 3)]
    assert await listed("type=payment.created") == [event_of(paid), event_of(other)]
    assert await listed(f"payment={other['id']}&type=payment.succeeded") == []
    assert await listed("payment=pay_nobodys") == []


async def test_owners_read_their_own(sqlite_api: Api) -> None:
    """Another owner's event is not listed, not found and no cursor; an auditor reads it."""
    event = event_of(await sqlite_api.create())
    await sqlite_api.world.work()
    _, other = await sqlite_api.key("other")
    _, auditor = await sqlite_api.key("auditor", "audit")
    listed = await sqlite_api.get("/v1/events", secret=other)
    single = await sqlite_api.get(f"/v1/events/{event}", secret=other)
    after = await sqlite_api.get(f"/v1/events?starting_after={event}", secret=other)
    audited = await sqlite_api.get("/v1/events", secret=auditor)
    read = await sqlite_api.get(f"/v1/events/{event}", secret=auditor)

    assert (ids(listed), single.status_code) == ([], 404)
    assert (after.status_code, after.json()["param"]) == (422, "starting_after")
    assert (ids(audited), read.status_code) == ([event], 200)


async def test_no_event_holds_a_secret(sqlite_api: Api) -> None:
    """Neither a client secret nor an address to authenticate at stands in an event."""
    payment = await sqlite_api.create()
    body = {"payment_method": "pm_card_authenticationRequired", "return_url": "https://a.example"}
    confirmed = await sqlite_api.post(f"/v1/payments/{payment['id']}/confirm", body)
    await sqlite_api.world.work()
    listed = await sqlite_api.get("/v1/events")
    single = await sqlite_api.get(f"/v1/events/{event_of(payment, 2)}")

    assert "redirect_to_url" in confirmed.json()["next_action"]
    assert "_secret" not in listed.text + single.text
    assert "://" not in listed.text + single.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,application/json;q=0.9"])
async def test_a_list_is_what_is_answered(sqlite_api: Api, accept: str) -> None:
    """Who does not ask for a stream gets a page."""
    headers = {"Accept": accept, "Authorization": f"Bearer {sqlite_api.secret}"}
    answer = await sqlite_api.client.get("/v1/events", headers=headers)

    assert answer.json()["object"] == "list"
