"""How charges on a card ended, so that its declines can be counted across payments."""

from orchestrator.store.migrations.sql import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the outcomes by fingerprint; what was declined before is not counted."""
    run_sql("0005_card_outcomes")


def downgrade() -> None:
    """Take them away; the evidence of each decline stays."""
    run_sql("0005_down")
