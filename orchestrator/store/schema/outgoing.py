"""What we tell others: the feed, where its events wait for a place, and who gets them sent."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import BIG, DOCUMENT, MOMENT

# What has happened and has no place in the feed yet: a trigger fills it with each history row.
outbox = Table(
    "outbox",
    metadata,
    Column("occurred_at", MOMENT, primary_key=True),
    Column("payment_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    **SQLITE,
)

# Whoever holds the one row gives out the feed's places; nobody else does meanwhile.
feed_turn = Table(
    "feed_turn",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("single = 1", name="one_row"),
    **SQLITE,
)

# The feed: the place of each history row among all, given after it was committed.
events = Table(
    "events",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("payment_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("occurred_at", MOMENT, nullable=False),
    UniqueConstraint("payment_id", "sequence", name="uq_events_transition"),
    CheckConstraint("position >= 1", name="position_from_one"),
    ForeignKeyConstraint(
        ["payment_id", "sequence"],
        ["payment_transitions.payment_id", "payment_transitions.sequence"],
        name="fk_events_transition",
    ),
    Index("ix_events_owner", "owner", "position"),
    **SQLITE,
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    # Whose events it gets; null is everybody's.
    Column("owner", Text),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("event_types", DOCUMENT, nullable=False),
    # As it is: a signature is made with it. See docs/operating.md for what protects it.
    Column("secret", Text),
    Column("secret_version", Integer, nullable=False),
    Column("previous_secret", Text),
    Column("previous_secret_until", MOMENT),
    Column("state", Text, nullable=False),
    Column("disabled_reason", Text),
    Column("failures", Integer, nullable=False),
    Column("failing_since", MOMENT),
    Column("created_by", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    CheckConstraint("state in ('enabled','disabled','deleted')", name="state_known"),
    CheckConstraint(
        "(state = 'disabled') = (disabled_reason is not null)", name="disabled_has_reason"
    ),
    CheckConstraint("(state = 'deleted') = (secret is null)", name="deleted_has_no_secret"),
    CheckConstraint(
        "(previous_secret is null) = (previous_secret_until is null) "
        "and (previous_secret is null or secret is not null)",
        name="previous_ends",
    ),
    CheckConstraint(
        "(failures = 0) = (failing_since is null) and failures >= 0", name="failing_since"
    ),
    Index("ix_webhook_endpoints_created", "created_at", "id"),
    **SQLITE,
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint_id", Text, nullable=False),
    Column("payment_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", MOMENT),
    Column("lease_until", MOMENT),
    Column("lease_owner", Text),
    Column("last_tried_at", MOMENT),
    Column("last_status", Integer),
    Column("last_error", Text),
    # Of the replay that asked for it; null where it came with the event.
    Column("request_id", Text),
    Column("created_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    CheckConstraint("state in ('pending','delivered','failed')", name="state_known"),
    CheckConstraint(
        "(state = 'pending') = (due_at is not null) and (state = 'pending') = (ended_at is null)",
        name="pending_is_due",
    ),
    CheckConstraint("tries >= 0 and (tries = 0) = (last_tried_at is null)", name="tried"),
    ForeignKeyConstraint(
        ["endpoint_id"], ["webhook_endpoints.id"], name="fk_webhook_deliveries_endpoint"
    ),
    ForeignKeyConstraint(
        ["payment_id", "sequence"],
        ["events.payment_id", "events.sequence"],
        name="fk_webhook_deliveries_event",
    ),
    Index(
        "ix_webhook_deliveries_due",
        "due_at",
        postgresql_where=text("due_at is not null"),
        sqlite_where=text("due_at is not null"),
    ),
    Index("ix_webhook_deliveries_endpoint", "endpoint_id", "created_at", "id"),
    Index("ix_webhook_deliveries_payment", "payment_id", "sequence"),
    Index(
        "ix_webhook_deliveries_request",
        "request_id",
        postgresql_where=text("request_id is not null"),
        sqlite_where=text("request_id is not null"),
    ),
    Index(
        "uq_webhook_deliveries_once",
        "endpoint_id",
        "payment_id",
        "sequence",
        unique=True,
        postgresql_where=text("request_id is null"),
        sqlite_where=text("request_id is null"),
    ),
    **SQLITE,
)
