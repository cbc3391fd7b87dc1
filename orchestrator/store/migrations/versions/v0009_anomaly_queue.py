"""Anomalies that name no payment, and what people make of each: whose it is, how it ended."""

from hashlib import sha256

from alembic import op

from orchestrator.store.migrations.sql import run_sql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each anomaly an id, and the intent that it is about; add what is noted of it."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        # PostgreSQL has a function of this kind, SQLite has none.
        driver = bind.connection.driver_connection
        assert driver is not None, "a migration runs on an open connection"
        driver.create_function("sha256_hex", 1, _sha256_hex)
    run_sql("0009_anomaly_queue")


def downgrade() -> None:
    """Take the notes away, and the anomalies of no payment, which 0008 cannot hold."""
    run_sql("0009_down")


def _sha256_hex(value: str) -> str:
    return sha256(value.encode()).hexdigest()
