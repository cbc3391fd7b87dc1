"""What people do, on record in one chain."""

from orchestrator.store.migrations.sql import run_sql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, its rules, and the row that says where the chain ends: nowhere yet."""
    run_sql("0008_actions")


def downgrade() -> None:
    """Take them away, with what was recorded."""
    run_sql("0008_down")
