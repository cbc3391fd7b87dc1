"""Who is signed in to the console, and the indexes its pages read by."""

from orchestrator.store.migrations.sql import run_sql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sessions and three indexes."""
    run_sql("0010_console")


def downgrade() -> None:
    """Take them away: everybody is signed out."""
    run_sql("0010_down")
