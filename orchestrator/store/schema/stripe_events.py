"""What Stripe told of, and how far its own list of that has been read."""

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
from orchestrator.store.types import DOCUMENT, FLAG, MOMENT

# What Stripe sent or was asked for: each a hint to look at its payment, and kept as it came but for
# the person's data in it. See ``orchestrator.webhooks``.
stripe_events = Table(
    "stripe_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("payment_intent", Text),
    Column("payment_id", Text),
    Column("livemode", FLAG, nullable=False),
    # The Idempotency-Key of the request that caused it: an attempt's own answer is known by it.
    Column("request_key", Text),
    Column("created_at", MOMENT, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("origin", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("projection", DOCUMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", MOMENT),
    Column("lease_until", MOMENT),
    Column("lease_owner", Text),
    Column("settled_at", MOMENT),
    CheckConstraint("origin in ('webhook','catch_up')", name="origin_known"),
    CheckConstraint("state in ('pending','unmatched','settled')", name="state_known"),
    CheckConstraint("state <> 'pending' or due_at is not null", name="pending_is_due"),
    CheckConstraint(
        "(state = 'settled') = (settled_at is not null) and (state <> 'settled' or due_at is null)",
        name="settled_is_done",
    ),
    CheckConstraint("state <> 'unmatched' or payment_id is null", name="unmatched_has_no_payment"),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_stripe_events_payment"),
    Index(
        "ix_stripe_events_due",
        "due_at",
        postgresql_where=text("due_at is not null"),
        sqlite_where=text("due_at is not null"),
    ),
    Index(
        "ix_stripe_events_unmatched",
        "received_at",
        "id",
        postgresql_where=text("state = 'unmatched'"),
        sqlite_where=text("state = 'unmatched'"),
    ),
    Index(
        "ix_stripe_events_payment",
        "payment_id",
        postgresql_where=text("payment_id is not null"),
        sqlite_where=text("payment_id is not null"),
    ),
    **SQLITE,
)

# Until when Stripe's own list of events has been read, and when it is read next.
catch_up = Table(
    "catch_up",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("seen_until", MOMENT, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    **SQLITE,
)
