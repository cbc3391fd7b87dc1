"""Pages of payments: the right ones, in one order, whatever arrives meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from orchestrator.payment import Payment
from orchestrator.states import PaymentState
from orchestrator.store.connections import Database
from orchestrator.store.lists import (
    COMPARISONS,
    Bound,
    Comparison,
    ListPayments,
    Page,
    page_query,
    read_page,
)
from tests.store.stories import Teller
from tests.stored_payments import START, new_payment

Row = dict[str, Any]

# Three payments of one moment each, so that the id decides their order.
MOMENTS = 8
EACH = 3
OWNERS = ("list_shop", "list_shop", "list_other")
CUSTOMERS = ("cus_1", None, "cus_2")


def moment(number: int) -> Any:
    """Return when the payments of one moment were created."""
    return START + timedelta(seconds=number, microseconds=number)


@pytest.fixture
async def known(tell: Teller, database: Database) -> list[Payment]:
    """Store payments of every state once, and return them, newest first."""
    if not (await _everybody(database)).payments:
        for number in range(MOMENTS * EACH):
            # Ids in another order than the moments: only within a moment does the id count.
            id = f"pay_{(number * 7) % (MOMENTS * EACH):02}"
            await _live(tell, await tell.created(_payment(id, number)), number)
    everybody = await _everybody(database)
    assert {payment.state for payment in everybody.payments} == set(PaymentState)
    return sorted(everybody.payments, key=lambda one: (one.created_at, one.id), reverse=True)


async def _everybody(database: Database) -> Page:
    page = await database.read(read_page, ListPayments(limit=1000))
    assert page is not None, "there is no cursor"
    return page


def _payment(id: str, number: int) -> Payment:
    return new_payment(
        id,
        owner=OWNERS[number % 3],
        customer=CUSTOMERS[number % len(CUSTOMERS)] if number % 5 else "cus_both",
        transaction_id=f"order-{number % 4}" if number % 6 else None,
        created_at=moment(number // EACH),
    )


async def _live(tell: Teller, payment: Payment, number: int) -> None:
    """Take a payment to the state that its number stands for."""
    card = f"pm_{number}"
    if number % 6 == 1:
        await tell.opened(payment, card)
    elif number % 6 == 2:
        await tell.declined(await tell.opened(payment, card), "insufficient_funds")
    elif number % 6 == 3:
        await tell.declined(await tell.opened(payment, card), "lost_card")
    elif number % 6 == 4:
        await tell.paid(await tell.opened(payment, card))
    elif number % 6 == 5:
        await tell.canceled(await tell.ending(payment))


FILTERS: dict[str, ListPayments] = {
    "everything": ListPayments(),
    "an owner": ListPayments(owner="list_shop"),
    "nobody": ListPayments(owner="list_shop' OR 'a'='a"),
    **{f"state {state}": ListPayments(state=state) for state in PaymentState},
    "a customer": ListPayments(customer="cus_both"),
    "a transaction": ListPayments(transaction_id="order-1"),
    "everything at once": ListPayments(
        "list_shop", PaymentState.confirming, "cus_1", "order-1", (Bound("gte", moment(1)),)
    ),
    **{
        f"created {comparison}": ListPayments(created=(Bound(comparison, moment(3)),))
        for comparison in get_args(Comparison)
    },
    "a span": ListPayments("list_shop", created=(Bound("gt", moment(2)), Bound("lte", moment(5)))),
    "two spans": ListPayments(
        created=(
            Bound("gt", moment(1)),
            Bound("gte", moment(3)),
            Bound("lt", moment(7)),
            Bound("lte", moment(6)),
        )
    ),
    "an empty span": ListPayments(created=(Bound("gte", moment(5)), Bound("lt", moment(2)))),
}


def expected(known: Sequence[Payment], wanted: ListPayments) -> tuple[list[str], bool]:
    """Say, by going through all payments, which ids a page shows and whether there are more."""
    names = ("owner", "state", "customer", "transaction_id")
    fits = [
        payment
        for payment in known
        if all(getattr(wanted, name) in (None, getattr(payment, name)) for name in names)
        and all(
            COMPARISONS[bound.comparison](payment.created_at, bound.moment)
            for bound in wanted.created
        )
    ]
    places = {payment.id: (payment.created_at, payment.id) for payment in known}
    if wanted.ending_before is not None:
        newer = [one for one in fits if places[one.id] > places[wanted.ending_before]]
        return [one.id for one in newer[-wanted.limit :]], len(newer) > wanted.limit
    if wanted.starting_after is not None:
        fits = [one for one in fits if places[one.id] < places[wanted.starting_after]]
    return [one.id for one in fits[: wanted.limit]], len(fits) > wanted.limit


def shown(page: Page | None) -> tuple[list[str], bool]:
    """Return a page's ids and whether there are more."""
    assert page is not None, "the cursor is known"
    return [payment.id for payment in page.payments], page.has_more


@pytest.mark.parametrize("name", FILTERS)
async def test_every_page_is_the_right_one(
    database: Database, known: list[Payment], name: str
) -> None:
    """Each filter from each place in each direction shows what going through all would find."""
    readable = [one for one in known if FILTERS[name].owner in (None, one.owner)]
    directions = ("starting_after", "ending_before")
    cursors: list[Row] = [{}, *({way: one.id} for way in directions for one in readable)]
    asked = [
        replace(FILTERS[name], limit=limit, **cursor) for limit in (1, 3, 100) for cursor in cursors
    ]

    found = [shown(await database.read(read_page, wanted)) for wanted in asked]

    assert found == [expected(known, wanted) for wanted in asked]


@pytest.mark.parametrize("direction", ["starting_after", "ending_before"])
async def test_unknown_cursor_has_no_page(
    database: Database, known: list[Payment], direction: str
) -> None:
    """A cursor that the owner has no payment for gives no page rather than an empty one."""
    others = next(one.id for one in known if one.owner == "list_other")
    cursors: list[Row] = [{direction: others}, {direction: "pay_nobodys"}]
    asked = [ListPayments(owner="list_shop", **cursor) for cursor in cursors]

    assert [await database.read(read_page, wanted) for wanted in asked] == [None, None]


async def test_a_walk_meets_each_payment_once(
    database: Database, tell: Teller, known: list[Payment]
) -> None:
    """Payments that arrive during a walk neither repeat nor hide one that was there before."""
    wanted = ListPayments(owner="list_walk", limit=2)
    for number in range(5):
        await tell.created(new_payment(f"pay_walk{number}", owner="list_walk"))
    met: list[str] = []
    while True:
        ids, more = shown(await database.read(read_page, wanted))
        met += ids
        await tell.created(
            new_payment(
                f"pay_new{len(met)}", owner="list_walk", created_at=START + timedelta(days=1)
            )
        )
        if not more:
            break
        wanted = replace(wanted, starting_after=ids[-1])

    assert met == [f"pay_walk{number}" for number in (4, 3, 2, 1, 0)]


PLACE = (moment(3), "pay_x")


@pytest.mark.parametrize("comparison", get_args(Comparison))
@pytest.mark.parametrize("direction", ["starting_after", "ending_before"])
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_page_begins_at_one_place(comparison: Comparison, direction: str, number: int) -> None:
    """Of a cursor and a bound on its side only what is further on stands in the statement."""
    cursor: Row = {direction: "pay_x"}
    wanted = ListPayments(created=(Bound(comparison, moment(number)),), **cursor)
    near = comparison in (("gt", "gte") if direction == "ending_before" else ("lt", "lte"))

    condition = page_query(wanted, PLACE).whereclause

    assert condition is not None
    assert len(getattr(condition, "clauses", [condition])) == (1 if near else 2)
