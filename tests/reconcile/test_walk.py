"""Our payments beside what the stand-in holds: what differs is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from orchestrator.errors import StripeUnavailable
from orchestrator.gateway.listed import ChargesPage, IntentFound, IntentsPage, Span
from orchestrator.gateway.views import ReplyKind
from orchestrator.payment import Payment
from orchestrator.reconcile import Difference, walk
from orchestrator.reconcile.stripe_side import WAITS
from orchestrator.requests import CreateRefund
from orchestrator.store import reconcile as stored
from orchestrator.store.reconcile import Period
from tests.protocol.steps import browser_confirms, phase_a
from tests.reconcile.conftest import Books
from tests.world import World, open_world


async def test_deployment_at_work_agrees(database_url: str, stand_in_url: str) -> None:
    """Payments of every kind agree, on both databases, and each side is counted."""
    async with open_world(database_url, stand_in_url) as world:
        books = Books(world)
        paid = [await books.paid(), await books.paid("pm_card_createDispute")]
        await world.runtime.refunds.create(paid[0].id, CreateRefund(300), world.caller())
        await world.confirm(await world.create(), "pm_card_visa_chargeDeclined")
        await world.payments.cancel((await world.create()).id, None, world.caller())
        await _captured(world, 600)
        await world.create(capture_method="manual")
        await world.work(until=timedelta(minutes=6))
        report = await books.reconcile()

    assert (report.as_json()["differences"], report.under_way) == ([], [])
    assert (report.payments, report.intents, report.charges) == (6, 6, 4)


async def _captured(world: World, amount: int) -> None:
    """Hold 10.00 USD and take a part of it."""
    held = await world.create(capture_method="manual")
    await world.confirm(held, "pm_card_visa")
    await world.runtime.captures.capture(held.id, amount, world.caller())


async def test_payment_being_found_out_is_no_difference(books: Books) -> None:
    """A confirm whose answer nobody has yet is told apart."""
    await phase_a(books.world, await books.world.create(), "pm_card_visa")
    report = await books.reconcile()

    assert report.agrees
    assert [one.detail for one in report.under_way] == [
        "confirming here, requires_payment_method at Stripe, and being looked at"
    ]


# ── what Stripe has that we do not ───────────────────────────────────────────────────────────


async def test_success_that_nobody_heard_of_is_found(books: Books) -> None:
    """A customer's browser paid, and no webhook came."""
    await browser_confirms(books.world, await books.world.create(), "pm_card_visa")

    assert await books.kinds() == ["succeeded_at_stripe"]


async def test_cancellation_that_nobody_heard_of_is_found(books: Books) -> None:
    """Somebody canceled in the Dashboard."""
    payment = await books.world.create()
    await books.at_stripe(f"payment_intents/{payment.payment_intent}/cancel")

    assert await books.kinds() == ["canceled_at_stripe"]


async def test_intents_of_nobody_are_told_apart(books: Books) -> None:
    """One names a payment that is not stored, one names nobody, one names another's payment."""
    payment = await books.paid()
    money = {
        "amount": "500",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
    }
    money["automatic_payment_methods[enabled]"] = "true"
    money["automatic_payment_methods[allow_redirects]"] = "never"
    for metadata in ("pay_lost", payment.id, "order 7"):
        await books.at_stripe("payment_intents", **money, **{"metadata[payment_id]": metadata})

    assert await books.kinds() == ["charged_twice", "unknown_intent", "unrelated_intent"]
    assert await books.kinds(shared_account=True) == ["charged_twice", "unknown_intent"]
    assert (await books.reconcile(shared_account=True)).others == 1


async def test_refund_and_dispute_that_nobody_heard_of_are_found(books: Books) -> None:
    """Somebody refunded in the Dashboard, and a customer went to the bank."""
    refunded = await books.paid()
    await books.paid("pm_card_createDispute")
    await books.at_stripe("refunds", payment_intent=refunded.payment_intent, amount="250")

    assert await books.kinds() == ["dispute_unknown", "refund_unknown"]


# ── what we have and Stripe does not ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"payment_intent": "pi_gone"}, ["charged_twice", "intent_missing"]),
        ({"amount": 900}, ["amount_differs", "received_differs"]),
        ({"currency": "eur"}, ["amount_differs"]),
    ],
    ids=["another intent", "another amount", "another currency"],
)
async def test_changed_row_is_found(
    books: Books, change: dict[str, Any], expected: list[str]
) -> None:
    """Whoever changes a stored payment changes nothing at Stripe."""
    payment = await books.paid()
    await books.world.runtime.database.write(_tamper, payment, change)

    assert await books.kinds() == expected


def _tamper(connection: Connection, payment: Payment, change: dict[str, Any]) -> None:
    names = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payments'")
    ).scalars()
    for name in list(names):
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    columns = ", ".join(f"{name} = :{name}" for name in change)
    connection.execute(
        text(f"UPDATE payments SET {columns} WHERE id = :id"), {**change, "id": payment.id}
    )


async def test_refund_that_stripe_does_not_have_is_found(books: Books) -> None:
    """A refund that was written here by somebody is nothing at Stripe."""
    payment = await books.paid()
    world = books.world
    given = await world.runtime.refunds.create(payment.id, CreateRefund(300), world.caller())
    await world.runtime.database.write(_rename, given.refund.id)

    assert await books.kinds() == ["refund_missing", "refund_unknown"]


def _rename(connection: Connection, refund_id: str) -> None:
    names = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'refunds'")
    ).scalars()
    for name in list(names):
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    connection.execute(
        text("UPDATE refunds SET stripe_refund = 're_none' WHERE id = :id"), {"id": refund_id}
    )


# ── periods and pages ────────────────────────────────────────────────────────────────────────


async def test_only_the_period_is_compared(books: Books) -> None:
    """What lies before and after it is not looked at."""
    payment = await books.world.create()
    await books.at_stripe(f"payment_intents/{payment.payment_intent}/cancel")
    hour = timedelta(hours=1)
    before = Period(payment.created_at - hour, payment.created_at - timedelta(seconds=5))
    after = Period(payment.created_at + hour, payment.created_at + 2 * hour)

    assert [await books.kinds(period=period) for period in (before, after)] == [[], []]


def _stored(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Small:
    """The real lists in pages of one, which counts what it was asked."""

    listings: Any
    asked: list[str] = field(default_factory=list)

    async def page_of_intents(self, span: Span, after: str | None) -> IntentsPage:
        """Cut the page after its first item."""
        self.asked.append("intents")
        page: IntentsPage = await self.listings.page_of_intents(span, after)
        more = page.has_more or len(page.items) > 1
        return replace(page, items=page.items[:1], has_more=more)

    async def page_of_charges(self, span: Span, after: str | None) -> ChargesPage:
        """Cut the page after its first item."""
        self.asked.append("charges")
        page: ChargesPage = await self.listings.page_of_charges(span, after)
        more = page.has_more or len(page.items) > 1
        return replace(page, items=page.items[:1], has_more=more)

    async def find_intent(self, intent_id: str) -> IntentFound:
        """Read one intent."""
        self.asked.append("intent")
        found: IntentFound = await self.listings.find_intent(intent_id)
        return found


async def test_payment_made_long_after_its_intent_is_compared_once(books: Books) -> None:
    """A create that was interrupted and sent again an hour later has an intent of its own age."""
    payment = await books.world.create()
    await books.at_stripe(f"payment_intents/{payment.payment_intent}/cancel")
    await books.paid()
    small = replace(books.stripe, listings=Small(books.stripe.listings))
    for gap in (timedelta(minutes=30), timedelta(days=1)):
        await books.world.runtime.database.write(
            _tamper, payment, {"created_at": _stored(payment.created_at + gap)}
        )
        period = Period(payment.created_at - gap, payment.created_at + 2 * gap)

        assert await books.kinds(period=period, stripe=small) == ["canceled_at_stripe"]


async def test_lists_are_walked_page_by_page(books: Books) -> None:
    """Every page is read, and no single intent where the lists show them all."""
    for _ in range(3):
        await books.paid()
    small = Small(books.stripe.listings)
    report = await books.reconcile(stripe=replace(books.stripe, listings=small))

    assert report.agrees
    assert small.asked == ["intents"] * 3 + ["charges"] * 3


async def test_payments_are_walked_page_by_page(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payment on the last page of ours is compared like one on the first, and counted."""
    for module in (walk, stored):
        monkeypatch.setattr(module, "PAGE", 2)
    oldest, *_ = [await books.paid() for _ in range(5)]
    await books.world.runtime.database.write(_tamper, oldest, {"amount": 999})
    report = await books.reconcile()

    assert report.payments == 5
    assert {difference.payment for difference in report.differences} == {oldest.id}


@dataclass
class Flaky(Small):
    """The real lists, which fail a few times first."""

    failures: list[ReplyKind] = field(default_factory=list)

    async def page_of_intents(self, span: Span, after: str | None) -> IntentsPage:
        """Fail while failures are left."""
        if self.failures:
            return IntentsPage(self.failures.pop(0))
        page: IntentsPage = await self.listings.page_of_intents(span, after)
        return page


async def test_stripe_is_asked_again(books: Books) -> None:
    """What passes is waited for, ever longer, and the comparison goes on."""
    await books.paid()
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    flaky = Flaky(books.stripe.listings, failures=[ReplyKind.busy, ReplyKind.unknown])
    report = await books.reconcile(stripe=replace(books.stripe, listings=flaky, sleep=sleep))

    assert (report.agrees, report.intents, waited) == (True, 1, list(WAITS[:2]))


@pytest.mark.parametrize("kind", [ReplyKind.unauthorized, ReplyKind.unknown])
async def test_nothing_is_said_where_stripe_does_not_answer(books: Books, kind: ReplyKind) -> None:
    """A list that cannot be read is no empty list."""
    await books.paid()

    async def sleep(seconds: float) -> None:
        del seconds

    flaky = Flaky(books.stripe.listings, failures=[kind] * 10)

    with pytest.raises(StripeUnavailable, match="list what it holds"):
        await books.reconcile(stripe=replace(books.stripe, listings=flaky, sleep=sleep))


@dataclass
class Twice(Small):
    """The real lists, and one more charge that took money."""

    async def page_of_charges(self, span: Span, after: str | None) -> ChargesPage:
        """Show the first charge a second time, under another id."""
        page: ChargesPage = await self.listings.page_of_charges(span, after)
        first = page.items[0]
        second = replace(first, charge=replace(first.charge, id="ch_second"))
        return replace(page, items=(*page.items, second))


async def test_second_charge_of_one_intent_is_found(books: Books) -> None:
    """Stripe lets an intent succeed once; whoever compares does not rely on it."""
    await books.paid()
    report = await books.reconcile(
        stripe=replace(books.stripe, listings=Twice(books.stripe.listings))
    )
    (found,) = report.differences

    assert (found.kind, found.stripe_object) == ("charged_twice", "ch_second")


@dataclass
class Late(Small):
    """The real lists, whose page of intents is read after something happened."""

    then: Any = None

    async def page_of_intents(self, span: Span, after: str | None) -> IntentsPage:
        """Let it happen, and read."""
        await self.then()
        page: IntentsPage = await self.listings.page_of_intents(span, after)
        return page


async def test_what_moves_meanwhile_is_no_difference(books: Books) -> None:
    """A payment that succeeds between the two reads is read again on both sides."""
    payment = await books.world.create()
    pages: list[Sequence[Difference]] = []

    async def pay() -> None:
        await books.world.confirm(payment, "pm_card_visa")

    async def record(found: Sequence[Difference]) -> int:
        pages.append(found)
        return len(found)

    late = Late(books.stripe.listings, then=pay)
    report = await books.reconcile(stripe=replace(books.stripe, listings=late), record=record)

    assert (report.agrees, pages, late.asked) == (True, [], ["intent", "charges"])
