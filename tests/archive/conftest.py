"""Archives of payments in every state, and how to make and read one."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from orchestrator.archive import write_archive
from orchestrator.store.connections import open_database
from orchestrator.store.schema import payments
from tests.store.migrated import on
from tests.store.seeds import seed
from tests.stored_payments import START

LATER: Final = START + timedelta(days=365)
Line = dict[str, Any]


async def archived(url: str, path: Path, before: datetime = LATER) -> Any:
    """Archive what a database holds."""
    database = open_database(url)
    try:
        return await write_archive(database, before, path)
    finally:
        await database.close()


def lines_of(path: Path) -> list[Line]:
    """Read an archive as anybody would."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one database with payments in every state, and one archive of it."""
    folder = tmp_path_factory.mktemp("seeded")
    url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'orchestrator.db')}"
    asyncio.run(seed(url))
    assert asyncio.run(archived(url, folder / "2026.jsonl.gz")).holds
    return folder


@pytest.fixture
def stored(seeded: Path, tmp_path: Path) -> str:
    """Give the test a database with payments in every state."""
    return f"sqlite:///{shutil.copyfile(seeded / 'orchestrator.db', tmp_path / 'stored.db')}"


@pytest.fixture
def archive(seeded: Path, tmp_path: Path) -> Path:
    """Give the test an archive, and what stands beside it."""
    for file in seeded.glob("2026*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "2026.jsonl.gz"


def handled(url: str) -> int:
    """Count the payments that are handled."""
    query = select(func.count()).where(payments.c.state.in_(["succeeded", "failed"]))
    count: int = on(url, lambda connection: connection.execute(query).scalar_one())
    return count
