"""The tables, with every rule that a constraint can hold; the migrations hold the triggers.

Read ``payments`` and ``payment_transitions`` first: a payment's (version, state, hash) is its last
history row's, each history row's source is the row before's target, and each takes an edge of
``legal_edges``. So what is stored is always a path of the machine.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from orchestrator.chain import GENESIS
from orchestrator.store.types import BIG, DOCUMENT, FLAG, MOMENT

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)
sqlite_metadata = MetaData(naming_convention=_NAMES)

# Without rowids: a row replaced by its rowid would pass every trigger that looks for its key.
_SQLITE: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_STATES = "'created','confirming','succeeded','requires_new_card','card_disabled','failed'"

legal_edges = Table(
    "legal_edges",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    CheckConstraint("source <> target", name="moves"),
    **_SQLITE,
)

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
    **_SQLITE,
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
    **_SQLITE,
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
    **_SQLITE,
)

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
    **_SQLITE,
)

# Whose customer a ``cus_…`` is. Its name and address are Stripe's alone.
customers = Table(
    "customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    **_SQLITE,
)

cards = Table(
    "cards",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("payment_method", Text, primary_key=True),
    Column("fingerprint", Text),
    Column("brand", Text),
    Column("last4", Text),
    Column("exp_month", Integer),
    Column("exp_year", Integer),
    Column("seen_at", MOMENT, nullable=False),
    # Whose it was when it was seen: a payment of another customer's cannot take it.
    Column("customer", Text),
    Index("ix_cards_payment_method", "payment_method"),
    **_SQLITE,
)

card_disablements = Table(
    "card_disablements",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("scope_key", Text, primary_key=True),
    Column("disabled_at", MOMENT, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("payment_method", Text, nullable=False),
    Column("payment_id", Text),
    Column("reason", Text, nullable=False),
    Column("enabled_at", MOMENT),
    Column("enabled_reason", Text),
    # Who disabled it by hand; where a payment did, its history tells who.
    Column("actor_kind", Text),
    Column("actor_id", Text),
    Column("request_id", Text),
    Column("enabled_actor_kind", Text),
    Column("enabled_actor_id", Text),
    Column("enabled_request_id", Text),
    CheckConstraint("payment_id is not null or actor_kind is not null", name="has_cause"),
    CheckConstraint(
        "actor_kind is null or actor_kind in ('api_key','operator','stripe')", name="actor_known"
    ),
    CheckConstraint(
        "enabled_at is null or (enabled_reason is not null and enabled_actor_kind is not null)",
        name="enabled_by_somebody",
    ),
    CheckConstraint(
        "enabled_actor_kind is null or enabled_actor_kind in ('api_key','operator')",
        name="enabler_known",
    ),
    CheckConstraint(
        "scope in ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint',"
        "'payment_method')",
        name="scope_known",
    ),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_card_disablements_payment"),
    Index("ix_card_disablements_payment_method", "payment_method"),
    Index(
        "uq_card_disablements_active",
        "owner",
        "scope_key",
        unique=True,
        postgresql_where=text("enabled_at is null"),
        sqlite_where=text("enabled_at is null"),
    ),
    **_SQLITE,
)

# How charges on a card ended, whichever payment and owner they were of: what networks count.
card_outcomes = Table(
    "card_outcomes",
    metadata,
    Column("charge", Text, primary_key=True),
    Column("payment_id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("approved", FLAG, nullable=False),
    Column("noted_at", MOMENT, nullable=False),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_card_outcomes_payment"),
    Index("ix_card_outcomes_fingerprint", "fingerprint", "noted_at", "approved"),
    **_SQLITE,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("request_digest", Text, nullable=False),
    Column("payment_id", Text),
    Column("attempt", Integer),
    Column("created_at", MOMENT, nullable=False),
    # The customer or card that a key stands for, where it is no payment.
    Column("resource", Text),
    CheckConstraint("(payment_id is null) <> (resource is null)", name="stands_for_one"),
    ForeignKeyConstraint(
        ["payment_id"],
        ["payments.id"],
        name="fk_idempotency_keys_payment",
        deferrable=True,
        initially="DEFERRED",
    ),
    **_SQLITE,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT),
    Column("revoked_at", MOMENT),
    CheckConstraint("scope in ('payments','audit','admin')", name="scope_known"),
    **_SQLITE,
)

anomalies = Table(
    "anomalies",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("noted_at", MOMENT, primary_key=True),
    Column("detail", Text, nullable=False),
    Column("evidence", Integer),
    ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_anomalies_payment"),
    **_SQLITE,
)

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
    **_SQLITE,
)

# Until when Stripe's own list of events has been read, and when it is read next.
catch_up = Table(
    "catch_up",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("seen_until", MOMENT, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    **_SQLITE,
)

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
    **_SQLITE,
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
    **_SQLITE,
)

# What has happened and has no place in the feed yet: a trigger fills it with each history row.
outbox = Table(
    "outbox",
    metadata,
    Column("occurred_at", MOMENT, primary_key=True),
    Column("payment_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    **_SQLITE,
)

# Whoever holds the one row gives out the feed's places; nobody else does meanwhile.
feed_turn = Table(
    "feed_turn",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("single = 1", name="one_row"),
    **_SQLITE,
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
    **_SQLITE,
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
    **_SQLITE,
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
    **_SQLITE,
)

deployment = Table(
    "deployment",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("mode", Text, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
    CheckConstraint("mode in ('test','live')", name="mode_known"),
    **_SQLITE,
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
    **_SQLITE,
)


def metadata_of(dialect: str) -> list[MetaData]:
    """Return what a database of this dialect holds."""
    return [metadata, sqlite_metadata] if dialect == "sqlite" else [metadata]
