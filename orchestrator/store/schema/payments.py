"""What a payment is: one row, which only a row of its history moves.

Its (version, state, hash) is its last history row's, so that what is stored is always a path of
the machine. The rules that one row alone cannot show are triggers, in the migrations.
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
    text,
)

from orchestrator.chain import GENESIS
from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import BIG, DOCUMENT, FLAG, MOMENT

_STATES = "'created','confirming','succeeded','requires_new_card','card_disabled','failed'"

payments = Table(
    "payments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", Text, nullable=False),
    Column("customer", Text),
    Column("item_ids", DOCUMENT, nullable=False),
    Column("transaction_id", Text),
    Column("description", Text),
    Column("metadata", DOCUMENT, nullable=False),
    Column("setup_future_usage", Text),
    Column("capture_method", Text, nullable=False, server_default="automatic"),
    Column("payment_intent", Text, nullable=False, unique=True),
    Column("max_attempts", Integer, nullable=False),
    Column("attempts_used", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("evidence_count", Integer, nullable=False),
    Column("evidence_hash", Text, nullable=False),
    Column(
        "evidence_head",
        Integer,
        Computed("nullif(evidence_count, 0)", persisted=True),
    ),
    Column(
        "handled",
        FLAG,
        Computed("state in ('succeeded','failed')", persisted=True),
        nullable=False,
    ),
    Column("intention", DOCUMENT),
    Column("settling", DOCUMENT, nullable=False),
    Column("last_outcome", DOCUMENT),
    Column("next_action", DOCUMENT),
    Column("failure_reason", Text),
    Column("excluded_cards", DOCUMENT, nullable=False),
    # What the records beside add up to; a trigger keeps both, and refuses any other figure.
    Column("amount_refunded", BIG, nullable=False, server_default=text("0")),
    Column("amount_disputed", BIG, nullable=False, server_default=text("0")),
    Column("due_at", MOMENT),
    Column("deadline_at", MOMENT),
    Column("lease_until", MOMENT),
    Column("lease_owner", Text),
    Column("expires_at", MOMENT, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("capture_method in ('automatic','manual')", name="capture_method_known"),
    CheckConstraint("max_attempts between 1 and 10", name="max_attempts_range"),
    CheckConstraint("attempts_used between 0 and max_attempts", name="attempts_bounded"),
    CheckConstraint("version >= 1", name="version_from_one"),
    CheckConstraint("version > 1 or attempts_used = 0", name="begins_unspent"),
    CheckConstraint(
        f"evidence_count > 0 or (evidence_count = 0 and evidence_hash = '{GENESIS}')",
        name="evidence_begins",
    ),
    CheckConstraint(f"state in ({_STATES})", name="state_known"),
    CheckConstraint(
        "state not in ('created','requires_new_card','card_disabled') "
        "or attempts_used < max_attempts",
        name="waiting_has_attempt",
    ),
    CheckConstraint(
        "state in ('succeeded','failed') or due_at is not null", name="unhandled_is_due"
    ),
    CheckConstraint(
        "state not in ('succeeded','failed') or intention is null", name="handled_has_no_intention"
    ),
    ForeignKeyConstraint(
        ["id", "version", "state", "last_hash"],
        [
            "payment_transitions.payment_id",
            "payment_transitions.sequence",
            "payment_transitions.target",
            "payment_transitions.hash",
        ],
        name="fk_payments_head",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
    ForeignKeyConstraint(
        ["id", "evidence_head", "evidence_hash"],
        ["evidence.payment_id", "evidence.sequence", "evidence.hash"],
        name="fk_payments_evidence_head",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
    Index(
        "ix_payments_due",
        "due_at",
        postgresql_where=text("due_at is not null"),
        sqlite_where=text("due_at is not null"),
    ),
    Index("ix_payments_owner", "owner", "created_at", "id"),
    Index("ix_payments_created", "created_at", "id"),
    Index("ix_payments_state", "state", "created_at", "id"),
    Index(
        "ix_payments_customer",
        "customer",
        "created_at",
        "id",
        postgresql_where=text("customer is not null"),
        sqlite_where=text("customer is not null"),
    ),
    Index(
        "ix_payments_transaction",
        "transaction_id",
        "created_at",
        "id",
        postgresql_where=text("transaction_id is not null"),
        sqlite_where=text("transaction_id is not null"),
    ),
    **SQLITE,
)
