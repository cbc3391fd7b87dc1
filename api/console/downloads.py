"""What is taken away from the console: files of a period's payments, and of seals.

Each is asked for by a form and on record before its first byte leaves: it cannot be taken back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from starlette.responses import Response, StreamingResponse

from api.console.asked import read_fields
from api.console.headers import PAGE_HEADERS
from api.console.visit import Visit
from api.errors import ValidationFailed
from orchestrator.actions import Subject, export_made
from orchestrator.audit.period import PeriodTooLarge, period_csv, period_jsonl, refuse_large
from orchestrator.payment import Actor
from orchestrator.store.actions import record_action
from orchestrator.store.connections import Database
from orchestrator.store.periods import Period

DOWNLOADS: Final = "/console/downloads"
MAX_DAYS: Final = 31
MAX_PAYMENTS: Final = 100_000
# Lines are sent together in pieces of about so many bytes.
PIECE: Final = 64 * 1024

Lines = Callable[[Database, Period], AsyncIterator[str]]
FORMATS: Final[Mapping[str, tuple[str, Lines]]] = MappingProxyType(
    {
        "csv": ("CSV: a line for each step", period_csv),
        "jsonl": ("JSON lines: a line for each payment with all that proves it", period_jsonl),
    }
)
MEDIA_TYPES: Final = MappingProxyType(
    {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
)


async def show_downloads(visit: Visit) -> Response:
    """Show the form."""
    return _form(visit)


async def download_period(visit: Visit) -> Response:
    """Give the payments that were created in a period, on record."""
    try:
        period, format = _asked(visit)
        await refuse_large(visit.console.runtime.database, period, MAX_PAYMENTS)
    except (ValidationFailed, PeriodTooLarge) as refused:
        return _form(visit, 422, str(refused))
    first, last = period.since.date(), period.until.date() - timedelta(days=1)
    subject = Subject("payments", f"{first}..{last}")
    lines = FORMATS[format][1](visit.console.runtime.database, period)
    name = f"payments-{first}-{last}.{format}"
    return await download(visit, subject, format, name, _encoded(lines))


async def download(
    visit: Visit, subject: Subject, format: str, name: str, lines: AsyncIterator[bytes]
) -> Response:
    """Put on record that something is taken away, and give it line by line."""
    assert visit.session is not None, "the page is for who is signed in"
    runtime = visit.console.runtime
    done = export_made(
        subject,
        Actor("api_key", visit.session.key_id),
        runtime.payments.driver.clock(),
        format=format,
        request_id=visit.request_id,
    )
    await runtime.database.write(record_action, done)
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(lines), 200, headers, MEDIA_TYPES[format])


async def _encoded(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line.encode()


async def _pieces(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    piece = bytearray()
    async for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
            # A piece that the socket takes at once waits for nothing: let other answers go on.
            await asyncio.sleep(0)
    yield bytes(piece)


# ── the form ─────────────────────────────────────────────────────────────────────────────────


def _asked(visit: Visit) -> tuple[Period, str]:
    asked = read_fields(
        {name: visit.form.get(name, "") for name in ("from", "to", "format")},
        {"from": _day, "to": _day, "format": _format},
    )
    period = Period(asked["from"], asked["to"] + timedelta(days=1))
    if not timedelta() < period.until - period.since <= timedelta(days=MAX_DAYS):
        raise ValidationFailed(f"Choose from 1 to {MAX_DAYS} days, the first of them first.", "to")
    return period, asked["format"]


def _day(text: str) -> datetime:
    day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    if not 1970 <= day.year < 9999:
        raise ValueError
    return day


def _format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError
    return text


def _form(visit: Visit, status: int = 200, problem: str = "") -> Response:
    today = visit.console.runtime.payments.driver.clock().date()
    return visit.render(
        "downloads.html",
        status,
        problem=problem,
        formats={name: words for name, (words, _) in FORMATS.items()},
        chosen={
            "from": visit.form.get("from", (today - timedelta(days=6)).isoformat()),
            "to": visit.form.get("to", today.isoformat()),
            "format": visit.form.get("format", "csv"),
        },
        max_days=MAX_DAYS,
        max_payments=MAX_PAYMENTS,
    )
