"""What happened, counted: how often in each hour and day and ever, and how far the feed is counted.

Derived: whoever doubts a count counts the history again.
"""

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import BIG, MOMENT

rollups = Table(
    "rollups",
    metadata,
    Column("span", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("began_at", MOMENT, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("how_many", BIG, nullable=False),
    CheckConstraint("span in ('hour','day','ever')", name="span_known"),
    CheckConstraint("kind in ('entered','left','decline','retry')", name="kind_known"),
    CheckConstraint("how_many >= 1", name="counted"),
    **SQLITE,
)

# Whoever holds the one row counts on from its place in the feed; nobody else does meanwhile.
rollup_turn = Table(
    "rollup_turn",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("position", BIG, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    **SQLITE,
)
