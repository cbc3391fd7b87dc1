"""Who may call, by its key, and what was answered to a request, by the key that it carried."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, Table, Text

from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import MOMENT

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
    **SQLITE,
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
    **SQLITE,
)
