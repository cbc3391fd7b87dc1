"""The databases a plain statement is tried on: both kinds, and SQLite as a stranger opens it.

A world is seeded once, by the program itself, with payments in every state. What is refused must
leave every row as it was, so the same world serves all; one that was changed is made anew.
"""

import asyncio
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from orchestrator.payment import Payment
from orchestrator.store.schema import metadata_of
from tests.databases import fresh_database
from tests.postgres_server import PostgresServer
from tests.store.builders import Row, change, evidence_row, insert
from tests.store.seeds import seed

PROOFS = {"succeeded": "succeeded", "failed": "canceled"}
Snapshot = dict[str, list[Any]]


class World(ABC):
    """One database, with a plain connection to it."""

    dialect: str
    payments: dict[str, Payment]
    seeded: Snapshot

    @abstractmethod
    def run(self, *statements: str) -> None:
        """Run statements as one transaction; raise what the database refuses them with."""

    @abstractmethod
    def check(self, *statements: str) -> None:
        """Run statements and all deferred checks, then undo them."""

    @abstractmethod
    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query."""

    @abstractmethod
    def begin(self, payment: Row, first: Row) -> list[str]:
        """List the statements that store a new payment with its first history row."""

    @abstractmethod
    def observe(self, payment: Payment, row: Row) -> list[str]:
        """List the statements that append evidence to a payment."""

    @abstractmethod
    def step(self, payment: Payment, row: Row, **columns: object) -> list[str]:
        """List the statements that move a payment by a history row."""

    def proven_step(self, payment: Payment, row: Row) -> list[str]:
        """List the statements of a step with the evidence that a handled state needs."""
        status = PROOFS.get(row["target"])
        if status is None:
            return self.step(payment, row)
        proof = {"evidence": payment.evidence_count + 1, "evidence_status": status}
        return [
            *self.observe(payment, evidence_row(payment, status)),
            *self.step(payment, row | proof),
        ]

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Read every row of every table."""


class SqliteWorld(World):
    """A SQLite file, through the standard library alone."""

    dialect = "sqlite"

    def __init__(self, file: Path, payments: dict[str, Payment], *, foreign_keys: bool) -> None:
        self.payments = payments
        self.connection = sqlite3.connect(file, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = OFF")
        if foreign_keys:
            self.connection.execute("PRAGMA foreign_keys = ON")
        self.seeded = self.snapshot()

    def run(self, *statements: str) -> None:
        """Run statements as one transaction."""
        self.connection.execute("BEGIN")
        try:
            for statement in statements:
                self.connection.execute(statement)
            self.connection.execute("COMMIT")
        except sqlite3.Error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def run_and_commit_anyway(self, *statements: str) -> list[sqlite3.Error]:
        """Run statements, each whatever became of the others, and commit; return what failed."""
        failed = []
        self.connection.execute("BEGIN")
        for statement in (*statements, "COMMIT"):
            try:
                self.connection.execute(statement)
            except sqlite3.Error as exc:
                failed.append(exc)
        return failed

    def check(self, *statements: str) -> None:
        """Run statements and look for broken foreign keys, then undo them."""
        self.connection.execute("BEGIN")
        try:
            for statement in statements:
                self.connection.execute(statement)
            broken = self.connection.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            self.connection.execute("ROLLBACK")
        assert broken == []

    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query."""
        return self.connection.execute(query).fetchall()

    def snapshot(self) -> Snapshot:
        """Read every row of every table."""
        tables = [table for part in metadata_of(self.dialect) for table in part.tables]
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}

    def begin(self, payment: Row, first: Row) -> list[str]:
        """Give the first row to the table it waits in; the payment takes it from there."""
        return [insert("payment_beginnings", first), insert("payments", payment)]

    def observe(self, payment: Payment, row: Row) -> list[str]:
        """Insert the row; it becomes the payment's newest."""
        return [insert("evidence", row)]

    def step(self, payment: Payment, row: Row, **columns: object) -> list[str]:
        """Insert the row; it moves the payment."""
        changes = [change(payment, **columns)] if columns else []
        return [insert("payment_transitions", row), *changes]

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class PostgresWorld(World):
    """A PostgreSQL database, through a connection without our program."""

    dialect = "postgresql"

    def __init__(self, url: str, payments: dict[str, Payment]) -> None:
        self.payments = payments
        self.database = str(make_url(url).database)
        self._runner = asyncio.Runner()
        plain = url.replace("postgresql+asyncpg", "postgresql")
        self._connection = self._runner.run(asyncpg.connect(plain))
        self.seeded = self.snapshot()

    def run(self, *statements: str) -> None:
        """Run statements as one transaction."""
        self._runner.run(self._run(statements, "COMMIT"))

    def check(self, *statements: str) -> None:
        """Run statements and all deferred checks, then undo them."""
        self._runner.run(self._run((*statements, "SET CONSTRAINTS ALL IMMEDIATE"), "ROLLBACK"))

    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query."""
        return [tuple(row) for row in self._runner.run(self._connection.fetch(query))]

    def snapshot(self) -> Snapshot:
        """Read every row of every table as text, in one round trip."""
        tables = [table for part in metadata_of(self.dialect) for table in part.tables]
        queries = (f"SELECT '{table}' AS name, t::text FROM {table} t" for table in tables)
        found: Snapshot = {table: [] for table in tables}
        for table, row in self.rows(" UNION ALL ".join(queries) + " ORDER BY 1, 2"):
            found[table].append(row)
        return found

    def begin(self, payment: Row, first: Row) -> list[str]:
        """Insert the payment, then its first row."""
        return [insert("payments", payment), insert("payment_transitions", first)]

    def observe(self, payment: Payment, row: Row) -> list[str]:
        """Raise the payment's count, then insert the row."""
        count = change(payment, evidence_count=row["sequence"], evidence_hash=row["hash"])
        return [count, insert("evidence", row)]

    def step(self, payment: Payment, row: Row, **columns: object) -> list[str]:
        """Raise the payment's version, then insert the row."""
        moved: Row = {
            "version": row["sequence"],
            "state": row["target"],
            "last_hash": row["hash"],
            "attempts_used": payment.attempts_used + (row["target"] == "confirming"),
            "intention": None,
        }
        return [change(payment, **(moved | columns)), insert("payment_transitions", row)]

    def close(self) -> None:
        """Close the connection and its loop."""
        self._runner.run(self._connection.close())
        self._runner.close()

    async def _run(self, statements: tuple[str, ...], end: str) -> None:
        await self._connection.execute("BEGIN")
        try:
            for statement in statements:
                await self._connection.execute(statement)
            await self._connection.execute(end)
        except asyncpg.PostgresError:
            await self._connection.execute("ROLLBACK")
            raise


@contextmanager
def sqlite_world(template: Path, folder: Path, *, foreign_keys: bool) -> Iterator[SqliteWorld]:
    """Seed a copy of a migrated file and open it."""
    file = shutil.copyfile(template, folder / f"world{int(foreign_keys)}.db")
    payments = asyncio.run(seed(f"sqlite:///{file}"))
    world = SqliteWorld(file, payments, foreign_keys=foreign_keys)
    try:
        yield world
    finally:
        world.close()


@contextmanager
def postgres_world(server: PostgresServer, template: str) -> Iterator[PostgresWorld]:
    """Seed a copy of a migrated database and connect to it."""
    with fresh_database(server, template) as url:
        world = PostgresWorld(url, asyncio.run(seed(url)))
        try:
            yield world
        finally:
            world.close()
