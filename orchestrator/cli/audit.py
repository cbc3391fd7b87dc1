"""``orchestrator audit``: whether what is stored is what was written."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.actions import actions
from orchestrator.cli.anomalies import anomalies
from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import console, print_json
from orchestrator.cli.progress import progress_bar
from orchestrator.cli.reconcile import reconcile

if TYPE_CHECKING:
    from orchestrator.audit import AuditReport

app = typer.Typer(help="Tamper evidence, and agreement with Stripe.", no_args_is_help=True)

# More than anybody reads on a screen; --json gives them all.
SHOWN_PROBLEMS = 20


app.command("actions")(actions)
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
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every hash, path, head and attempt; exit 1 and name the first bad row."""
    report = asyncio.run(_verify(id))
    if json:
        print_json(report.as_json())
    else:
        _show(report)
    if not report.holds:
        first = report.problems[0]
        typer.echo(f"error: {report.problem_count} problems; the first: {first}", err=True)
        raise typer.Exit(1)


async def _verify(payment_id: str | None) -> "AuditReport":
    from orchestrator.audit import verify_all, verify_one
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings

    async with stored(Settings()) as database:
        if payment_id is not None:
            report = await verify_one(database, payment_id)
            if report is None:
                raise CommandFailed(f"Nothing is stored under {payment_id}. Check the id.")
            return report
        with progress_bar() as progress:
            task = progress.add_task("verifying payments", total=None)
            return await verify_all(
                database,
                lambda done, total: progress.update(task, completed=done, total=total),
            )


def _show(report: "AuditReport") -> None:
    screen = console()
    for problem in report.problems[:SHOWN_PROBLEMS]:
        screen.print(str(problem), markup=False, soft_wrap=True)
    if report.problem_count > SHOWN_PROBLEMS:
        screen.print(f"… and {report.problem_count - SHOWN_PROBLEMS} more")
    screen.print(
        f"{report.payments} payments, {report.transitions} history rows, {report.evidence} "
        f"evidence rows, {report.attempts} attempts and {report.actions} actions checked: "
        + ("all hold." if report.holds else f"{report.problem_count} problems."),
        soft_wrap=True,
    )
