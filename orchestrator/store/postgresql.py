"""PostgreSQL through asyncpg: one engine that commits each statement, one for transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from orchestrator.store.limits import Limits
from orchestrator.store.one_row import OneRow, given_up_after, write_json
from orchestrator.store.primary import Primary

Result = TypeVar("Result")


class PostgresDatabase:
    """The store functions' way to PostgreSQL."""

    dialect = "postgresql"

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        """Open no connection yet."""
        limits = limits or Limits()
        self._seconds = limits.command_seconds
        connect_args: dict[str, Any] = {
            "server_settings": limits.server_settings,
            "async_creator_fn": Primary(limits.connect_seconds),
        }
        common: dict[str, Any] = {
            "json_serializer": write_json,
            "json_deserializer": orjson.loads,
            "pool_pre_ping": False,
            "pool_timeout": limits.pool_seconds,
            "max_overflow": limits.pool_overflow,
            # An error's words reach the log; the values it was about must not.
            "hide_parameters": True,
        }
        # Most of our writes are one statement: it is its own transaction, so the pool has nothing
        # to roll back when the connection returns.
        self._statements: AsyncEngine = create_async_engine(
            make_url(url),
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            pool_size=limits.pool_size,
            connect_args=connect_args,
            **common,
        )
        # Transactions are rare, so each may first ask whether its connection is still there; the
        # driver's own limit is for that question alone, ours is over first everywhere else.
        patience = {"command_timeout": self._seconds * 2} if self._seconds else {}
        self._transactions: AsyncEngine = create_async_engine(
            make_url(url),
            pool_size=limits.transactions_size,
            connect_args={**connect_args, **patience},
            **{**common, "pool_pre_ping": True},
        )

    async def read(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function that only reads."""
        if isinstance(function, OneRow):
            result: Result = await function.fetch(self._statements.pool, arguments, self._seconds)
            return result
        async with self._statements.connect() as connection:
            with self._in_time(connection):
                return await connection.run_sync(function, *arguments)

    async def write(
        self, function: Callable[..., Result], *arguments: Any, one_statement: bool = False
    ) -> Result:
        """Run a function in one transaction; a single statement needs no round trip for it."""
        if one_statement:
            return await self.read(function, *arguments)
        async with self._transactions.connect() as connection:
            # Outside of the transaction: its COMMIT must come in time as well.
            with self._in_time(connection):
                async with connection.begin():
                    return await connection.run_sync(function, *arguments)

    async def close(self) -> None:
        """Close every connection."""
        await self._statements.dispose()
        await self._transactions.dispose()

    @contextmanager
    def _in_time(self, connection: AsyncConnection) -> Iterator[None]:
        assert connection.sync_connection is not None, "it is open"
        driver: Any = connection.sync_connection.connection.driver_connection
        watch = given_up_after(driver, self._seconds)
        try:
            yield
        finally:
            if watch is not None:
                watch.cancel()


__all__ = ["PostgresDatabase"]
