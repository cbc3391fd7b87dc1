"""What callers wrote in their own words may be erased from what is over, and nothing else may."""

from orchestrator.store.migrations.sql import run_sql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let descriptions and metadata leave, and nothing come in their place."""
    run_sql("0011_erasure")


def downgrade() -> None:
    """Refuse that again; what was erased stays erased."""
    run_sql("0011_down")
