"""Which Stripe this database is for: test or live, once and for all."""

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata

deployment = Table(
    "deployment",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("mode", Text, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    CheckConstraint("mode in ('test','live')", name="mode_known"),
    **SQLITE,
)
