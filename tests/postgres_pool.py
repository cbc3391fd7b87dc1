"""PostgreSQL databases that one test after another has to itself, each as clean as a copy.

A copy of the template takes a few times as long as emptying the tables of the last one. What cannot
be told to be as the template is, in its rows and in its catalogs, is dropped and not lent again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from tests.postgres_server import PostgresServer

# What a database of a test grows by, with nobody to vacuum it, before a copy is the cheaper one.
MOST_BYTES: Final = 8 * 2**20
# A server process ends a moment after its client: looked for so often, so many seconds apart.
LOOKS: Final = 20
LOOK_SECONDS: Final = 0.005

# Every row of a catalog that a statement can have changed bears the transaction that wrote it.
_CATALOGS: Final = {
    "pg_attrdef": "oid >= 16384",
    "pg_attribute": "attrelid >= 16384",
    "pg_class": "oid >= 16384",
    "pg_constraint": "oid >= 16384",
    "pg_database": "datname = current_database()",
    "pg_db_role_setting": "true",
    "pg_default_acl": "true",
    "pg_event_trigger": "true",
    "pg_extension": "true",
    "pg_index": "indexrelid >= 16384",
    "pg_namespace": "true",
    "pg_proc": "oid >= 16384",
    "pg_rewrite": "oid >= 16384",
    "pg_sequence": "true",
    "pg_statistic": "starelid >= 16384",
    "pg_trigger": "true",
    "pg_type": "oid >= 16384",
}
_FINGERPRINT: Final = "SELECT " + " || ' ' || ".join(
    f"(SELECT count(*) || ':' || coalesce(sum(hashtext(xmin::text || ctid::text)), 0)"  # noqa: S608, RUF100
    f" FROM {catalog} WHERE {rows})"
    for catalog, rows in _CATALOGS.items()
)
_TABLES: Final = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)
_BYTES: Final = (
    "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)


@dataclass(frozen=True, slots=True)
class Spare:
    """A database that was as its template is when this was noted."""

    name: str
    fingerprint: str
    # Empties every table and puts back what the migrations had written.
    cleaning: str


@dataclass(slots=True)
class DatabasePool:
    """Lends copies of one template, each to one test at a time."""

    server: PostgresServer
    template: str
    prepare: Callable[[str], None] = lambda name: None
    _idle: list[Spare] = field(default_factory=list)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give a database as clean as a copy; take it back, or drop what cannot be cleaned."""
        spare = self._idle.pop() if self._idle else self._copy()
        try:
            yield self.server.url(spare.name)
        finally:
            if asyncio.run(_clean(self.server, spare)):
                self._idle.append(spare)
            else:
                self.server.drop_database(spare.name)

    def _copy(self) -> Spare:
        name = f"test_{uuid.uuid4().hex}"
        self.server.create_database(name, self.template)
        self.prepare(name)
        return asyncio.run(_look(self.server, name))


async def _connect(server: PostgresServer, name: str) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(server.directory), user="postgres", database=name)


async def _look(server: PostgresServer, name: str) -> Spare:
    connection = await _connect(server, name)
    try:
        tables = [row["relname"] for row in await connection.fetch(_TABLES)]
        cleaning = ["SET session_replication_role = replica"]
        cleaning += [f'DELETE FROM "{table}"' for table in tables]  # noqa: S608, RUF100
        for table in tables:
            rows = await connection.fetchval(f'SELECT json_agg(t) FROM "{table}" t')  # noqa: S608, RUF100
            if rows is not None:
                cleaning.append(
                    f'INSERT INTO "{table}" SELECT * FROM '  # noqa: S608, RUF100
                    f'json_populate_recordset(NULL::"{table}", $rows${rows}$rows$)'
                )
        return Spare(name, await connection.fetchval(_FINGERPRINT), "; ".join(cleaning))
    finally:
        await connection.close()


async def _clean(server: PostgresServer, spare: Spare) -> bool:
    """Make a database as it was; tell whether it is."""
    try:
        connection = await _connect(server, spare.name)
    except (asyncpg.PostgresError, OSError):
        return False
    try:
        if not await _left_alone(connection):
            return False
        if await connection.fetchval(_FINGERPRINT) != spare.fingerprint:
            return False
        if await connection.fetchval(_BYTES) > MOST_BYTES:
            return False
        await connection.execute(spare.cleaning)
        return True
    finally:
        await connection.close()


async def _left_alone(connection: asyncpg.Connection) -> bool:
    for _ in range(LOOKS):
        if await connection.fetchval(_OTHERS) == 0:
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False
