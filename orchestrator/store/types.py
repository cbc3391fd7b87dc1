"""Column types that read the same from PostgreSQL and from SQLite's STRICT tables."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from orchestrator.chain import instant


class _SqliteMoment(TypeDecorator[datetime]):
    """A UTC moment as text of one width, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return instant(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value).astimezone(UTC) if value is not None else None


class _SqliteFlag(TypeDecorator[bool]):
    """A boolean as 0 or 1."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return int(value) if value is not None else None

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return bool(value) if value is not None else None


class _SqliteDocument(TypeDecorator[Any]):
    """A JSON document as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return orjson.dumps(value).decode() if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return orjson.loads(value) if value is not None else None


MOMENT: TypeEngine[datetime] = DateTime(timezone=True).with_variant(_SqliteMoment(), "sqlite")
FLAG: TypeEngine[bool] = Boolean().with_variant(_SqliteFlag(), "sqlite")
# none_as_null: otherwise a missing document is stored as JSON's own null, which is not SQL's.
DOCUMENT: TypeEngine[Any] = JSONB(none_as_null=True).with_variant(_SqliteDocument(), "sqlite")
BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
