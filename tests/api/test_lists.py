"""Lists of payments over HTTP: newest first, by page and by filter, each key its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.api.conftest import Api
from tests.stored_payments import START, Storyteller, new_payment

LIST = "/v1/payments"


async def ids(api: Api, query: str = "", **more: Any) -> list[str]:
    """List payments and return their ids."""
    answer = await api.get(LIST + query, **more)
    assert answer.status_code == 200, answer.text
    return [payment["id"] for payment in answer.json()["data"]]


async def create(api: Api, number: int, **fields: Any) -> list[str]:
    """Create so many payments; return their ids, newest first."""
    return [(await api.create(**fields))["id"] for _ in range(number)][::-1]


async def test_an_empty_list(api: Api) -> None:
    """Where there are no payments the list is empty, and says where it is from."""
    answer = await api.get(LIST)

    assert answer.json() == {"object": "list", "data": [], "has_more": False, "url": LIST}


async def test_newest_come_first(api: Api) -> None:
    """A list shows each payment as it is shown by itself, the newest first."""
    created = await create(api, 3)

    listed = (await api.get(LIST)).json()["data"]

    assert [payment["id"] for payment in listed] == created
    assert listed == [(await api.get(f"{LIST}/{id}")).json() for id in created]


async def test_ten_are_shown_unless_told(api: Api) -> None:
    """A page holds ten, or as many as are asked for, and says whether there are more."""
    created = await create(api, 11)

    pages = [(await api.get(LIST + query)).json() for query in ("", "?limit=11", "?limit=1")]

    assert [(len(page["data"]), page["has_more"]) for page in pages] == [
        (10, True),
        (11, False),
        (1, True),
    ]
    assert [payment["id"] for payment in pages[0]["data"]] == created[:10]


async def test_walking_there_and_back(api: Api) -> None:
    """Pages older than the last and newer than the first lead through all and back."""
    created = await create(api, 5)

    older = await api.get(f"{LIST}?limit=2&starting_after={created[1]}")
    oldest = await api.get(f"{LIST}?limit=2&starting_after={created[3]}")
    newer = await api.get(f"{LIST}?limit=2&ending_before={created[4]}")
    newest = await api.get(f"{LIST}?limit=2&ending_before={created[2]}")

    pages = [answer.json() for answer in (older, oldest, newer, newest)]
    assert [([p["id"] for p in page["data"]], page["has_more"]) for page in pages] == [
        (created[2:4], True),
        (created[4:], False),
        (created[2:4], True),
        (created[:2], False),
    ]


async def own_customer(api: Api) -> str:
    """Make a customer at Stripe and return its id."""
    async with api.world.http.post(f"{api.world.url}/v1/customers") as answer:
        made: dict[str, Any] = await answer.json()
    id: str = made["id"]
    return id


async def test_filters(api: Api) -> None:
    """State, customer and transaction each restrict the list, and all of them together."""
    customer = await own_customer(api)
    (plain,) = await create(api, 1)
    (ordered,) = await create(api, 1, transaction_id="Bestellung №1 & more", customer=customer)
    paid = await api.create(customer=customer)
    await api.confirm(paid)

    transaction = urlencode({"transaction_id": "Bestellung №1 & more"})

    assert await ids(api, "?state=succeeded") == [paid["id"]]
    assert await ids(api, "?state=created") == [ordered, plain]
    assert await ids(api, "?state=card_disabled") == []
    assert await ids(api, f"?customer={customer}") == [paid["id"], ordered]
    assert await ids(api, "?customer=cus_nobody") == []
    assert await ids(api, "?" + transaction) == [ordered]
    assert await ids(api, f"?{transaction}&customer={customer}&state=created") == [ordered]
    assert await ids(api, f"?{transaction}&state=failed") == []


MOMENTS = {
    "Unix seconds": "1772366405",
    "Z": "2026-03-01T12:00:05Z",
    "lower case": "2026-03-01t12:00:05z",
    "an offset": quote("2026-03-01T17:30:05+05:30"),
    "a negative offset": "2026-03-01T07:00:05-05:00",
    "a fraction": "2026-03-01T12:00:05.000000Z",
    "nanoseconds": "2026-03-01T12:00:05.000000999Z",
}


@pytest.fixture
async def timed(sqlite_api: Api) -> Api:
    """Store a payment for each second, each named by it, that the key may read."""
    tell = Storyteller(sqlite_api.world.runtime.database)
    for second in range(10):
        moment = START.replace(second=second)
        await tell.created(new_payment(f"pay_{second}", created_at=moment))
    return sqlite_api


@pytest.mark.parametrize("written", MOMENTS.values(), ids=MOMENTS)
async def test_spans_of_time(timed: Api, written: str) -> None:
    """Each way to write a moment means the same, and each comparison what its name says."""
    spans = {
        name: sorted(int(id[4:]) for id in await ids(timed, f"?created%5B{name}%5D={written}"))
        for name in ("gte", "gt", "lt", "lte")
    }

    assert spans == {
        "gte": [5, 6, 7, 8, 9],
        "gt": [6, 7, 8, 9],
        "lt": [0, 1, 2, 3, 4],
        "lte": [0, 1, 2, 3, 4, 5],
    }


async def test_a_span_of_two_ends(timed: Api) -> None:
    """Two ends make a span, with brackets encoded or not; a page of it goes on within it."""
    span = "created[gte]=2026-03-01T12:00:02Z&created%5blt%5d=1772366408"

    assert await ids(timed, "?" + span) == ["pay_7", "pay_6", "pay_5", "pay_4", "pay_3", "pay_2"]
    assert await ids(timed, f"?{span}&limit=2&starting_after=pay_6") == ["pay_5", "pay_4"]
    assert await ids(timed, f"?{span}&ending_before=pay_6") == ["pay_7"]
    assert await ids(timed, f"?{span}&starting_after=pay_9&limit=1") == ["pay_7"]


async def test_each_key_lists_its_owners(api: Api) -> None:
    """A payments key lists its owner's payments; audit and admin keys everybody's."""
    mine = await create(api, 2)
    _, other = await api.key("other")
    _, auditor = await api.key("auditor", "audit")
    _, admin = await api.key("other", "admin")
    theirs = (await api.post(LIST, {"amount": 500, "currency": "eur"}, secret=other)).json()["id"]

    assert await ids(api) == mine
    assert await ids(api, secret=other) == [theirs]
    assert await ids(api, secret=auditor) == [theirs, *mine]
    assert await ids(api, f"?starting_after={theirs}", secret=admin) == mine


async def test_who_only_reads_gets_no_address(api: Api) -> None:
    """In a list, too, only a key that may act sees where a challenge is answered."""
    payment = await api.create()
    await api.confirm(payment, "pm_card_threeDSecure2Required")
    _, auditor = await api.key("auditor", "audit")

    acting = (await api.get(LIST)).json()["data"][0]["next_action"]
    reading = (await api.get(LIST, secret=auditor)).json()["data"][0]["next_action"]

    assert reading == {"type": acting["type"]}
    assert len(acting) > 1


@pytest.mark.parametrize(("secret", "status"), [("", 401), ("ork_nobodys", 401)])
async def test_a_list_needs_a_key(sqlite_api: Api, secret: str, status: int) -> None:
    """Without a key there is no list."""
    assert (await sqlite_api.get(LIST, secret=secret)).status_code == status


REFUSED: dict[str, tuple[str, str]] = {
    "unknown": ("colour=red", "colour"),
    "unknown and long": ("x" * 200, "x" * 60 + "…"),
    "of another case": ("State=created", "State"),
    "a name without a value": ("state", "state"),
    "empty state": ("state=", "state"),
    "no such state": ("state=paid", "state"),
    "state in capitals": ("state=CREATED", "state"),
    "repeated": ("state=created&state=created", "state"),
    "repeated, once encoded": ("limit=1&%6Cimit=2", "limit"),
    "limit 0": ("limit=0", "limit"),
    "limit 101": ("limit=101", "limit"),
    "negative limit": ("limit=-1", "limit"),
    "limit with a plus": ("limit=%2B5", "limit"),
    "limit with a space": ("limit=+5", "limit"),
    "fraction": ("limit=1.0", "limit"),
    "exponent": ("limit=1e1", "limit"),
    "underscore": ("limit=1_0", "limit"),
    "digits of another script": ("limit=%D9%A3", "limit"),
    "huge limit": ("limit=" + "9" * 5000, "limit"),
    "empty limit": ("limit=", "limit"),
    "no customer": ("customer=pay_1", "customer"),
    "empty customer": ("customer=", "customer"),
    "long customer": ("customer=cus_" + "a" * 251, "customer"),
    "customer and line break": ("customer=cus_a%0A", "customer"),
    "empty transaction": ("transaction_id=", "transaction_id"),
    "long transaction": ("transaction_id=" + "a" * 201, "transaction_id"),
    "NUL": ("transaction_id=a%00b", "transaction_id"),
    "NUL in a name": ("a%00b=1", "a\x00b"),
    "broken UTF-8": ("transaction_id=%ff%fe", "transaction_id"),
    "lone surrogate": ("transaction_id=%ED%A0%80", "transaction_id"),
    "broken UTF-8 in a name": ("%ff=1", "query"),
    "stray percent": ("transaction_id=100%", "transaction_id"),
    "half an escape": ("customer=cus_%4", "customer"),
    "no id": ("starting_after=1", "starting_after"),
    "NUL in an id": ("starting_after=pay_%00", "starting_after"),
    "empty cursor": ("ending_before=", "ending_before"),
    "nobody's payment": ("starting_after=pay_0", "starting_after"),
    "nobody's payment, newer": ("ending_before=pay_0", "ending_before"),
    "both cursors": ("starting_after=pay_0&ending_before=pay_0", "ending_before"),
    "created alone": ("created=1772366405", "created"),
    "another comparison": ("created[ne]=1", "created[ne]"),
    "no moment": ("created[gte]=yesterday", "created[gte]"),
    "a day": ("created[gte]=2026-03-01", "created[gte]"),
    "no offset": ("created[lt]=2026-03-01T12:00:00", "created[lt]"),
    "an unescaped plus": ("created[lt]=2026-03-01T12:00:00+00:00", "created[lt]"),
    "no such day": ("created[gt]=2026-02-30T00:00:00Z", "created[gt]"),
    "no such hour": ("created[gt]=2026-03-01T24:00:01Z", "created[gt]"),
    "before all time": ("created[gte]=0001-01-01T00:00:00%2B23:00", "created[gte]"),
    "after all time": ("created[lte]=9999-12-31T23:59:59-01:00", "created[lte]"),
    "far seconds": ("created[lte]=999999999999", "created[lte]"),
    "negative seconds": ("created[gte]=-1", "created[gte]"),
    "fraction of a second": ("created[gte]=1772366405.5", "created[gte]"),
    "milliseconds": ("created[gte]=1772366405000", "created[gte]"),
    "year 0": ("created[gte]=0000-01-01T00:00:00Z", "created[gte]"),
}


async def test_bad_queries(api: Api) -> None:
    """What is unknown, repeated or malformed is 422 and named; nothing is silently left out."""
    await create(api, 1)

    answers = {name: await api.get(f"{LIST}?{query}") for name, (query, _) in REFUSED.items()}

    told = {
        name: (answer.status_code, answer.json()["code"], answer.json()["param"])
        for name, answer in answers.items()
    }
    assert told == {name: (422, "validation_error", param) for name, (_, param) in REFUSED.items()}


async def test_another_owners_cursor_is_nobodys(api: Api) -> None:
    """A cursor that the key may not read is refused like one that does not exist."""
    (mine,) = await create(api, 1)
    _, other = await api.key("other")

    answers = [await api.get(f"{LIST}?starting_after={id}", secret=other) for id in (mine, "pay_0")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("query", "size"), [("", 3), ("?", 3), ("?&&", 3), ("?&limit=1&", 1), ("?li%6dit=2", 2)]
)
async def test_harmless_spellings(sqlite_api: Api, query: str, size: int) -> None:
    """Empty parts say nothing, and an escaped letter is that letter."""
    await create(sqlite_api, 3)

    assert len(await ids(sqlite_api, query)) == size


async def test_quotes_are_only_text(api: Api) -> None:
    """What would be SQL is looked for as it is, and found where it was kept."""
    hostile = "' OR '1'='1'; --%\\"
    (kept,) = await create(api, 1, transaction_id=hostile)
    await create(api, 1)

    assert await ids(api, "?" + urlencode({"transaction_id": hostile})) == [kept]


@pytest.mark.parametrize("name", ["O'Brien", "a\\'b", "$1 :x %s ?", "Zoë 🚲"])
async def test_an_owner_of_any_name_lists(api: Api, name: str) -> None:
    """An owner's name is only a name, whatever stands in it."""
    _, secret = await api.key(name)
    await create(api, 1)
    created = await api.post(LIST, {"amount": 500, "currency": "eur"}, secret=secret)

    listed = [await ids(api, query, secret=secret) for query in ("", "?state=created")]

    assert listed == [[created.json()["id"]]] * 2
