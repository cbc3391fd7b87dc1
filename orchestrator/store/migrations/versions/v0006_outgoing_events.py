"""The outbox, the feed of events, whom they are sent to, and each sending."""

from orchestrator.store.migrations.sql import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and their rules; what has happened until now becomes the feed's beginning."""
    run_sql("0006_outgoing_events")


def downgrade() -> None:
    """Take it all away; the history, which the events are drawn from, stays."""
    run_sql("0006_down")
