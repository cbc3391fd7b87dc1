"""Which databases are opened, and which addresses are refused."""

from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.store.connections import open_database


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user@host/database",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////nowhere/at/all.db",
    ],
)
def test_address_is_refused(url: str) -> None:
    """A database that cannot hold payments for several connections is refused with a reason."""
    with pytest.raises(Misconfigured):
        open_database(url)


async def test_kind_follows_the_address(tmp_path: Path) -> None:
    """The address decides which database is opened."""
    opened = [
        open_database(f"sqlite:///{tmp_path / 'new.db'}"),
        open_database("postgresql+asyncpg://nobody@/nothing?host=/nowhere"),
    ]
    kinds = [database.dialect for database in opened]
    for database in opened:
        await database.close()

    assert kinds == ["sqlite", "postgresql"]
