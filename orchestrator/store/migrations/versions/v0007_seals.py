"""Seals, the leaves that their roots are over, and whose turn it is to seal."""

from orchestrator.store.migrations.sql import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and their rules."""
    run_sql("0007_seals")


def downgrade() -> None:
    """Take it all away; whoever keeps seals elsewhere keeps them."""
    run_sql("0007_down")
