"""Of several writers one wins; whoever was not first is told so, and has written nothing."""

import asyncio
from collections.abc import Callable

import pytest

from orchestrator.change import Change
from orchestrator.errors import WriteConflict
from orchestrator.payment import Payment
from orchestrator.settle import Source
from orchestrator.store.connections import Database
from orchestrator.store.payments import apply_change, load_payment
from tests.store.lives import (
    LATE,
    Late,
    Story,
    all_rows,
    challenged,
    charge,
    created,
    decline,
    opening,
    success,
    unborn,
)
from tests.store.stories import Teller, key_row
from tests.stored_payments import START


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
async def test_late_writer_writes_nothing(database: Database, tell: Teller, late: Late) -> None:
    """A change of a payment that has moved on is a conflict, and leaves every table as it was."""
    payment = await late.begin(tell, unborn())
    change = late.make(tell, payment)
    await tell.ending(payment)
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, change)

    assert await database.read(all_rows) == before


async def test_payment_is_created_once(database: Database, tell: Teller) -> None:
    """A payment that exists is not created again, whatever key asks for it."""
    payment = unborn()
    await tell.created(payment)
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, tell.creation(payment, "another", "req_another"))

    assert await database.read(all_rows) == before


async def test_intent_belongs_to_one_payment(database: Database, tell: Teller) -> None:
    """Two payments never share an intent."""
    first = await tell.created(unborn())
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, tell.creation(unborn(payment_intent=first.payment_intent)))

    assert await database.read(all_rows) == before


async def test_taken_key_stops_a_creation(database: Database, tell: Teller) -> None:
    """An owner's Idempotency-Key stands for one payment; a second is not stored at all."""
    payment = unborn()
    await apply_change(database, tell.creation(payment, key="taken"))
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, tell.creation(unborn(owner=payment.owner), key="taken"))

    assert await database.read(all_rows) == before


async def test_taken_key_stops_an_attempt(database: Database, tell: Teller) -> None:
    """A key that stands for something else spends no attempt."""
    payment = await tell.created(unborn())
    key = key_row(payment, f"create-{payment.id}", START)
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, tell.opening(payment, "pm_x", idempotency=key))

    assert await database.read(all_rows) == before


async def test_counted_charge_stops_a_settlement(database: Database, tell: Teller) -> None:
    """A charge whose outcome is committed is not counted for another payment."""
    first, second = await created(tell, unborn()), await created(tell, unborn())
    taken = charge(first, "once", decline_code="insufficient_funds")
    reply = tell.status(first, "requires_payment_method", charges=(taken,))
    await apply_change(database, tell.settlement(first, reply, Source.read))
    before = await database.read(all_rows)
    with pytest.raises(WriteConflict):
        await apply_change(database, tell.settlement(second, reply, Source.read))

    assert await database.read(all_rows) == before


RACES: dict[str, tuple[Story, tuple[Callable[[Teller, Payment], Change], ...]]] = {
    "attempts": (created, (opening, opening, opening)),
    "two rows and one": (created, (success, opening, decline)),
    "abandoned and paid": (challenged, (opening, success, success)),
}


@pytest.mark.parametrize(("begin", "makers"), RACES.values(), ids=RACES)
async def test_one_of_many_writers_wins(
    database: Database,
    tell: Teller,
    begin: Story,
    makers: tuple[Callable[[Teller, Payment], Change], ...],
) -> None:
    """Of writers that read the same row, exactly one commits; the others are told."""
    for _ in range(5):
        payment = await begin(tell, unborn())
        changes = [make(tell, payment) for make in makers]
        results = await asyncio.gather(
            *(apply_change(database, change) for change in changes), return_exceptions=True
        )
        won = [result for result in results if isinstance(result, Payment)]
        lost = [result for result in results if isinstance(result, WriteConflict)]

        assert (len(won), len(lost)) == (1, len(makers) - 1)
        assert await database.read(load_payment, payment.id) == won[0]


async def test_one_of_many_creations_wins(database: Database, tell: Teller) -> None:
    """The same creation by many requests at once is stored once, and one of them is told so."""
    payment = unborn()
    results = await asyncio.gather(
        *(
            apply_change(database, tell.creation(payment, request_id=f"req_{number}"))
            for number in range(8)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Payment) for result in results) == 1
    assert sum(isinstance(result, WriteConflict) for result in results) == 7


async def test_different_payments_do_not_wait_for_each_other(
    database: Database, tell: Teller
) -> None:
    """Writers of different payments all win."""
    payments = [await tell.created(unborn()) for _ in range(8)]
    changes = [opening(tell, payment) for payment in payments]
    results = await asyncio.gather(*(apply_change(database, change) for change in changes))

    assert [payment.attempts_used for payment in results] == [1] * 8
