"""Seals: which there are, what one says and covers, and its file to keep elsewhere."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.console.asked import address, read_number, read_query
from api.console.downloads import download
from api.console.visit import Visit
from orchestrator.actions import Subject
from orchestrator.seals.files import seal_lines
from orchestrator.seals.keys import trusted_by
from orchestrator.seals.seal import SignedSeal, signature_flaws
from orchestrator.store.seals import PlacedLeaf, read_leaves, read_seal, read_seals_before
from orchestrator.store.snapshots import snapshot

SEALS: Final = "/console/seals"
PAGE: Final = 25
# No column of seals is wider.
MAX_NUMBER: Final = 2**31 - 1


async def list_seals(visit: Visit) -> Response:
    """Show the seals, newest first."""
    before = read_query(visit, {"before": _number}).get("before")
    found: list[SignedSeal] = await visit.read(read_seals_before, before, PAGE + 1)
    older = found[PAGE - 1].seal.number if len(found) > PAGE else None
    return visit.render(
        "seals.html",
        rows=found[:PAGE],
        first=SEALS if before is not None else None,
        older=address(SEALS, before=older) if older is not None else None,
    )


async def show_seal(visit: Visit) -> Response:
    """Show what a seal says, whether it is signed as it says, and what it covers."""
    number = number_in(visit)
    after = read_query(visit, {"after": read_number}).get("after")
    found: tuple[SignedSeal, list[PlacedLeaf]] | None = await visit.read(
        _read, number, -1 if after is None else after
    )
    if found is None:
        raise HTTPException(404)
    signed, leaves = found
    trusted = trusted_by(visit.console.runtime.settings)
    path, more = f"{SEALS}/{number}", len(leaves) > PAGE
    return visit.render(
        "seal.html",
        signed=signed,
        seal=signed.seal,
        flaws=[sentence for _, sentence in signature_flaws(signed, trusted)],
        keys_named=bool(trusted),
        leaves=leaves[:PAGE],
        first=path if after is not None else None,
        further=address(path, after=leaves[PAGE - 1].position) if more else None,
    )


async def download_seal(visit: Visit) -> Response:
    """Give the file of a seal, on record."""
    number = number_in(visit)
    signed: SignedSeal | None = await visit.read(read_seal, number)
    if signed is None:
        raise HTTPException(404)
    subject = Subject("seal", str(number))
    lines = seal_lines(visit.console.runtime.database, signed)
    return await download(visit, subject, "jsonl", f"seal-{number}.jsonl", lines)


def number_in(visit: Visit) -> int:
    """Return the number of the seal that an address names."""
    try:
        return _number(visit.request.path_params["number"])
    except ValueError as exc:
        raise HTTPException(404) from exc


def _number(text: str) -> int:
    number = read_number(text)
    if number > MAX_NUMBER:
        raise ValueError
    return number


def _read(connection: Connection, number: int, after: int) -> Any:
    with snapshot(connection):
        signed = read_seal(connection, number)
        if signed is None:
            return None
        return signed, read_leaves(connection, number, after, PAGE + 1)
