"""Walks a period on both sides, newest first, and compares what belongs together.

Stripe is asked between reads of the database, never during one, and what is held in memory is a
page of each side and what waits between them. What differs is read again on both sides before it is
called different: both move while they are read.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Final, TypeVar

from orchestrator.gateway.listed import ListedCharge, ListedIntent, Span
from orchestrator.payment import Payment
from orchestrator.reconcile.alongside import Alongside, Pair
from orchestrator.reconcile.compare import (
    compare,
    compare_charge,
    missing,
    named_payment,
    unknown,
)
from orchestrator.reconcile.compare_money_back import (
    compare_disputes,
    compare_refunds,
    speaks_of_disputes,
    speaks_of_refunds,
)
from orchestrator.reconcile.differences import OF_OTHERS, Difference, Found
from orchestrator.reconcile.report import ReconcileReport
from orchestrator.reconcile.stripe_side import StripeSide
from orchestrator.requests import utc_now
from orchestrator.store.connections import Database
from orchestrator.store.payments import load_payment
from orchestrator.store.reconcile import (
    PAGE,
    Period,
    count_payments,
    money_back_of,
    page_of_period,
    payments_of_intents,
)

Progress = Callable[[int, int], None]
# Keeps differences for good, and tells how many of them were new.
Record = Callable[[Sequence[Difference]], Awaitable[int]]

Item = TypeVar("Item")

_ENDED: Final = None


@dataclass(slots=True)
class Reconciliation:
    """Compares a period; ``shared_account`` leaves to others what names no payment of ours."""

    database: Database
    stripe: StripeSide
    shared_account: bool = False
    record: Record | None = None
    clock: Callable[[], datetime] = utc_now
    _report: ReconcileReport = field(init=False)
    _found: list[Difference] = field(init=False, default_factory=list)

    async def run(self, period: Period, progress: Progress | None = None) -> ReconcileReport:
        """Compare everything of a period; ``progress`` hears (payments done, all of them).

        Raises:
            StripeUnavailable: Stripe does not answer; what was compared until then is lost.
        """
        self._report = ReconcileReport(period)
        total = await self.database.read(count_payments, period)
        await self._walk_intents(period, lambda done: progress and progress(done, total))
        await self._walk_charges(period)
        await self._write_down()
        return self._report

    # ── payments and intents ─────────────────────────────────────────────────────────────────

    async def _walk_intents(self, period: Period, progress: Callable[[int], object]) -> None:
        """Go down both lists, always on along the one that is behind."""
        waiting = Alongside()
        ours, theirs = self._pages_of_payments(period), self.stripe.pages_of_intents(_span(period))
        ours_at: datetime | None = period.until
        theirs_at: datetime | None = period.until
        while ours_at is not _ENDED or theirs_at is not _ENDED:
            if theirs_at is _ENDED or (ours_at is not _ENDED and ours_at >= theirs_at):
                page = await _next(ours)
                ours_at = page[-1].created_at if page else _ENDED
                self._report.payments += len(page)
                await self._compare_all(waiting.add_payments(page))
                progress(self._report.payments)
            else:
                listed = await _next(theirs)
                theirs_at = datetime.fromtimestamp(listed[-1].created, UTC) if listed else _ENDED
                self._report.intents += len(listed)
                await self._compare_all(waiting.add_intents(listed))
            await self._look_for_intents(waiting.payments_alone(theirs_at))
            await self._look_for_payments(waiting.intents_alone(ours_at))
            await self._write_down()

    async def _pages_of_payments(self, period: Period) -> AsyncIterator[Sequence[Payment]]:
        after = None
        while page := await self.database.read(page_of_period, period, after):
            yield page
            if len(page) < PAGE:
                return
            after = page[-1]

    async def _look_for_intents(self, alone: Iterable[Payment]) -> None:
        """Ask Stripe for the intents of payments that its list of the period does not show."""
        for payment in alone:
            listed = await self.stripe.intent(payment.payment_intent)
            if listed is None:
                self._add(missing(payment))
            else:
                await self._compare_all([(payment, listed)])

    async def _look_for_payments(self, alone: Sequence[ListedIntent]) -> None:
        """Ask our database for the payments of intents that the period's payments do not show."""
        if not alone:
            return
        ids = [listed.intent.id for listed in alone]
        stored = await self.database.read(payments_of_intents, ids)
        for listed in alone:
            payment = stored.get(listed.intent.id)
            if payment is not None:
                # One of the period itself is compared when its own turn comes, or has been.
                if not _holds(self._report.period, payment.created_at):
                    await self._compare_all([(payment, listed)])
            else:
                named = named_payment(listed)
                known = await self.database.read(load_payment, named) if named else None
                self._add(unknown(listed, known, self.clock()))

    # ── one payment ──────────────────────────────────────────────────────────────────────────

    async def _compare_all(self, pairs: Iterable[Pair]) -> None:
        for payment, listed in pairs:
            found = await self._compare(payment, listed)
            if any(isinstance(one, Difference) for one in found):
                found = await self._compare_again(payment)
            for one in found:
                self._add(one)

    async def _compare_again(self, payment: Payment) -> list[Found]:
        """Read both sides anew and compare: one may have moved since it was read."""
        listed = await self.stripe.intent(payment.payment_intent)
        now = await self.database.read(load_payment, payment.id) or payment
        return [missing(now)] if listed is None else await self._compare(now, listed)

    async def _compare(self, payment: Payment, listed: ListedIntent) -> list[Found]:
        found: list[Found] = list(compare(payment, listed, self.clock()))
        intent = payment.payment_intent
        refunds = disputes = None
        if speaks_of_refunds(payment, listed):
            refunds = await self.stripe.refunds(intent)
        if speaks_of_disputes(payment, listed):
            disputes = await self.stripe.disputes(intent)
        if refunds is None and disputes is None:
            return found
        given, disputed = await self.database.read(money_back_of, payment.id)
        if refunds is not None:
            found += compare_refunds(payment, given, refunds)
        if disputes is not None:
            found += compare_disputes(payment, disputed, disputes)
        return found

    # ── charges ──────────────────────────────────────────────────────────────────────────────

    async def _walk_charges(self, period: Period) -> None:
        """Look at every charge of the period for money that no payment accounts for."""
        async for page in self.stripe.pages_of_charges(_span(period)):
            self._report.charges += len(page)
            for one in await self._compare_charges(page):
                self._add(one)
            await self._write_down()

    async def _compare_charges(self, page: Sequence[ListedCharge]) -> list[Difference]:
        intents = [charge.payment_intent for charge in page if charge.payment_intent]
        stored = await self.database.read(payments_of_intents, intents) if intents else {}
        return [
            difference
            for charge in page
            for difference in compare_charge(charge, stored.get(charge.payment_intent or ""))
        ]

    # ── what was found ───────────────────────────────────────────────────────────────────────

    def _add(self, found: Found) -> None:
        if isinstance(found, Difference):
            if self.shared_account and found.kind in OF_OTHERS:
                self._report.others += 1
                return
            self._found.append(found)
        self._report.add(found)

    async def _write_down(self) -> None:
        """Record what has been found since the last time, where that was asked for."""
        if self._found and self.record is not None:
            self._report.recorded += await self.record(self._found)
        self._found = []


async def _next(pages: AsyncIterator[Sequence[Item]]) -> Sequence[Item]:
    """Return the next page; an empty one where there is none."""
    async for page in pages:
        return page
    return ()


def _holds(period: Period, moment: datetime) -> bool:
    return period.since <= moment < period.until


def _span(period: Period) -> Span:
    """Return the period in whole seconds, as Stripe counts: no second of it is left out."""
    return Span(int(period.since.timestamp()), ceil(period.until.timestamp()))


__all__ = ["Progress", "Reconciliation", "Record"]
