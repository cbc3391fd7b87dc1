"""Who is signed in to the auditors' console: a browser's token, kept as its digest alone."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import MOMENT

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("token_digest", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("last_seen_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    CheckConstraint("length(token_digest) = 64", name="digest_is_whole"),
    CheckConstraint(
        "created_at <= last_seen_at and last_seen_at <= expires_at and created_at < expires_at",
        name="seen_in_its_time",
    ),
    ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_console_sessions_key"),
    Index("ix_console_sessions_expires", "expires_at"),
    **SQLITE,
)
