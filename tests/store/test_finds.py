"""Finding payments on both databases: filters together, pages both ways, and where it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.states import PaymentState
from orchestrator.store import finds
from orchestrator.store.connections import Database, open_database
from orchestrator.store.dossiers import read_dossier
from orchestrator.store.finds import FoundPage, Hit, Wanted, find_by_id, find_page
from tests.store.seeds import seed
from tests.store.stories import Teller
from tests.stored_payments import new_payment

ALL = ["pay_h", "pay_g", "pay_f", "pay_e", "pay_d", "pay_c", "pay_b", "pay_a"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a database with payments of every kind."""
    await seed(database_url)
    opened = open_database(database_url)
    yield opened
    await opened.close()


def ids(page: FoundPage) -> list[str]:
    """Return the ids on a page."""
    return [each.payment.id for each in page.found]


async def walk(database: Database, wanted: Wanted) -> tuple[list[list[str]], list[list[str]]]:
    """Go to the last page and back; gives the ids of each page on both ways."""
    forth, back = [await database.read(find_page, wanted)], []
    while forth[-1].older is not None:
        forth.append(await database.read(find_page, replace(wanted, older_than=forth[-1].older)))
    page = forth[-1]
    while page.newer is not None:
        page = await database.read(find_page, replace(wanted, newer_than=page.newer))
        back.append(page)
    return [ids(page) for page in forth], [ids(page) for page in back]


FOUND: dict[str, tuple[Wanted, list[str]]] = {
    "all": (Wanted(), ALL),
    "a state": (Wanted(state=PaymentState.confirming), ["pay_g", "pay_d"]),
    "a code": (Wanted(code="insufficient_funds"), ["pay_f", "pay_a"]),
    "a code and a state": (
        Wanted(code="insufficient_funds", state=PaymentState.succeeded),
        ["pay_a"],
    ),
    "a code that came with a finer one": (Wanted(code="card_declined"), []),
    "a customer and a state": (Wanted(customer="cus_1", state=PaymentState.failed), ["pay_b"]),
    "a transaction and a customer": (Wanted(transaction_id="order-1", customer="cus_2"), []),
}


@pytest.mark.parametrize("name", FOUND)
async def test_filters_leave_what_is_so(database: Database, name: str) -> None:
    """Filters leave the same payments on both databases, alone and together."""
    wanted, expected = FOUND[name]

    assert ids(await database.read(find_page, wanted)) == expected


async def test_pages_meet(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payment is on one page, though all were created in the same moment."""
    monkeypatch.setattr(finds, "PAGE", 3)
    forth, back = await walk(database, Wanted())

    assert forth == [ALL[:3], ALL[3:6], ALL[6:]]
    assert back == [ALL[3:6], ALL[:3]]


async def test_a_search_stops_and_says_where(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where filters leave little of what is looked at, the search stops and can be gone on with."""
    monkeypatch.setattr(finds, "WINDOW", 3)
    wanted = Wanted(customer="cus_1", state=PaymentState.succeeded)
    first = await database.read(find_page, wanted)
    forth, _ = await walk(database, wanted)

    assert (ids(first), first.looked_through) == ([], True)
    assert forth == [[], [], ["pay_a"]]


async def test_a_code_that_came_twice_is_one_payment(database: Database) -> None:
    """A payment that was declined twice alike is listed once, by when it was last."""
    tell = Teller(database)
    twice = await tell.created(new_payment("pay_twice"))
    for card in ("pm_first", "pm_second"):
        twice = await tell.declined(await tell.opened(twice, card), "insufficient_funds")
    page = await database.read(find_page, Wanted(code="insufficient_funds"))
    (found,) = [each for each in page.found if each.payment.id == "pay_twice"]

    assert found.moment == twice.updated_at


HITS: dict[str, Hit | None] = {
    "pay_a": Hit(payment_id="pay_a"),
    "pi_pay_b": Hit(payment_id="pay_b"),
    "ch_pay_a_1": Hit(payment_id="pay_a"),
    "order-1": Hit(transaction_id="order-1"),
    "cus_1": Hit(customer="cus_1"),
    "pay_nobody": None,
    "pay_%": None,
}


@pytest.mark.parametrize("text", HITS)
async def test_an_id_leads_to_what_it_belongs_to(database: Database, text: str) -> None:
    """Each kind of id is found, whole and exactly."""
    assert await database.read(find_by_id, text) == HITS[text]


async def test_a_dossier_has_everything(database: Database) -> None:
    """All that belongs to a payment is read at once; of an unknown one nothing is."""
    dossier: Any = await database.read(read_dossier, "pay_a")
    counts = {
        name: len(getattr(dossier, name))
        for name in ("history", "evidence", "attempts", "events", "deliveries", "stripe_events")
    }

    assert counts == {
        "history": 5,
        "evidence": 2,
        "attempts": 2,
        "events": 5,
        "deliveries": 5,
        "stripe_events": 1,
    }
    assert dossier.leaf.last_hash == dossier.payment.last_hash
    assert await database.read(read_dossier, "pay_nobody") is None
