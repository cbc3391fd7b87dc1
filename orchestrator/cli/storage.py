"""Opens the database that the settings name, for commands that need nothing of Stripe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from orchestrator.cli.failures import CommandFailed
from orchestrator.settings import Settings
from orchestrator.store import migrate
from orchestrator.store.connections import Database, open_database

MIGRATE = "Run: orchestrator migrate"
_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+asyncpg")


@asynccontextmanager
async def stored(settings: Settings) -> AsyncIterator[Database]:
    """Open the database and check that its schema is the newest.

    Raises:
        CommandFailed: there is no such database, or its schema is not this program's.
    """
    refuse_unknown_kind(settings.database_url)
    refuse_missing_file(settings.database_url)
    database = open_database(settings.database_url, pool_size=2)
    try:
        found, needed = await database.read(migrate.current), migrate.head()
        if found != needed:
            raise CommandFailed(
                f"The database's schema is {found or 'missing'}, and this program needs {needed}. "
                + MIGRATE
            )
        yield database
    finally:
        await database.close()


def refuse_unknown_kind(url: str) -> None:
    """Refuse a database we do not run on, or a driver that is not ours.

    Raises:
        CommandFailed: with the addresses that can be used.
    """
    parsed = make_url(url)
    if parsed.drivername not in _DRIVERS:
        raise CommandFailed(
            f"The database URL begins with {parsed.drivername}; use sqlite:///FILE or "
            "postgresql+asyncpg://USER@HOST/DATABASE."
        )


def refuse_missing_file(url: str) -> None:
    """Refuse a SQLite file that does not exist: opening it would make an empty one.

    Raises:
        CommandFailed: there is no such file.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise CommandFailed(f"There is no database at {parsed.database}. {MIGRATE}")
