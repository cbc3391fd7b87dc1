"""The three worlds, each kept as long as nothing changed it; and databases that a file shares."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from orchestrator.store.connections import Database, open_database
from tests.databases import fresh_database
from tests.postgres_server import PostgresServer
from tests.store.stories import Teller
from tests.store.worlds import PostgresWorld, SqliteWorld, World, postgres_world, sqlite_world

SQLITE = ("sqlite", "sqlite_foreign_keys_off")
Maker = Callable[[], AbstractContextManager[World]]


class Worlds:
    """Keeps each world until a test has changed it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[World, ExitStack]] = {}

    def give(self, name: str, make: Maker) -> World:
        """Return the world of this name, made now if there is none."""
        if name not in self._kept:
            stack = ExitStack()
            self._kept[name] = (stack.enter_context(make()), stack)
        return self._kept[name][0]

    def drop_changed(self, name: str) -> None:
        """Forget a world whose rows are no longer those it was seeded with."""
        world, stack = self._kept[name]
        if world.snapshot() != world.seeded:
            del self._kept[name]
            stack.close()

    def close(self) -> None:
        """Forget every world."""
        for _, stack in self._kept.values():
            stack.close()


@pytest.fixture(scope="session")
def worlds(postgres_server: PostgresServer) -> Iterator[Worlds]:
    """Keep the worlds of this process; they are closed while the server still runs."""
    kept = Worlds()
    yield kept
    kept.close()


@pytest.fixture(params=[*SQLITE, "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """Give the test a seeded world, once of each kind."""
    given: World = request.getfixturevalue(
        "postgresql" if request.param == "postgresql" else request.param
    )
    return given


@pytest.fixture(params=SQLITE)
def sqlite_only(request: pytest.FixtureRequest) -> SqliteWorld:
    """Give the test a seeded SQLite file, with foreign keys on and off."""
    given: SqliteWorld = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Give a maker of folders that outlive the test."""
    return lambda: tmp_path_factory.mktemp("world")


@pytest.fixture
def sqlite(worlds: Worlds, sqlite_template: Path, folder: Callable[[], Path]) -> Iterator[World]:
    """Give the test SQLite as the program opens it."""
    yield worlds.give("on", lambda: sqlite_world(sqlite_template, folder(), foreign_keys=True))
    worlds.drop_changed("on")


@pytest.fixture
def sqlite_foreign_keys_off(
    worlds: Worlds, sqlite_template: Path, folder: Callable[[], Path]
) -> Iterator[World]:
    """Give the test SQLite as a stranger opens it."""
    yield worlds.give("off", lambda: sqlite_world(sqlite_template, folder(), foreign_keys=False))
    worlds.drop_changed("off")


@pytest.fixture
def postgresql(
    worlds: Worlds, postgres_server: PostgresServer, postgres_template: str
) -> Iterator[PostgresWorld]:
    """Give the test PostgreSQL."""
    given = worlds.give("postgresql", lambda: postgres_world(postgres_server, postgres_template))
    assert isinstance(given, PostgresWorld)
    yield given
    worlds.drop_changed("postgresql")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give the tests of this file one database of each kind; their payments differ by id."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            file = tmp_path_factory.mktemp("payments") / "orchestrator.db"
            file.write_bytes(template.read_bytes())
            yield f"sqlite:///{file}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name: str = request.getfixturevalue("postgres_template")
            yield stack.enter_context(fresh_database(server, name))


@pytest.fixture
async def database(shared_url: str) -> AsyncIterator[Database]:
    """Open the shared database."""
    opened = open_database(shared_url)
    yield opened
    await opened.close()


@pytest.fixture
def tell(database: Database) -> Teller:
    """Tell stories in the shared database."""
    return Teller(database)
