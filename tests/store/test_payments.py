"""Changes are written whole or not at all, by one writer, and read back as they were written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select

from orchestrator.change import Change
from orchestrator.errors import WriteConflict
from orchestrator.gateway.views import CardView, ChargeView, Failure, Reply, ReplyKind
from orchestrator.payment import Payment
from orchestrator.requests import card_row
from orchestrator.settle import Source
from orchestrator.store.connections import Database, open_database
from orchestrator.store.payments import apply_change, load_payment
from orchestrator.store.schema import card_disablements, cards, metadata
from tests.databases import fresh_database
from tests.postgres_server import PostgresServer
from tests.store.stories import Teller, key_row
from tests.stored_payments import START, new_payment, store_one_of_each

CARD = CardView("pm_card", fingerprint="finger", brand="visa", last4="4242", exp_month=1)
Story = Callable[[Teller, Payment], Awaitable[Payment]]
Rows = dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give the tests of this file one database of each kind; their payments differ by id."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            file = tmp_path_factory.mktemp("payments") / "orchestrator.db"
            file.write_bytes(template.read_bytes())
            yield f"sqlite:///{file}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name: str = request.getfixturevalue("postgres_template")
            yield stack.enter_context(fresh_database(server, name))


@pytest.fixture
async def database(shared_url: str) -> AsyncIterator[Database]:
    """Open the shared database."""
    opened = open_database(shared_url)
    yield opened
    await opened.close()


@pytest.fixture
def tell(database: Database) -> Teller:
    """Tell stories in the shared database."""
    return Teller(database)


def unborn(**columns: Any) -> Payment:
    """Build a payment of an owner of its own that no row knows yet."""
    name = uuid4().hex
    return new_payment(f"pay_{name}", **{"owner": f"owner_{name}", **columns})


def all_rows(connection: Connection) -> Rows:
    """Read every row of every table."""
    return {
        name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
        for name, table in metadata.tables.items()
    }


# ── what is written is what is read ──────────────────────────────────────────────────────────


def charge(payment: Payment, name: str, **failure: Any) -> ChargeView:
    """Build a failed charge that a browser made."""
    id = f"ch_{payment.id}_{name}"
    card = CardView("pm_browser", fingerprint=f"finger_{payment.id}")
    reasons = Failure(code="card_declined", charge=id, card=card, **failure)
    return ChargeView(
        id=id,
        status="failed",
        amount=payment.amount,
        currency=payment.currency,
        created=1,
        payment_method="pm_browser",
        card=card,
        failure=reasons,
    )


async def created(tell: Teller, payment: Payment) -> Payment:
    """Store it, and no more."""
    return await tell.created(payment)


async def opened(tell: Teller, payment: Payment) -> Payment:
    """Spend an attempt with a card not seen before, under an Idempotency-Key."""
    stored = await tell.created(payment)
    key = key_row(payment, f"confirm-{payment.id}", START)
    return await tell.opened_with(
        stored, "pm_card", cards=(card_row(payment.owner, CARD, START),), idempotency=key
    )


async def challenged(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt wait for 3-D Secure."""
    return await tell.challenged(await opened(tell, payment))


async def abandoned(tell: Teller, payment: Payment) -> Payment:
    """Give the challenge up for another card: two rows, an attempt closed and one opened."""
    return await tell.opened(await challenged(tell, payment), "pm_other")


async def declined(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt declined."""
    return await tell.declined(await opened(tell, payment), "insufficient_funds")


async def disabled(tell: Teller, payment: Payment) -> Payment:
    """Have the card disabled with the attempt."""
    return await tell.declined(await opened(tell, payment), "lost_card")


async def exhausted(tell: Teller, payment: Payment) -> Payment:
    """Have the last attempt declined: an intention to fail, and no row yet."""
    while payment.attempts_left > 1 or payment.version == 0:
        payment = await (declined(tell, payment) if payment.version == 0 else again(tell, payment))
    return await again(tell, payment)


async def again(tell: Teller, payment: Payment) -> Payment:
    """Spend the next attempt and have it declined."""
    return await tell.declined(await tell.opened(payment, "pm_again"), "insufficient_funds")


async def failed(tell: Teller, payment: Payment) -> Payment:
    """Have Stripe cancel what was exhausted."""
    return await tell.canceled(await exhausted(tell, payment))


async def held(tell: Teller, payment: Payment) -> Payment:
    """Have a browser's decline wait beside an open challenge."""
    stored = await challenged(tell, payment)
    charges = (charge(payment, "held", decline_code="expired_card"),)
    return await tell.observed(stored, "requires_action", charges=charges)


async def browser_declined(tell: Teller, payment: Payment) -> Payment:
    """Have a browser's decline counted: confirm and outcome in one transaction."""
    stored = await tell.created(payment)
    charges = (charge(payment, "browser", decline_code="lost_card"),)
    return await tell.observed(stored, "requires_payment_method", charges=charges)


async def browser_paid(tell: Teller, payment: Payment) -> Payment:
    """Have a browser pay: confirm and succeed in one transaction."""
    stored = await tell.created(payment)
    return await tell.observed(
        stored, "succeeded", amount_received=payment.amount, latest_charge=f"ch_{payment.id}"
    )


async def paid(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt succeed."""
    return await tell.paid(await opened(tell, payment))


async def paid_oddly(tell: Teller, payment: Payment) -> Payment:
    """Have another amount paid: an anomaly beside the success."""
    return await tell.observed(await opened(tell, payment), "succeeded", amount_received=1)


async def ending(tell: Teller, payment: Payment) -> Payment:
    """Wish the payment to end."""
    return await tell.ending(await tell.created(payment))


async def canceled(tell: Teller, payment: Payment) -> Payment:
    """Have the wish carried out."""
    return await tell.canceled(await ending(tell, payment))


async def paid_late(tell: Teller, payment: Payment) -> Payment:
    """Have a payment succeed at Stripe after its end."""
    return await tell.paid_late(await canceled(tell, payment))


async def unanswered(tell: Teller, payment: Payment) -> Payment:
    """Have the attempt's own request answered by nothing."""
    stored = await opened(tell, payment)
    change = tell.settlement(stored, Reply(ReplyKind.unknown), Source.answer)
    return await apply_change(tell.database, change)


STORIES: list[Story] = [
    created,
    opened,
    challenged,
    abandoned,
    declined,
    disabled,
    exhausted,
    failed,
    held,
    browser_declined,
    browser_paid,
    paid,
    paid_oddly,
    ending,
    canceled,
    paid_late,
    unanswered,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_payment_is_read_as_it_was_written(
    database: Database, tell: Teller, story: Story
) -> None:
    """Whatever a change makes of a payment, the next reader finds exactly that."""
    written = await story(tell, unborn())

    assert await database.read(load_payment, written.id) == written


@pytest.mark.parametrize(
    "columns",
    [
        {"customer": None, "transaction_id": None, "item_ids": ()},
        {"description": "Été ☕ 'quoted' \"twice\" \\", "metadata": {"k é": "v\n\t☕"}},
        {"setup_future_usage": "off_session", "amount": 99_999_999, "currency": "jpy"},
        {"created_at": START.replace(microsecond=1), "max_attempts": 10},
    ],
    ids=["nothing optional", "any text", "large", "microseconds"],
)
async def test_facts_are_read_as_they_were_written(
    database: Database, tell: Teller, columns: dict[str, Any]
) -> None:
    """Every column holds every value that it may have."""
    written = await tell.created(unborn(**columns))

    assert await database.read(load_payment, written.id) == written


async def test_unknown_payment_is_null(database: Database) -> None:
    """An id that nothing is stored under reads as nothing."""
    assert await database.read(load_payment, "pay_nobody") is None


# ── who was not first writes nothing ─────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Late:
    """A change made of a payment that somebody else then moved on."""

    begin: Story
    make: Callable[[Teller, Payment], Change]


def success(tell: Teller, payment: Payment) -> Change:
    """Have it paid."""
    fields = {"amount_received": payment.amount, "latest_charge": f"ch_{payment.id}"}
    return tell.settlement(payment, tell.status(payment, "succeeded", **fields), Source.read)


def decline(tell: Teller, payment: Payment) -> Change:
    """Have a browser's card declined and disabled."""
    charges = (charge(payment, "late", decline_code="lost_card"),)
    reply = tell.status(payment, "requires_payment_method", charges=charges)
    return tell.settlement(payment, reply, Source.read)


def opening(tell: Teller, payment: Payment) -> Change:
    """Spend an attempt."""
    key = key_row(payment, f"late-{payment.id}", START)
    return tell.opening(
        payment, "pm_late", cards=(card_row(payment.owner, CARD, START),), idempotency=key
    )


def evidence(tell: Teller, payment: Payment) -> Change:
    """Note that it is processing."""
    return tell.settlement(payment, tell.status(payment, "processing"), Source.read)


LATE = {
    "an attempt": Late(created, opening),
    "an attempt for another": Late(challenged, opening),
    "a success": Late(opened, success),
    "a browser's success": Late(created, success),
    "a browser's decline": Late(created, decline),
    "evidence": Late(opened, evidence),
}


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
        await apply_change(database, tell.creation(payment, key="another"))

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
    """The same creation sent many times at once is stored once."""
    payment = unborn()
    results = await asyncio.gather(
        *(apply_change(database, tell.creation(payment)) for _ in range(8)),
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


# ── what is there already ────────────────────────────────────────────────────────────────────


async def test_disabling_a_disabled_card_is_no_news(database: Database, tell: Teller) -> None:
    """The second decline that disables a card is settled, and the first disablement stands."""
    owner = uuid4().hex
    for _ in range(2):
        payment = await tell.declined(
            await tell.opened(await tell.created(unborn(owner=owner)), "pm_card"), "lost_card"
        )
        assert payment.state == "card_disabled"

    query = select(card_disablements.c.payment_method).where(card_disablements.c.owner == owner)
    stored = await database.read(lambda connection: connection.execute(query).all())
    assert len(stored) == 1


async def test_known_card_is_not_stored_again(database: Database, tell: Teller) -> None:
    """A card that the owner has used keeps the row it has."""
    payment = await opened(tell, unborn())
    other = await tell.created(unborn(owner=payment.owner))
    later = card_row(payment.owner, CARD, START.replace(year=2030))
    await tell.opened_with(other, "pm_card", cards=(later,))

    query = select(cards.c.seen_at).where(cards.c.owner == payment.owner)
    stored = await database.read(lambda connection: connection.execute(query).scalars().all())
    assert stored == [START]


# ── one statement, or many in order ──────────────────────────────────────────────────────────


class InOrder:
    """A PostgreSQL database whose writer sends a change's writes one by one."""

    dialect = "in order"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function that only reads."""
        return await self._database.read(function, *arguments)

    async def write(
        self, function: Callable[..., Any], *arguments: Any, one_statement: bool = False
    ) -> Any:
        """Run a function in one transaction."""
        del one_statement
        return await self._database.write(function, *arguments)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()


async def told(url: str) -> Rows:
    """Tell the same payments' lives into a database, and read every row."""
    database = open_database(url)
    try:
        await store_one_of_each(database)
        tell = Teller(database)
        for number, story in enumerate(STORIES):
            await story(tell, new_payment(f"pay_{number}", owner=f"owner_{number}"))
        return await database.read(all_rows)
    finally:
        await database.close()


async def test_both_databases_hold_the_same_rows(sqlite_url: str, postgresql_url: str) -> None:
    """One statement on PostgreSQL writes what many in order write on SQLite."""
    assert await told(postgresql_url) == await told(sqlite_url)


@pytest.mark.parametrize("late", [LATE["an attempt"], LATE["a success"]], ids=["open", "paid"])
async def test_one_statement_writes_what_many_do(postgresql_url: str, late: Late) -> None:
    """On PostgreSQL itself both ways to write a change leave the same rows."""
    database = open_database(postgresql_url)
    rows = []
    for writer in (database, InOrder(database)):
        tell = Teller(database)
        payment = await late.begin(tell, unborn())
        await apply_change(writer, late.make(tell, payment))
        rows.append(await database.read(rows_like, payment))
    await database.close()

    assert rows[0] == rows[1]


def rows_like(connection: Connection, payment: Payment) -> Rows:
    """Read a payment's rows, with what must differ between two payments taken out."""
    found: Rows = {}
    for name, table in metadata.tables.items():
        column = table.c.get("payment_id", table.c.get("id") if name == "payments" else None)
        if column is not None:
            rows = connection.execute(select(table).where(column == payment.id)).mappings()
            found[name] = [
                {key: _neutral(key, value, payment) for key, value in row.items()} for row in rows
            ]
    return found


def _neutral(key: str, value: Any, payment: Payment) -> str:
    if key.endswith("hash"):
        return "hash"
    return str(value).replace(payment.id.removeprefix("pay_"), "ID")
