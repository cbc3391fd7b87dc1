"""Checks all payments with several processes, each a range of ids at a time.

Recomputing hashes is all processor time, so two processors do it in half of it. Each process opens
the database itself; nothing but ranges and reports goes between them, and memory stays flat.
"""

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from sqlalchemy import Connection, select

from orchestrator.audit.pages import Range
from orchestrator.audit.report import AuditReport
from orchestrator.audit.seals import NOBODY
from orchestrator.audit.walk import (
    Progress,
    count_payments,
    verify_all,
    verify_beside_payments,
    verify_range,
)
from orchestrator.store.connections import Database, open_database
from orchestrator.store.schema import payments

# So many payments are checked before a process tells of it and takes the next range.
CHUNK: Final = 2000
# A process of its own takes half a second to begin.
WORTH_PROCESSES: Final = 4 * CHUNK
MOST_PROCESSES: Final = 8


def processors() -> int:
    """Return how many processes are of use here."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, MOST_PROCESSES)


async def verify_with_processes(
    database: Database,
    url: str,
    processes: int,
    progress: Progress | None = None,
    *,
    trusted: Mapping[str, str] = NOBODY,
) -> AuditReport:
    """Check every payment and every seal, as ``verify_all``, with so many processes."""
    total = await database.read(count_payments)
    if processes < 2 or total < WORTH_PROCESSES:
        return await verify_all(database, progress, trusted=trusted)
    last_seal, report = await verify_beside_payments(database, trusted)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: list[asyncio.Future[AuditReport]] = []
        after: str | None = ""
        while after is not None or waiting:
            # Few ranges are under way at once, and their reports come in order.
            while after is not None and len(waiting) < 2 * processes:
                until = await database.read(_end_of_chunk, after)
                ids = Range(after, until)
                waiting.append(loop.run_in_executor(pool, _verify_chunk, url, ids, last_seal))
                after = until
            report.include(await waiting.pop(0))
            if progress:
                progress(report.payments, max(total, report.payments))
    return report


def _end_of_chunk(connection: Connection, after: str) -> str | None:
    query = select(payments.c.id).where(payments.c.id > after).order_by(payments.c.id)
    return connection.execute(query.offset(CHUNK - 1).limit(1)).scalar_one_or_none()


def _verify_chunk(url: str, ids: Range, last_seal: int) -> AuditReport:
    return asyncio.run(_verify(url, ids, last_seal))


async def _verify(url: str, ids: Range, last_seal: int) -> AuditReport:
    database, report = open_database(url, pool_size=1), AuditReport()
    try:
        await verify_range(database, ids, last_seal, report)
    finally:
        await database.close()
    return report
