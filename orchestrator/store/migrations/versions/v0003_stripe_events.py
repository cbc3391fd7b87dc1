"""The inbox of Stripe's events, and how far they have been caught up with."""

from orchestrator.store.migrations.sql import run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the inbox and the mark of the last catch-up."""
    run_sql("0003_stripe_events")


def downgrade() -> None:
    """Take both away; Stripe keeps its events for thirty days, so they can be fetched again."""
    run_sql("0003_down")
