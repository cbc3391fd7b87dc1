"""What all tables share: where they are collected, how rules are named, what SQLite is told."""

from typing import Any

from sqlalchemy import MetaData

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)
# What a database of SQLite holds besides.
sqlite_metadata = MetaData(naming_convention=_NAMES)

# Without rowids: a row replaced by its rowid would pass every trigger that looks for its key.
SQLITE: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def metadata_of(dialect: str) -> list[MetaData]:
    """Return what a database of this dialect holds."""
    return [metadata, sqlite_metadata] if dialect == "sqlite" else [metadata]
