"""Whose cards there are, which of them are out of use, and how charges on them ended."""

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
from orchestrator.store.types import FLAG, MOMENT

# Whose customer a ``cus_…`` is. Its name and address are Stripe's alone.
customers = Table(
    "customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    **SQLITE,
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
    **SQLITE,
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
    **SQLITE,
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
    **SQLITE,
)
