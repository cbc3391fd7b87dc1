"""Fixtures that give a test a database of its own, migrated, on SQLite and on PostgreSQL.

Each kind is migrated once a session into a template, and a test gets a copy of that, or a copy that
another test had and that is as it was. Refuses to share a database between two tests.
"""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.postgres_pool import DatabasePool
from tests.postgres_server import PostgresServer

TEMPLATE = "migrated"
SERVICE_TEMPLATE = "migrated_and_granted"
OWNER_ROLE = "orchestrator_owner"
SERVICE_ROLE = "orchestrator_service"


# For what so many cases claim that one kind of database has to do for the gate.
POSTGRESQL_WHEN_THOROUGH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)]


# Where the kinds differ in more than their SQL (locks, waits, plans, types, crashes), or the claim
# is the protocol's own, the gate has both. Elsewhere PostgreSQL is `make thorough`'s.
ON_BOTH_KINDS: Final = (
    "tests/store/",
    "tests/protocol/",
    "tests/failover/",
    "tests/webhooks/",
    "tests/outgoing/",
    "tests/test_concurrency.py",
    "tests/test_killed_server.py",
    "tests/test_recovery.py",
    "tests/test_audit_rule_sets.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave PostgreSQL to the thorough run where one kind of database does for the gate."""
    for item in items:
        kind = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
        if kind == "postgresql" and not item.nodeid.startswith(ON_BOTH_KINDS):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the test a fresh migrated database, once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """Give the test a database without any table, once on each kind."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the test a fresh migrated SQLite file."""
    file = shutil.copyfile(sqlite_template, tmp_path / "orchestrator.db")
    return f"sqlite:///{file}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """Give the test the address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def postgresql_url(postgres_pool: DatabasePool) -> Iterator[str]:
    """Give the test a fresh migrated PostgreSQL database."""
    with postgres_pool.lend() as url:
        yield url


@pytest.fixture
def postgres_url(postgresql_url: str) -> str:
    """Give the test a fresh migrated PostgreSQL database, by its shorter name."""
    return postgresql_url


@pytest.fixture
def empty_postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the test a PostgreSQL database without any table."""
    with fresh_database(postgres_server, template=None) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL for all tests of this process."""
    with PostgresServer.start() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Migrate the database that PostgreSQL tests get copies of."""
    postgres_server.create_database(TEMPLATE)
    migrate(postgres_server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def postgres_pool(postgres_server: PostgresServer, postgres_template: str) -> DatabasePool:
    """Lend the tests of this process migrated databases."""
    return DatabasePool(postgres_server, postgres_template)


@pytest.fixture
def service_url(postgres_service_pool: DatabasePool) -> Iterator[str]:
    """Give the test a fresh migrated PostgreSQL database, as a role that owns nothing sees it."""
    with postgres_service_pool.lend() as url:
        yield url.replace("//postgres@", f"//{SERVICE_ROLE}@")


@pytest.fixture(scope="session")
def postgres_service_pool(
    postgres_server: PostgresServer, postgres_service_template: str
) -> DatabasePool:
    """Lend the tests of the service's role databases that another role owns."""

    def prepare(name: str) -> None:
        # Who may make temporary tables is the database's own to say, and not copied.
        postgres_server.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC')

    return DatabasePool(postgres_server, postgres_service_template, prepare)


@pytest.fixture(scope="session")
def postgres_service_template(postgres_server: PostgresServer) -> str:
    """Migrate the database that tests of the service's role get copies of, by the owner's role."""
    postgres_server.execute(f"CREATE ROLE {OWNER_ROLE} LOGIN")
    postgres_server.execute(f"CREATE ROLE {SERVICE_ROLE} LOGIN")
    postgres_server.execute(f"CREATE DATABASE {SERVICE_TEMPLATE} OWNER {OWNER_ROLE}")
    from orchestrator.store.grants import grant_to

    url = postgres_server.url(SERVICE_TEMPLATE).replace("//postgres@", f"//{OWNER_ROLE}@")
    migrate(url)
    grant_to(url, SERVICE_ROLE)
    return SERVICE_TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate the file that SQLite tests get copies of."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        # What still stands in the write-ahead log would be missing from a copy of the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@contextmanager
def fresh_database(server: PostgresServer, template: str | None) -> Iterator[str]:
    """Create a database under a name nobody has, and drop it at the end."""
    name = f"test_{uuid.uuid4().hex}"
    server.create_database(name, template)
    try:
        yield server.url(name)
    finally:
        server.drop_database(name)


def migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    # Imported here, so that tests of the pure core need no database code at all.
    from orchestrator.store.migrate import upgrade

    upgrade(url)
