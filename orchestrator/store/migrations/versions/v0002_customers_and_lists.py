"""Customers, cards disabled by hand, keys that stand for them, and lists that stay quick."""

from orchestrator.store.migrations.sql import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the customers, who disabled a card, what else a key may stand for, and indexes."""
    run_sql("0002_customers_and_lists")


def downgrade() -> None:
    """Take it all away; keys that stand for customers and cards go with it."""
    run_sql("0002_down")
