"""``orchestrator audit``: whether what is stored is what was written."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import seals
from orchestrator.cli.actions import actions
from orchestrator.cli.anomalies import anomalies
from orchestrator.cli.export import export, verifier
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import console, counted, print_json
from orchestrator.cli.progress import progress_bar
from orchestrator.cli.reconcile import reconcile

if TYPE_CHECKING:
    from orchestrator.audit import AuditReport
    from orchestrator.seals.keys import Trusted

app = typer.Typer(help="Tamper evidence, and agreement with Stripe.", no_args_is_help=True)

# More than anybody reads on a screen; --json gives them all.
SHOWN_PROBLEMS = 20

NO_KEY_NAMED = (
    "No public key is named, so each seal was held against the key that stands beside it, which "
    "proves little: name one in ORCHESTRATOR_SEAL_PUBLIC_KEYS."
)


app.command("actions")(actions)
app.command("seal")(seals.seal)
app.command("seals")(seals.seals)
app.command("prove")(seals.prove)
app.add_typer(seals.key_app, name="key")
app.command("export")(export)
app.command("verifier")(verifier)
app.command("reconcile")(reconcile)
app.command("anomalies")(anomalies)


@app.callback()
def _group() -> None:
    """Checks of everything that is stored, by itself and against what Stripe holds."""


@app.command("verify")
def verify(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One payment; without it, all of them.")
    ] = None,
    seal: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A seal kept elsewhere to hold them against; repeatable."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="How many processes work; as many as processors."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every hash, path, head, attempt and seal; exit 1 and name the first bad row."""
    if id is not None and seal:
        raise typer.BadParameter("--seal is held against all payments: give no ID.")
    report, trusted = asyncio.run(_verify(id, seal or [], processes))
    if json:
        print_json(report.as_json())
    else:
        _show(report)
    if (report.seals or seal) and not trusted:
        typer.echo(NO_KEY_NAMED, err=True)
    if not report.holds:
        first = report.problems[0]
        found = counted(report.problem_count, "problem")
        typer.echo(f"error: {found}; the first: {first}", err=True)
        raise typer.Exit(1)


async def _verify(
    payment_id: str | None, kept: list[Path], processes: int | None
) -> "tuple[AuditReport, Trusted]":
    from orchestrator.audit import verify_one
    from orchestrator.audit.kept import verify_against_file
    from orchestrator.audit.parallel import processors, verify_with_processes
    from orchestrator.cli.storage import stored
    from orchestrator.seals.keys import trusted_by
    from orchestrator.settings import Settings

    settings = Settings()
    trusted = trusted_by(settings)
    async with stored(settings) as database:
        if payment_id is not None:
            found = await verify_one(database, payment_id, trusted=trusted)
            if found is None:
                raise CommandFailed(f"Nothing is stored under {payment_id}. Check the id.")
            return found, trusted
        with progress_bar() as progress:
            task = progress.add_task("verifying payments", total=None)
            report = await verify_with_processes(
                database,
                settings.database_url,
                processes or processors(),
                lambda done, total: progress.update(task, completed=done, total=total),
                trusted=trusted,
            )
        for file in kept:
            await verify_against_file(database, file, trusted, report)
        return report, trusted


def _show(report: "AuditReport") -> None:
    screen = console()
    for problem in report.problems[:SHOWN_PROBLEMS]:
        screen.print(str(problem), markup=False, soft_wrap=True)
    if report.problem_count > SHOWN_PROBLEMS:
        screen.print(f"… and {report.problem_count - SHOWN_PROBLEMS} more")
    screen.print(
        f"{counted(report.payments, 'payment')}, {counted(report.transitions, 'history row')}, "
        f"{counted(report.evidence, 'evidence row')}, {counted(report.attempts, 'attempt')} and "
        f"{counted(report.actions, 'action')} checked, against "
        f"{counted(report.leaves, 'leaf', 'leaves')} of {counted(report.seals, 'seal')}: "
        + ("all hold." if report.holds else counted(report.problem_count, "problem") + "."),
        soft_wrap=True,
    )
