"""``orchestrator archive``: copies of handled payments, which prove themselves."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.chain import instant
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import console, counted, print_json
from orchestrator.cli.progress import progress_bar

if TYPE_CHECKING:
    from orchestrator.archive import ArchiveReport


def archive(
    before: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Archive what was handled and last touched before this date, in UTC.",
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to: gzipped lines of JSON.")
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check an archive instead; needs no database."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Copy handled payments with all their rows into a file, and check it; nothing is removed."""
    from orchestrator.archive import ArchiveRefused, verify_archive

    try:
        if verify is not None and before is None and to is None:
            report, done = verify_archive(verify), "hold"
        elif verify is None and before is not None and to is not None:
            report, done = asyncio.run(_write(moment_of(before), to)), f"are in {to}"
        else:
            raise CommandFailed("Give --before and --to, to archive; or --verify alone.")
    except ArchiveRefused as exc:
        raise CommandFailed(str(exc)) from exc
    if json:
        print_json(report.as_json())
    elif report.holds:
        console().print(
            f"{counted(report.payments, 'payment')} with {counted(report.rows, 'row')} {done}. "
            f"SHA-256 {report.sha256}",
            markup=False,
            soft_wrap=True,
        )
    if not report.holds:
        first = report.problems[0]
        found = counted(report.problem_count, "problem")
        typer.echo(f"error: {found}; the first: {first}", err=True)
        raise typer.Exit(1)


async def _write(before: datetime, path: Path) -> "ArchiveReport":
    from orchestrator.actions import Subject, export_made
    from orchestrator.archive import write_archive
    from orchestrator.cli.storage import stored
    from orchestrator.operator import this_operator
    from orchestrator.settings import Settings
    from orchestrator.store.actions import record_action

    async with stored(Settings()) as database:
        with progress_bar() as progress:
            task = progress.add_task("archiving payments", total=None)
            report = await write_archive(
                database,
                before,
                path,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        if report.holds:
            handled = Subject("payments", f"handled before {instant(before)}")
            made = export_made(handled, this_operator(), datetime.now(UTC), format="archive")
            await database.write(record_action, made)
        return report


def moment_of(text: str) -> datetime:
    """Read a date or a moment; without a zone it is one of UTC.

    Raises:
        CommandFailed: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise CommandFailed(f"{text} is no date. Write it as 2026-01-31.") from exc
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
