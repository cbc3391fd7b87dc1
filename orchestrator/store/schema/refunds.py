"""Money that went back, and money that a customer has asked back: beside the payment."""

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
from orchestrator.store.types import BIG, DOCUMENT, MOMENT

# Money that went back, and money that a customer has asked back from the bank: beside the payment,
# which they never move. See ``orchestrator.refunds``.
refunds = Table(
    "refunds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text),
    Column("metadata", DOCUMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure_reason", Text),
    Column("stripe_refund", Text, unique=True),
    # Of our own: the request as it was sent first, so that any process can send it again.
    Column("stripe_key", Text, unique=True),
    Column("parameters", DOCUMENT),
    Column("origin", Text, nullable=False),
    Column("actor_kind", Text),
    Column("actor_id", Text),
    Column("request_id", Text),
    Column("tries", Integer, nullable=False),
    Column("due_at", MOMENT),
    Column("lease_until", MOMENT),
    Column("lease_owner", Text),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("state in ('pending','succeeded','failed')", name="state_known"),
    CheckConstraint("origin in ('api','stripe')", name="origin_known"),
    CheckConstraint(
        "(origin = 'api') = (stripe_key is not null) "
        "and (origin = 'api') = (parameters is not null) "
        "and (origin = 'api') = (actor_kind is not null)",
        name="ours_can_be_sent_again",
    ),
    CheckConstraint(
        "stripe_refund is not null or (origin = 'api' and state <> 'succeeded')",
        name="known_at_stripe",
    ),
    CheckConstraint("failure_reason is null or state = 'failed'", name="only_failed_has_reason"),
    CheckConstraint("(state = 'pending') = (due_at is not null)", name="pending_is_due"),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment"),
    Index("ix_refunds_payment", "payment_id", "created_at", "id"),
    Index(
        "ix_refunds_due",
        "due_at",
        postgresql_where=text("due_at is not null"),
        sqlite_where=text("due_at is not null"),
    ),
    **SQLITE,
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text),
    Column("status", Text, nullable=False),
    Column("evidence_due_at", MOMENT),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_disputes_payment"),
    Index("ix_disputes_payment", "payment_id", "created_at", "id"),
    **SQLITE,
)
