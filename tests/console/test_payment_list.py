"""The list: what each filter leaves, page after page, and what the search box finds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from orchestrator.store.finds import PAGE
from tests.console.visitor import PAYMENTS, Visitor, text_of

SHOWN = re.compile(r'href="/console/payments/(pay_\w+)"')


async def listed(visitor: Visitor, **filters: str) -> list[str]:
    """Return the ids of the payments that a page lists."""
    answer = await visitor.get(PAYMENTS, params=filters)
    assert answer.status_code == 200, answer.text
    return SHOWN.findall(answer.text)


@pytest.fixture
async def three(auditor: Visitor) -> dict[str, str]:
    """Store a payment that is paid, one declined and then paid, and one that waits for a card."""
    api = auditor.api
    paid = await api.create(transaction_id="order-1")
    await api.confirm(paid)
    declined = await api.create(transaction_id="order-2")
    await api.confirm(declined, "pm_card_visa_chargeDeclinedInsufficientFunds")
    await api.confirm(declined)
    waiting = await api.create(transaction_id="order-2")
    await api.confirm(waiting, "pm_card_chargeDeclinedExpiredCard")
    return {"paid": paid["id"], "declined": declined["id"], "waiting": waiting["id"]}


FILTERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "nothing": ({}, ["waiting", "declined", "paid"]),
    "state": ({"state": "succeeded"}, ["declined", "paid"]),
    "transaction": ({"transaction": "order-2"}, ["waiting", "declined"]),
    "decline code, whatever came after": ({"code": "insufficient_funds"}, ["declined"]),
    "code": ({"code": "expired_card"}, ["waiting"]),
    "code that only came with a finer one": ({"code": "card_declined"}, []),
    "code and state": ({"code": "expired_card", "state": "succeeded"}, []),
    "transaction and state": ({"transaction": "order-2", "state": "succeeded"}, ["declined"]),
    "today": ({"from": "today", "to": "today"}, ["waiting", "declined", "paid"]),
    "before today": ({"to": "2020-01-01"}, []),
    "after today": ({"from": "2999-01-01"}, []),
    "customer": ({"customer": "cus_nobody"}, []),
    "spaces around": ({"transaction": " order-1 "}, ["paid"]),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_leaves_what_it_says(
    auditor: Visitor, three: dict[str, str], name: str
) -> None:
    """Each filter, alone and with others, leaves the payments that are so, newest first."""
    filters, expected = FILTERS[name]
    today = datetime.now(UTC).date().isoformat()
    asked = {key: value.replace("today", today) for key, value in filters.items()}

    assert await listed(auditor, **asked) == [three[each] for each in expected]


async def test_pages_go_there_and_back(auditor: Visitor) -> None:
    """Every payment is on one page, in order, and the way back shows the same pages."""
    created = [(await auditor.api.create())["id"] for _ in range(2 * PAGE + 1)]
    forth = await walk(auditor, PAYMENTS, "next")
    back = await walk(auditor, forth[-1][0], "prev")

    assert [id for _, page in forth for id in page] == created[::-1]
    assert [len(page) for _, page in forth] == [PAGE, PAGE, 1]
    assert [page for _, page in back] == [page for _, page in forth[::-1]]


async def walk(visitor: Visitor, path: str, way: str) -> list[tuple[str, list[str]]]:
    """Follow the links one way; gives each page's address and payments."""
    pages = []
    while True:
        answer = await visitor.get(path)
        pages.append((path, SHOWN.findall(answer.text)))
        link = re.search(rf'rel="{way}" href="([^"]+)"', answer.text)
        if link is None:
            return pages
        path = unescape(link[1])


async def test_filters_stay_in_the_form_and_on_the_way(auditor: Visitor) -> None:
    """What was asked for stands in the form, and in the address of the next page."""
    for _ in range(PAGE + 1):
        await auditor.api.create(transaction_id="many")
    page = (await auditor.get(PAYMENTS, params={"transaction": "many", "state": "created"})).text

    assert 'name="transaction" value="many"' in page
    assert '<option value="created" selected>' in page
    assert re.search(r'rel="next" href="[^"]*state=created&amp;transaction=many&amp;before=', page)


@pytest.mark.parametrize("kind", ["id", "payment_intent", "transaction_id"])
async def test_the_search_goes_to_the_payment(auditor: Visitor, kind: str) -> None:
    """The id of a payment, of its intent, and of its transaction lead to its page."""
    payment: dict[str, Any] = await auditor.api.create(transaction_id="order / 7")
    answer = await auditor.get("/console/search", params={"q": f" {payment[kind]} "})

    assert answer.headers["location"] == f"{PAYMENTS}/{payment['id']}"


async def test_the_search_lists_what_is_several(auditor: Visitor, three: dict[str, str]) -> None:
    """A transaction of two payments leads to both."""
    answer = await auditor.get("/console/search", params={"q": "order-2"})

    assert answer.headers["location"] == f"{PAYMENTS}?transaction=order-2"
    assert SHOWN.findall((await auditor.get(answer.headers["location"])).text) == [
        three["waiting"],
        three["declined"],
    ]


async def test_the_search_finds_a_customer(auditor: Visitor) -> None:
    """A customer's id leads to the customer's payments."""
    customer = (await auditor.api.post("/v1/customers", {})).json()["id"]
    await auditor.api.create(customer=customer)
    answer = await auditor.get("/console/search", params={"q": customer})

    assert answer.headers["location"] == f"{PAYMENTS}?customer={customer}"


async def test_the_search_says_what_it_takes(auditor: Visitor) -> None:
    """Where nothing has the id, the page says which ids are looked for."""
    answer = await auditor.get("/console/search", params={"q": "order-9"})

    assert answer.status_code == 404
    assert "Nothing that is stored has the id order-9" in text_of(answer)


async def test_every_owner_is_listed(auditor: Visitor) -> None:
    """An auditor sees the payments of all keys."""
    _, secret = await auditor.api.key("another shop")
    mine = await auditor.api.create()
    theirs = (
        await auditor.api.post("/v1/payments", {"amount": 500, "currency": "usd"}, secret=secret)
    ).json()

    assert await listed(auditor) == [theirs["id"], mine["id"]]
