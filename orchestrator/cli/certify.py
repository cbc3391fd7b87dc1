"""``orchestrator certify``: the proof that every payment ends, and ends for good."""

from typing import Annotated

import typer

from orchestrator.cli.output import console, counted, print_json, table
from orchestrator.states import LARGEST_MAX_ATTEMPTS, Certificate
from orchestrator.states import certify as prove


def certify(
    max_attempts: Annotated[
        int,
        typer.Option(
            min=1,
            max=LARGEST_MAX_ATTEMPTS,
            help="Prove it for every budget of attempts up to this one.",
        ),
    ] = LARGEST_MAX_ATTEMPTS,
    json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
) -> None:
    """Prove the machine's bounds and that handled states are final; exit 1 on a violation."""
    certificate = prove(max_attempts)
    if json:
        print_json(certificate.as_json())
    else:
        _show(certificate)
    for violation in certificate.violations:
        row = f"row {violation.row}" if violation.row else "the table as a whole"
        typer.echo(f"error: {row} breaks {violation.rule}: {violation.sentence}", err=True)
    if not certificate.holds:
        raise typer.Exit(1)


def _show(certificate: Certificate) -> None:
    measures = table("attempts", "configurations", "longest path", "confirmations at most")
    for measure in certificate.measures:
        measures.add_row(*(str(value) for value in measure))
    console().print(measures)
    longest, most = certificate.longest_path, certificate.max_confirmations
    if certificate.holds and longest is not None and most is not None:
        console().print(
            f"Proven for every budget up to {certificate.max_attempts}: a payment ends after at "
            f"most {counted(longest, 'transition')} and {counted(most, 'confirmation')}, and "
            "nothing leaves succeeded or failed."
        )
