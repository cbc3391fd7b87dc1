"""How a payment came to be where it is: its history, and what of Stripe's it rests on.

Each history row's source is the row before's target, and each takes an edge of ``legal_edges``.
No row here is ever rewritten.
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

from orchestrator.chain import GENESIS
from orchestrator.store.schema.base import SQLITE, metadata, sqlite_metadata
from orchestrator.store.types import DOCUMENT, FLAG, MOMENT

legal_edges = Table(
    "legal_edges",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    CheckConstraint("source <> target", name="moves"),
    **SQLITE,
)

payment_transitions = Table(
    "payment_transitions",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("source", Text),
    Column("event", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("prev_sequence", Integer, Computed("nullif(sequence - 1, 0)", persisted=True)),
    Column("attempt", Integer),
    Column("handler", Text),
    Column("handler_error", Text),
    Column("completed", FLAG),
    Column("requires_retry", FLAG),
    Column("code", Text),
    Column("decline_code", Text),
    Column("reason", Text),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text),
    Column("request_id", Text),
    Column("stripe_request_id", Text),
    Column("stripe_event_id", Text),
    Column("evidence", Integer),
    Column("evidence_status", Text),
    Column("facts_hash", Text),
    Column("machine_version", Text, nullable=False),
    Column("rules_version", Text, nullable=False),
    Column("application_version", Text, nullable=False),
    Column("occurred_at", MOMENT, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint(
        "payment_id", "sequence", "target", "hash", name="uq_payment_transitions_head"
    ),
    UniqueConstraint(
        "payment_id", "sequence", "event", "attempt", name="uq_payment_transitions_event"
    ),
    CheckConstraint("sequence >= 1", name="sequence_from_one"),
    CheckConstraint(f"sequence > 1 or previous_hash = '{GENESIS}'", name="chain_begins"),
    CheckConstraint(
        "(sequence = 1) = (source is null) and (sequence = 1) = (event = 'create')",
        name="create_is_first",
    ),
    CheckConstraint("event <> 'create' or target = 'created'", name="create_gives_created"),
    CheckConstraint("(event = 'create') = (facts_hash is not null)", name="create_has_facts"),
    CheckConstraint(
        "event <> 'confirm' or (attempt is not null and attempt >= 1)", name="confirm_has_attempt"
    ),
    CheckConstraint(
        "target <> 'succeeded' or (evidence is not null and evidence_status = 'succeeded' "
        "and evidence_status is not null)",
        name="success_is_proven",
    ),
    CheckConstraint(
        "target <> 'failed' or (evidence is not null and evidence_status = 'canceled' "
        "and evidence_status is not null)",
        name="failure_is_proven",
    ),
    CheckConstraint("actor_kind in ('api_key','stripe','worker','operator')", name="actor_known"),
    ForeignKeyConstraint(
        ["source", "event", "target"],
        ["legal_edges.source", "legal_edges.event", "legal_edges.target"],
        name="fk_payment_transitions_edge",
    ),
    ForeignKeyConstraint(
        ["payment_id", "prev_sequence", "source", "previous_hash"],
        [
            "payment_transitions.payment_id",
            "payment_transitions.sequence",
            "payment_transitions.target",
            "payment_transitions.hash",
        ],
        name="fk_payment_transitions_previous",
    ),
    ForeignKeyConstraint(
        ["payment_id"],
        ["payments.id"],
        name="fk_payment_transitions_payment",
        deferrable=True,
        initially="DEFERRED",
    ),
    ForeignKeyConstraint(
        ["payment_id", "evidence"],
        ["evidence.payment_id", "evidence.sequence"],
        name="fk_payment_transitions_evidence",
    ),
    ForeignKeyConstraint(
        ["payment_id", "evidence", "evidence_status"],
        ["evidence.payment_id", "evidence.sequence", "evidence.intent_status"],
        name="fk_payment_transitions_evidence_status",
    ),
    # A code stands in one of the two: rows with a decline code are looked for by that alone.
    Index(
        "ix_payment_transitions_decline_code",
        "decline_code",
        "occurred_at",
        "payment_id",
        "sequence",
        postgresql_where=text("decline_code is not null"),
        sqlite_where=text("decline_code is not null"),
    ),
    Index(
        "ix_payment_transitions_code",
        "code",
        "occurred_at",
        "payment_id",
        "sequence",
        postgresql_where=text("code is not null and decline_code is null"),
        sqlite_where=text("code is not null and decline_code is null"),
    ),
    **SQLITE,
)

evidence = Table(
    "evidence",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("prev_sequence", Integer, Computed("nullif(sequence - 1, 0)", persisted=True)),
    Column("kind", Text, nullable=False),
    Column("attempt", Integer),
    Column("intent_status", Text),
    Column("outcome_charge", Text, unique=True),
    Column("code", Text),
    Column("decline_code", Text),
    Column("stripe_request_id", Text),
    Column("stripe_event_id", Text),
    Column("payload", DOCUMENT, nullable=False),
    Column("application_version", Text, nullable=False),
    Column("observed_at", MOMENT, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("payment_id", "sequence", "hash", name="uq_evidence_head"),
    UniqueConstraint("payment_id", "sequence", "intent_status", name="uq_evidence_status"),
    CheckConstraint("sequence >= 1", name="sequence_from_one"),
    CheckConstraint(f"sequence > 1 or previous_hash = '{GENESIS}'", name="chain_begins"),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_evidence_payment"),
    ForeignKeyConstraint(
        ["payment_id", "prev_sequence", "previous_hash"],
        ["evidence.payment_id", "evidence.sequence", "evidence.hash"],
        name="fk_evidence_previous",
    ),
    **SQLITE,
)

# On SQLite alone, whose triggers cannot wait for the end of a transaction: a payment's first
# history row stands here until the insert of the payment takes it over, so that neither is ever
# without the other. The migration has its constraints.
payment_beginnings = Table(
    "payment_beginnings",
    sqlite_metadata,
    *[
        Column(
            column.name,
            column.type,
            primary_key=column.name == "payment_id",
            nullable=column.nullable and column.name != "facts_hash",
        )
        for column in payment_transitions.c
        if column.computed is None
    ],
    **SQLITE,
)
