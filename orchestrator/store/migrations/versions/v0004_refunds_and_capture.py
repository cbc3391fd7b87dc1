"""Refunds, disputes and capture by hand: records beside a payment, and the sums of them on it."""

from orchestrator.store.migrations.sql import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the records, their rules, how a payment is captured, and the sums."""
    run_sql("0004_refunds_and_capture")


def downgrade() -> None:
    """Take it all away; Stripe keeps what was refunded and disputed."""
    run_sql("0004_down")
