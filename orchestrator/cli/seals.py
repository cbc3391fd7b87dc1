"""``orchestrator audit seal``, ``seals``, ``prove`` and ``key``: seals and what goes with them."""

import asyncio
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import clock_time, console, counted, print_json, table
from orchestrator.cli.progress import progress_bar

if TYPE_CHECKING:
    from orchestrator.seals.proof import Proof
    from orchestrator.seals.seal import SignedSeal
    from orchestrator.store.connections import Database

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Export = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Write it with its leaves, to keep elsewhere."),
]

key_app = typer.Typer(help="The key that seals are signed with.", no_args_is_help=True)


def seal(export: Export = None, json: Json = False) -> None:
    """Seal every payment that changed since the last seal: one signed root over their chains."""
    signed = asyncio.run(_seal(export))
    _show(signed, json)


def seals(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="One seal; without it, a list.")
    ] = None,
    export: Export = None,
    json: Json = False,
) -> None:
    """List the seals, or show one and write its file again."""
    if number is None:
        if export is not None:
            raise typer.BadParameter("--export goes with a NUMBER.")
        _list(asyncio.run(_all()), json)
        return
    _show(asyncio.run(_one(number, export)), json)


def prove(
    id: Annotated[str, typer.Argument(metavar="ID", help="The payment.")],
    json: Json = False,
) -> None:
    """Prove that a payment is in a seal: its leaf, and the hashes from there to the root."""
    proof = asyncio.run(_prove(id))
    if proof is None:
        raise CommandFailed(f"{id} is in no seal. Check the id, or run: orchestrator audit seal")
    if json:
        print_json(proof.as_json())
        return
    leaf, sealed = proof.leaf, proof.signed.seal
    screen = console()
    screen.print(
        f"{leaf.payment} with {counted(leaf.version, 'history row')}, "
        f"{counted(leaf.evidence_count, 'evidence row')} and "
        f"{counted(len(leaf.attempts), 'closed attempt')} is entry {proof.index} of "
        f"{sealed.payments} in seal {sealed.number}.",
        soft_wrap=True,
    )
    for step in proof.path:
        screen.print(f"  {step.hex()}")
    screen.print(f"root {sealed.root}")


@key_app.command("create")
def create_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where; it must not exist yet.")],
    json: Json = False,
) -> None:
    """Make a key in a file that only its owner may read; print its public half."""
    from orchestrator.seals.keys import create_key_file

    _show_key(create_key_file(file), json)


@key_app.command("show")
def show_key(json: Json = False) -> None:
    """Print the public half of the key in use, which whoever checks seals needs."""
    from orchestrator.seals.keys import read_key_file
    from orchestrator.seals.seal import public_key_of
    from orchestrator.settings import Settings

    _show_key(public_key_of(read_key_file(_key_file(Settings().seal_key_file))), json)


def _show_key(public_key: str, json: bool) -> None:
    from orchestrator.seals.seal import key_id_of

    if json:
        print_json({"id": key_id_of(public_key), "public_key": public_key})
    else:
        typer.echo(public_key)


def _key_file(setting: str | None) -> str:
    if setting is None:
        raise CommandFailed(
            "ORCHESTRATOR_SEAL_KEY_FILE is not set. Make a key with: orchestrator audit key create "
            "FILE"
        )
    return setting


async def _seal(export: Path | None) -> "SignedSeal":
    from orchestrator.cli.storage import stored
    from orchestrator.operator import this_operator
    from orchestrator.seals.keys import read_key_file
    from orchestrator.seals.sealing import make_seal
    from orchestrator.settings import Settings

    settings = Settings()
    key = read_key_file(_key_file(settings.seal_key_file))
    holder = f"{socket.gethostname()}:{os.getpid()}"
    async with stored(settings) as database:
        _refuse_existing(export)
        with progress_bar() as progress:
            task = progress.add_task("sealing payments", total=None)
            signed = await make_seal(
                database,
                key,
                holder,
                actor=this_operator(),
                progress=lambda n: progress.update(task, completed=n),
            )
        await _write(database, signed, export)
        return signed


async def _all() -> "list[SignedSeal]":
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.seals import read_seals

    async with stored(Settings()) as database:
        return [signed for signed, _ in await database.read(read_seals)]


async def _one(number: int, export: Path | None) -> "SignedSeal":
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.seals import read_seal

    async with stored(Settings()) as database:
        signed = await database.read(read_seal, number)
        if signed is None:
            raise CommandFailed(f"There is no seal {number}. See: orchestrator audit seals")
        _refuse_existing(export)
        await _write(database, signed, export)
        return signed


async def _prove(payment_id: str) -> "Proof | None":
    from orchestrator.cli.storage import stored
    from orchestrator.seals.proof import prove
    from orchestrator.settings import Settings

    async with stored(Settings()) as database:
        return await prove(database, payment_id)


def _refuse_existing(export: Path | None) -> None:
    if export is not None and export.exists():
        raise CommandFailed(f"{export} exists already; a kept seal is never written over.")


async def _write(database: "Database", signed: "SignedSeal", export: Path | None) -> None:
    """Write a seal's file, all of it or none, and put on record that it was taken away."""
    from orchestrator.actions import Subject, export_made
    from orchestrator.operator import this_operator
    from orchestrator.seals.files import seal_lines
    from orchestrator.store.actions import record_action

    if export is None:
        return
    subject, now = Subject("seal", str(signed.seal.number)), datetime.now(UTC)
    done = export_made(subject, this_operator(), now, format="jsonl")
    await database.write(record_action, done)
    part = export.with_name(export.name + ".part")
    try:
        with part.open("wb") as file:
            async for line in seal_lines(database, signed):
                file.write(line)
        part.rename(export)
    except OSError as exc:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise CommandFailed(f"{export} cannot be written ({exc.strerror}).") from exc


def _show(signed: "SignedSeal", json: bool) -> None:
    if json:
        print_json({**signed.as_json(), "hash": signed.seal.hash})
        return
    sealed = signed.seal
    payments = counted(sealed.payments, "payment")
    typer.echo(f"Seal {sealed.number} over {payments}: root {sealed.root}")
    typer.echo(f"hash {sealed.hash}, signed with key {sealed.key_id}")


def _list(found: "list[SignedSeal]", json: bool) -> None:
    if json:
        print_json([{**signed.as_json(), "hash": signed.seal.hash} for signed in found])
        return
    listed = table("number", "sealed", "payments", "key", "hash")
    for signed in found:
        sealed = signed.seal
        listed.add_row(
            str(sealed.number),
            clock_time(sealed.sealed_at),
            str(sealed.payments),
            sealed.key_id,
            sealed.hash,
        )
    console().print(listed if found else "There are no seals. Run: orchestrator audit seal")
