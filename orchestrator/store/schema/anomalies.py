"""What nobody expected and what must not move a payment, and what people make of it.

An anomaly is written once and stays as it was found. How it stands is the last of its notes: open
while it has none.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import MOMENT

anomalies = Table(
    "anomalies",
    metadata,
    # Derived from what it is about, where a comparison finds it: found twice, it is one row.
    Column("id", Text, primary_key=True),
    Column("payment_id", Text),
    Column("payment_intent", Text),
    Column("stripe_object", Text),
    Column("kind", Text, nullable=False),
    Column("noted_at", MOMENT, nullable=False),
    Column("detail", Text, nullable=False),
    Column("evidence", Integer),
    CheckConstraint(
        "coalesce(payment_id, payment_intent, stripe_object) is not null", name="about_something"
    ),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_anomalies_payment"),
    Index("ix_anomalies_noted", "noted_at", "id"),
    Index(
        "ix_anomalies_payment",
        "payment_id",
        "kind",
        postgresql_where=text("payment_id is not null"),
        sqlite_where=text("payment_id is not null"),
    ),
    **SQLITE,
)

anomaly_notes = Table(
    "anomaly_notes",
    metadata,
    Column("anomaly_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("prev_sequence", Integer, Computed("nullif(sequence - 1, 0)", persisted=True)),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text),
    Column("resolution", Text),
    Column("reason", Text),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text),
    Column("request_id", Text),
    Column("noted_at", MOMENT, nullable=False),
    UniqueConstraint("anomaly_id", "sequence", "state", name="uq_anomaly_notes_state"),
    CheckConstraint("sequence >= 1", name="sequence_from_one"),
    CheckConstraint("(sequence = 1) = (source = 'open')", name="open_is_first"),
    # No note goes on from a resolved one: what is resolved stays so.
    CheckConstraint("source in ('open','assigned')", name="source_known"),
    CheckConstraint("state in ('assigned','resolved')", name="state_known"),
    CheckConstraint("state <> 'assigned' or owner is not null", name="assigned_has_owner"),
    CheckConstraint(
        "(state = 'resolved') = (resolution is not null) "
        "and (state = 'resolved') = (reason is not null)",
        name="resolved_has_reason",
    ),
    CheckConstraint("actor_kind in ('api_key','operator')", name="actor_known"),
    ForeignKeyConstraint(["anomaly_id"], ["anomalies.id"], name="fk_anomaly_notes_anomaly"),
    ForeignKeyConstraint(
        ["anomaly_id", "prev_sequence", "source"],
        ["anomaly_notes.anomaly_id", "anomaly_notes.sequence", "anomaly_notes.state"],
        name="fk_anomaly_notes_previous",
    ),
    **SQLITE,
)
