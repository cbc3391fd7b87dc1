"""``orchestrator keys``: API keys. A secret is shown once, when it is made."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import clock_time, console, print_json, table

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Scope(StrEnum):
    """What a key may do."""

    payments = "payments"
    audit = "audit"
    admin = "admin"


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="The owner; keys of one name see the same payments.")],
    scope: Annotated[
        Scope,
        typer.Option(
            help="payments: its owner's payments; audit: read everything; admin: both, and act."
        ),
    ],
    expires: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until the key ends; never by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Make an API key and print its secret, this once."""
    row, secret = asyncio.run(_create(name, scope.value, expires))
    if json:
        print_json({"id": row["id"], "name": name, "scope": scope.value, "secret": secret})
        return
    typer.echo(secret)
    typer.echo(
        f"Key {row['id']} of {name!r}, scope {scope.value}. The secret is the line above and is "
        "not stored: keep it now.",
        err=True,
    )


@app.command("list")
def list_(json: Json = False) -> None:
    """List API keys, newest first, without their secrets."""
    now = datetime.now(UTC)
    keys = [_shown(row, now) for row in asyncio.run(_rows())]
    if json:
        print_json(keys)
        return
    listed = table("id", "name", "scope", "status", "created", "expires")
    for key in keys:
        expires = clock_time(key["expires_at"]) if key["expires_at"] else "never"
        listed.add_row(
            key["id"],
            key["name"],
            key["scope"],
            key["status"],
            clock_time(key["created_at"]),
            expires,
        )
    console().print(listed if keys else "There are no keys. Run: orchestrator keys create --help")


@app.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    json: Json = False,
) -> None:
    """Revoke a key at once; requests that carry it are refused from then on."""
    revoked, known = asyncio.run(_revoke(id))
    if not known:
        raise CommandFailed(f"No key has the id {id}. See: orchestrator keys list")
    if not revoked:
        raise CommandFailed(f"Key {id} is revoked already; nothing changed.")
    if json:
        print_json({"id": id, "status": "revoked"})
    else:
        typer.echo(f"Key {id} is revoked.")


def _shown(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    expired = row["expires_at"] is not None and row["expires_at"] <= now
    status = "revoked" if row["revoked_at"] else "expired" if expired else "in use"
    shown = {name: row[name] for name in ("id", "name", "scope")}
    times = {name: row[name] for name in ("created_at", "expires_at", "revoked_at")}
    return shown | {"status": status} | times


async def _create(name: str, scope: str, expires: int | None) -> tuple[dict[str, Any], str]:
    from orchestrator.cli.storage import stored
    from orchestrator.keys import create_key
    from orchestrator.settings import Settings
    from orchestrator.store.keys import insert_key

    try:
        row, secret = create_key(name, scope, expires, datetime.now(UTC))
    except ValueError as exc:
        raise CommandFailed(str(exc)) from exc
    async with stored(Settings()) as database:
        await database.write(insert_key, row)
    return row, secret


async def _rows() -> list[dict[str, Any]]:
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.keys import list_keys

    async with stored(Settings()) as database:
        return await database.read(list_keys)


async def _revoke(key_id: str) -> tuple[bool, bool]:
    """Revoke a key; say whether this did it, and whether there is such a key at all."""
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.keys import find_api_key, revoke_key

    async with stored(Settings()) as database:
        revoked = await database.write(revoke_key, key_id, datetime.now(UTC))
        return revoked, revoked or await database.read(find_api_key, key_id) is not None
