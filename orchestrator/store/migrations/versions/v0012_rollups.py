"""What happened, counted by hour and day, for pages that nobody waits for."""

from orchestrator.store.migrations.sql import run_sql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the counts, and begin at the feed's first place: a worker counts what there is."""
    run_sql("0012_rollups")


def downgrade() -> None:
    """Take the counts away; the history still says all of it."""
    run_sql("0012_down")
