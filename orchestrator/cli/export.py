"""``orchestrator audit export`` and ``audit verifier``: what is given to people outside."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.failures import CommandFailed


class Format(StrEnum):
    """How payments are written."""

    jsonl = "jsonl"
    csv = "csv"
    bundle = "bundle"


def export(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One payment; without it, all of them.")
    ] = None,
    format: Annotated[
        Format,
        typer.Option(
            help="jsonl: a line for each payment; csv: one for each history row; bundle: one "
            "payment with all that proves it."
        ),
    ] = Format.jsonl,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write into a file instead.")
    ] = None,
) -> None:
    """Write payments with their history, evidence and attempts, or one with its proof."""
    if format is Format.bundle and id is None:
        raise typer.BadParameter("A bundle is of one payment: give its ID.")
    if out is None:
        asyncio.run(_export(id, format, sys.stdout.buffer.write))
        return
    try:
        with out.open("wb") as file:
            asyncio.run(_export(id, format, file.write))
    except OSError as exc:
        raise CommandFailed(f"{out} cannot be written ({exc.strerror}).") from exc


def verifier() -> None:
    """Print the program that checks bundles and seals' files with no database and no service."""
    from orchestrator.seals.standalone import source

    typer.echo(source(), nl=False)


async def _export(payment_id: str | None, format: Format, write: Callable[[bytes], object]) -> None:
    from orchestrator.actions import Subject, export_made
    from orchestrator.audit.export import bundle_of, csv_lines, jsonl_lines
    from orchestrator.cli.storage import stored
    from orchestrator.operator import this_operator
    from orchestrator.settings import Settings
    from orchestrator.store.actions import record_action
    from orchestrator.store.payments import load_payment

    what = Subject("payment", payment_id) if payment_id else Subject("payments", "all")
    async with stored(Settings()) as database:
        if payment_id and await database.read(load_payment, payment_id) is None:
            raise CommandFailed(f"No payment has the id {payment_id}. Check the id.")
        # On record first: what was written out cannot be taken back.
        done = export_made(what, this_operator(), datetime.now(UTC), format=format.value)
        await database.write(record_action, done)
        if format is Format.bundle and payment_id is not None:
            write(await bundle_of(database, payment_id))
            return
        lines = csv_lines if format is Format.csv else jsonl_lines
        async for line in lines(database, payment_id):
            write(line.encode())
