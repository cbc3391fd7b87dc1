"""Writes the payments that were created in a period: a line for each, or one for each step.

Memory stays flat, and a period that is too large is refused before the first line is written.
"""

from collections.abc import AsyncIterator

from orchestrator.audit.export import csv_head, csv_steps, document_of
from orchestrator.audit.pages import PAGE, RowsByTable, read_page
from orchestrator.chain import canonical
from orchestrator.errors import OrchestratorError
from orchestrator.payment import Payment
from orchestrator.store.connections import Database
from orchestrator.store.periods import Created, Period, is_longer, next_created


class PeriodTooLarge(OrchestratorError):
    """More payments were created in a period than one file takes."""

    code = "period_too_large"


async def refuse_large(database: Database, period: Period, most: int) -> None:
    """Refuse a period in which more payments than that were created.

    Raises:
        PeriodTooLarge: with what to do about it.
    """
    if await database.read(is_longer, period, most):
        raise PeriodTooLarge(
            f"More than {most:,} payments were created in this time. Choose a shorter one, or run "
            "'orchestrator audit export'."
        )


async def period_jsonl(database: Database, period: Period) -> AsyncIterator[str]:
    """Write each payment of a period with its rows as a line of JSON."""
    async for payment, rows in _payments_of(database, period):
        yield canonical(document_of(payment, rows)).decode() + "\n"


async def period_csv(database: Database, period: Period) -> AsyncIterator[str]:
    """Write each step of the payments of a period as a line of CSV, after a line of names."""
    yield csv_head()
    async for _, rows in _payments_of(database, period):
        yield csv_steps(rows["payment_transitions"])


async def _payments_of(
    database: Database, period: Period
) -> AsyncIterator[tuple[Payment, RowsByTable]]:
    after: Created | None = None
    while created := await database.read(next_created, period, after, PAGE):
        page = await database.read(read_page, [each.id for each in created], 0)
        for each in created:
            if each.id in page.payments:
                yield (
                    page.payments[each.id],
                    {name: rows.get(each.id, []) for name, rows in page.rows.items()},
                )
        after = created[-1]
