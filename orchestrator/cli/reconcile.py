"""``orchestrator audit reconcile``: whether our payments of a period agree with Stripe's."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import clock_time, console, counted, print_json
from orchestrator.cli.progress import progress_bar

if TYPE_CHECKING:
    from orchestrator.reconcile import ReconcileReport
    from orchestrator.store.reconcile import Period

# More than anybody reads on a screen; --json gives a thousand, --record keeps them all.
SHOWN = 20


def reconcile(
    since: Annotated[
        str,
        typer.Option("--from", metavar="DATE", help="2026-11-01, or a moment with an offset."),
    ],
    until: Annotated[
        str,
        typer.Option("--to", metavar="DATE", help="A date is meant to its end; a moment is not."),
    ],
    record: Annotated[
        bool, typer.Option("--record", help="Keep each difference as an anomaly, once.")
    ] = False,
    shared_account: Annotated[
        bool,
        typer.Option("--shared-account", help="Count what names no payment of ours, and no more."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Compare our payments of a period with Stripe, both ways; exit 1 when anything differs."""
    report = asyncio.run(_reconcile(read_period(since, until), shared_account, record))
    if json:
        print_json(report.as_json())
    else:
        _show(report)
    if not report.agrees:
        found, first = counted(report.difference_count, "difference"), report.differences[0]
        typer.echo(f"error: {found}; the first: {first}", err=True)
        raise typer.Exit(1)


def read_period(since: str, until: str) -> "Period":
    """Read a period: of whole days in UTC where dates are given.

    Raises:
        typer.BadParameter: an end cannot be read, or there is nothing between them.
    """
    from orchestrator.store.reconcile import Period

    begin, end = _moment(since, "--from"), _moment(until, "--to", to_its_end=True)
    if begin >= end:
        raise typer.BadParameter("--to must be later than --from.")
    return Period(begin, end)


def _moment(text: str, option: str, *, to_its_end: bool = False) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        whole = timedelta(days=1) if to_its_end and day < date.max else timedelta()
        return datetime.combine(day, time(), UTC) + whole
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    raise typer.BadParameter(
        f"{option} must be a date (2026-11-01) or a moment with an offset (2026-11-01T12:00:00Z)."
    )


async def _reconcile(period: "Period", shared_account: bool, record: bool) -> "ReconcileReport":
    from orchestrator.cli.logs import write_logs
    from orchestrator.cli.storage import stored
    from orchestrator.errors import StripeUnavailable
    from orchestrator.gateway.stripe_gateway import StripeGateway
    from orchestrator.reconcile import Reconciliation, StripeSide
    from orchestrator.reconcile.record import record_differences
    from orchestrator.requests import utc_now
    from orchestrator.runtime import check_database, check_stripe
    from orchestrator.settings import Settings

    settings = Settings()
    write_logs(settings)
    key = check_stripe(settings)
    async with stored(settings) as database:
        await check_database(database, settings)
        gateway = StripeGateway(
            key,
            api_base=settings.stripe_api_base,
            timeout_seconds=settings.stripe_timeout,
            calls_per_second=settings.calls_per_second,
        )
        try:
            with progress_bar() as progress:
                task = progress.add_task("comparing payments", total=None)
                stripe = StripeSide(gateway.listings, gateway.refunds)
                keep = partial(record_differences, database, clock=utc_now) if record else None
                return await Reconciliation(database, stripe, shared_account, keep).run(
                    period,
                    lambda done, total: progress.update(task, completed=done, total=total),
                )
        except StripeUnavailable as exc:
            raise CommandFailed(
                f"Stripe did not show everything of the period, so nothing can be said of it: "
                f"{exc.args[0]}"
            ) from exc
        finally:
            await gateway.aclose()


def _show(report: "ReconcileReport") -> None:
    screen = console()
    for difference in report.differences[:SHOWN]:
        screen.print(str(difference), markup=False, soft_wrap=True)
    if report.difference_count > SHOWN:
        screen.print(f"… and {report.difference_count - SHOWN} more")
    for one in report.under_way[:SHOWN]:
        screen.print(f"under way: {one}", markup=False, soft_wrap=True)
    if report.under_way_count > SHOWN:
        screen.print(f"… and {report.under_way_count - SHOWN} more under way")
    if report.recorded:
        new = counted(
            report.recorded,
            "of them is new, and recorded as an anomaly.",
            "of them are new, and recorded as anomalies.",
        )
        screen.print(new)
    under_way = counted(report.under_way_count, "is under way", "are under way")
    begin, end = (clock_time(moment) for moment in report.period)
    screen.print(
        f"{counted(report.payments, 'payment')}, {counted(report.intents, 'intent')} and "
        f"{counted(report.charges, 'charge')} compared, from {begin} up to {end} UTC: "
        + ("they agree" if report.agrees else counted(report.difference_count, "difference"))
        + (f"; {under_way}." if report.under_way_count else "."),
        soft_wrap=True,
    )
