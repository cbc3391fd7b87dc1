"""Each try to take a payment's money: opened by a row of its history, and one at a time."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import DOCUMENT, MOMENT

attempts = Table(
    "attempts",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("payment_method", Text),
    Column("stripe_key", Text, unique=True),
    Column("parameters", DOCUMENT),
    Column("opened_at", MOMENT, nullable=False),
    Column("closed_at", MOMENT),
    Column("closed_by", Text),
    Column("charge", Text, unique=True),
    CheckConstraint("event = 'confirm'", name="event_is_confirm"),
    CheckConstraint("number >= 1", name="number_from_one"),
    CheckConstraint("origin in ('server','browser')", name="origin_known"),
    CheckConstraint("(closed_at is null) = (closed_by is null)", name="closed_has_cause"),
    CheckConstraint(
        "closed_by is null or closed_by in ('outcome','abandoned','not_run','canceled')",
        name="closed_by_known",
    ),
    CheckConstraint("origin = 'server' or closed_at is not null", name="browser_is_closed"),
    CheckConstraint("charge is null or closed_at is not null", name="open_has_no_charge"),
    CheckConstraint(
        "origin = 'browser' or (stripe_key is not null and parameters is not null)",
        name="server_can_resend",
    ),
    ForeignKeyConstraint(
        ["payment_id", "sequence", "event", "number"],
        [
            "payment_transitions.payment_id",
            "payment_transitions.sequence",
            "payment_transitions.event",
            "payment_transitions.attempt",
        ],
        name="fk_attempts_confirm",
    ),
    Index(
        "uq_attempts_one_open",
        "payment_id",
        unique=True,
        postgresql_where=text("closed_at is null"),
        sqlite_where=text("closed_at is null"),
    ),
    **SQLITE,
)
