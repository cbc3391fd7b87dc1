"""Statements that are a transaction of their own and answer with at most one row.

They make up the hot path. On SQLite they are functions of a connection like any other; for
PostgreSQL each is compiled once and handed to the driver itself, at less than half the CPU.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import asyncpg
import orjson
from sqlalchemy import Connection, Executable, Select
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool, PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

Result = TypeVar("Result")
Row = Sequence[Any]
Parameters = dict[str, Any]
Process = Callable[[Any], Any]


def write_json(value: Any) -> str:
    """Write a JSON column's value as PostgreSQL is sent it."""
    return orjson.dumps(value).decode()


_DIALECT: Final = asyncpg_dialect.dialect(  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    json_serializer=write_json, json_deserializer=orjson.loads
)
# What the driver raises of its own; a lost connection's OSError passes as it is.
_DRIVER_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# A connection that is being closed, or leads to a server that takes no writes any more.
_ENDING: Final = frozenset({"25006", "57P01", "57P02", "57P03", "57P05"})


class OneRow(Generic[Result]):
    """A store function that sends one statement and reads one row, or null where there is none."""

    def __init__(
        self,
        statement: Executable,
        parameters: Callable[..., Parameters],
        read: Callable[[Row | None], Result],
    ) -> None:
        """Pair a statement with how its parameters are made and how its row is read."""
        self._statement = statement
        self._parameters = parameters
        self._read = read

    def __call__(self, connection: Connection, *arguments: Any) -> Result:
        """Run through SQLAlchemy."""
        row = connection.execute(self._statement, self._parameters(*arguments)).one_or_none()
        return self._read(row)

    async def fetch(
        self, pool: Pool, arguments: tuple[Any, ...], seconds: float | None = None
    ) -> Result:
        """Run on a connection of the pool, past SQLAlchemy; the statement commits by itself.

        A connection that has not answered after ``seconds`` is given up.

        Raises:
            DBAPIError: the database refused it, as SQLAlchemy would have said.
        """
        values = self._prepared.order(self._parameters(*arguments))
        connection = await _check_out(pool)
        driver: Any = connection.driver_connection
        watch = given_up_after(driver, seconds)
        try:
            row = await driver.fetchrow(self._prepared.text, *values)
        except _DRIVER_ERRORS as exc:
            # Only what the server itself refused leaves the connection as it was.
            refused = isinstance(exc, asyncpg.PostgresError) and exc.sqlstate not in _ENDING
            closed = driver.is_closed() or not refused
            connection.invalidate(exc) if closed else connection.close()
            raise DBAPIError(self._prepared.text, None, exc, connection_invalidated=closed) from exc
        except BaseException as exc:
            # Cancelled or cut off: nobody knows in what state the connection is.
            connection.invalidate(exc)
            raise
        finally:
            if watch is not None:
                watch.cancel()
        connection.close()
        return self._read(None if row is None else self._prepared.decode(row))

    @cached_property
    def _prepared(self) -> "_Prepared":
        return _Prepared(self._statement)


def one_row(
    statement: Executable, *names: str
) -> Callable[[Callable[[Row | None], Result]], OneRow[Result]]:
    """Make a store function of what reads the statement's row; ``names`` are its arguments."""

    def made(read: Callable[[Row | None], Result]) -> OneRow[Result]:
        return OneRow(statement, lambda *arguments: dict(zip(names, arguments, strict=True)), read)

    return made


class _Prepared:
    """A statement as the driver takes it: numbered parameters, and JSON as text."""

    def __init__(self, statement: Executable) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # all can
        self.text = str(compiled)
        self._names: list[str] = compiled.positiontup
        self._constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        processes = [compiled.binds[name].type.dialect_impl(_DIALECT) for name in self._names]
        self._encoders = _present(kind.bind_processor(_DIALECT) for kind in processes)
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        impls = [column.type.dialect_impl(_DIALECT) for column in columns]
        self._decoders = _present(kind.result_processor(_DIALECT, None) for kind in impls)

    def order(self, parameters: Parameters) -> list[Any]:
        """Return the parameters' values in the order of their numbers."""
        given = {**self._constants, **parameters}
        values = [given[name] for name in self._names]
        for index, encode in self._encoders:
            values[index] = encode(values[index])
        return values

    def decode(self, record: Row) -> Row:
        """Return a record's values, documents read."""
        values = list(record)
        for index, decode in self._decoders:
            values[index] = decode(values[index])
        return values


def given_up_after(driver: Any, seconds: float | None) -> asyncio.TimerHandle | None:
    """Cut a connection off after ``seconds``; whoever waits for it gets a lost connection.

    The driver's own time-out would cancel the statement at the server. A COMMIT that waits for a
    standby counts as done then, is seen by everybody, and would be lost with the primary.
    """
    if seconds is None:
        return None
    return asyncio.get_running_loop().call_later(seconds, driver.terminate)


async def _check_out(pool: Pool) -> PoolProxiedConnection:
    """Take a connection that is open: the server may have closed those that lay idle."""
    while True:
        try:
            connection: PoolProxiedConnection = await greenlet_spawn(pool.connect)
        except asyncpg_dialect.AsyncAdapt_asyncpg_dbapi.Error as exc:
            # Raised past SQLAlchemy's own translation: no room for another connection, say.
            raise DBAPIError(None, None, exc) from exc
        driver: Any = connection.driver_connection
        if not driver.is_closed():
            return connection
        connection.invalidate()


def _present(processes: Any) -> list[tuple[int, Process]]:
    return [(index, process) for index, process in enumerate(processes) if process is not None]


__all__ = ["OneRow", "given_up_after", "one_row", "write_json"]
