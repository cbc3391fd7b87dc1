"""The event list: by type, by delivery, by time, a page at a time."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

DAY_SECONDS = 24 * 3600


@pytest.fixture
async def story(sandbox: Sandbox) -> list[str]:
    """Decline an intent, then pay it; the events' types, newest first."""
    intent = await sandbox.intent()
    await sandbox.refusal(intent.id, "pm_sim_lost_card")
    await sandbox.confirm(intent.id, "pm_card_visa")
    return [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.payment_failed",
        "charge.failed",
        "payment_intent.created",
    ]


async def types(sandbox: Sandbox, **params: Any) -> list[str]:
    """List the types of the events that a query finds."""
    given: Any = params
    return [event.type for event in (await sandbox.sdk.v1.events.list_async(given)).data]


async def test_all_events_are_listed_newest_first(sandbox: Sandbox, story: list[str]) -> None:
    """Without a filter everything that happened is there."""
    assert await types(sandbox) == story


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"type": "charge.failed"}, ["charge.failed"]),
        ({"type": "charge.*"}, ["charge.succeeded", "charge.failed"]),
        ({"type": "*.succeeded"}, ["payment_intent.succeeded", "charge.succeeded"]),
        ({"type": "charge"}, []),
        (
            {"types": ["charge.failed", "payment_intent.created"]},
            ["charge.failed", "payment_intent.created"],
        ),
        ({"types": ["charge.*", "payment_intent.created"], "limit": 1}, ["charge.succeeded"]),
        ({"delivery_success": False}, []),
        ({"type": "charge.*", "delivery_success": True}, ["charge.succeeded", "charge.failed"]),
    ],
)
async def test_a_filter_finds_what_it_names(
    sandbox: Sandbox, story: list[str], params: dict[str, Any], wanted: list[str]
) -> None:
    """Types are named singly, with an asterisk, or several; nothing waits to be delivered."""
    assert set(wanted) <= set(story)
    assert await types(sandbox, **params) == wanted


async def test_events_come_in_pages(sandbox: Sandbox, story: list[str]) -> None:
    """Pages lead through all events, forwards and backwards."""
    events = sandbox.sdk.v1.events
    first = await events.list_async({"limit": 2})
    second = await events.list_async({"limit": 2, "starting_after": first.data[-1].id})
    back = await events.list_async({"limit": 2, "ending_before": second.data[0].id})

    assert (first.has_more, back.has_more) == (True, False)
    assert [event.type for event in [*first.data, *second.data]] == story[:4]
    assert [event.id for event in back.data] == [event.id for event in first.data]


async def test_a_consumer_catches_up(sandbox: Sandbox, story: list[str]) -> None:
    """Whoever knows the last event it saw finds all later ones of its types, the oldest first."""
    [last_seen] = (await sandbox.sdk.v1.events.list_async({"limit": 1})).data
    for _ in range(3):
        await sandbox.confirm((await sandbox.intent()).id, "pm_card_visa")
    found, cursor = [], last_seen.id
    while True:
        given: Any = {"ending_before": cursor, "limit": 2, "types": ["payment_intent.*"]}
        page = await sandbox.sdk.v1.events.list_async(given)
        found += [event.type for event in reversed(page.data)]
        if not page.has_more:
            break
        cursor = page.data[0].id

    assert found == ["payment_intent.created", "payment_intent.succeeded"] * 3


async def test_a_page_begins_at_an_event_of_another_type(
    sandbox: Sandbox, story: list[str]
) -> None:
    """A cursor need not be of the types that are listed."""
    events = (await sandbox.sdk.v1.events.list_async({})).data
    [failed] = [event.id for event in events if event.type == "charge.failed"]

    assert await types(sandbox, type="payment_intent.*", starting_after=failed) == [
        "payment_intent.created"
    ]
    assert await types(sandbox, type="payment_intent.*", ending_before=failed) == [
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize(
    ("bound", "offset", "found"),
    [("gt", 0, 0), ("gt", -1, 1), ("gte", 0, 1), ("lt", 0, 0), ("lte", 0, 1), ("lte", -1, 0)],
)
async def test_each_bound_of_the_time_counts(
    sandbox: Sandbox, bound: str, offset: int, found: int
) -> None:
    """``gt`` and ``lt`` leave their second out, ``gte`` and ``lte`` take it in."""
    await sandbox.intent()
    [event] = (await sandbox.sdk.v1.events.list_async({})).data

    assert len(await types(sandbox, created={bound: event.created + offset})) == found


async def test_events_lie_in_a_time(sandbox: Sandbox, story: list[str]) -> None:
    """``created`` bounds the time of the events; later ones are found apart from earlier ones."""
    now = int((await sandbox.control("POST", "/clock", {"advance": 3600}))["now"])
    await sandbox.intent()

    assert await types(sandbox, created={"gte": now}) == ["payment_intent.created"]
    assert await types(sandbox, created={"lt": now}) == story


async def test_events_are_kept_for_thirty_days(sandbox: Sandbox, story: list[str]) -> None:
    """After thirty days an event is neither listed nor found."""
    (newest, *_) = (await sandbox.sdk.v1.events.list_async({})).data
    await sandbox.control("POST", "/clock", {"advance": 30 * DAY_SECONDS})
    status, body, _ = await sandbox.raw("GET", f"/v1/events/{newest.id}")

    assert story[0] == newest.type
    assert await types(sandbox) == []
    assert (status, body["error"]["code"]) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("type=charge.failed&types[0]=charge.failed", "parameters_exclusive", None),
        ("&".join(f"types[{n}]=a" for n in range(21)), None, "types"),
        ("delivery_success=perhaps", None, "delivery_success"),
        ("starting_after=evt_nope", "resource_missing", "starting_after"),
        ("limit=101", "parameter_invalid_integer", "limit"),
    ],
)
async def test_a_bad_filter_is_refused(
    sandbox: Sandbox, query: str, code: str | None, param: str | None
) -> None:
    """A filter that contradicts itself or means nothing is refused."""
    status, body, _ = await sandbox.raw("GET", f"/v1/events?{query}")

    assert (status, body["error"].get("code"), body["error"].get("param")) == (400, code, param)
