"""What people did: one chain for all of it, and the one row that says where the chain ends."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import BIG, DOCUMENT, MOMENT

actions = Table(
    "actions",
    metadata,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("reason", Text),
    Column("details", DOCUMENT, nullable=False),
    Column("request_id", Text),
    Column("application_version", Text, nullable=False),
    Column("occurred_at", MOMENT, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("number >= 1", name="number_from_one"),
    CheckConstraint(
        "actor_kind in ('api_key','operator','worker','anonymous')", name="actor_known"
    ),
    CheckConstraint("(actor_kind = 'anonymous') = (actor_id is null)", name="actor_named"),
    Index("ix_actions_action", "action", "number"),
    Index("ix_actions_actor", "actor_id", "number"),
    Index("ix_actions_subject", "subject_id", "number"),
    **SQLITE,
)

# A trigger moves it with each action; whoever records one holds it meanwhile. Without it nobody
# could tell that the last actions were taken away.
action_head = Table(
    "action_head",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("number", BIG, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    **SQLITE,
)
