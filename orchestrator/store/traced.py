"""A database whose every phase is a span, named after the store function that it runs."""

from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator import tracing
from orchestrator.store.connections import Database

Result = TypeVar("Result")


class TracedDatabase:
    """Stands before a database where spans are asked for; adds nothing but them."""

    def __init__(self, database: Database) -> None:
        """Stand before a database."""
        self.dialect = database.dialect
        self._database = database

    async def read(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function that only reads."""
        with self._span("read", function):
            return await self._database.read(function, *arguments)

    async def write(
        self, function: Callable[..., Result], *arguments: Any, one_statement: bool = False
    ) -> Result:
        """Run a function in one transaction."""
        with self._span("write", function):
            return await self._database.write(function, *arguments, one_statement=one_statement)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    def _span(self, kind: str, function: Callable[..., Any]) -> Any:
        name = f"{kind} {phase_of(function)}"
        return tracing.span(name, db__system__name=self.dialect, db__operation__name=kind)


def phase_of(function: Callable[..., Any]) -> str:
    """Name a store function; one that reads a single row goes by how it reads it."""
    named = function if hasattr(function, "__name__") else getattr(function, "_read", None)
    return str(getattr(named, "__name__", "statement")).lstrip("_")
