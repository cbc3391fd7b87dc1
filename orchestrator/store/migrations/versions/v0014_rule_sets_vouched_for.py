"""Sets of rules with all that their version is the hash of: the history vouches for them."""

from orchestrator.store.migrations.sql import run_sql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table anew: what was kept could not be checked, and is kept again when it serves."""
    run_sql("0014_rule_sets")


def downgrade() -> None:
    """Make the table of before anew; each set is kept again when it serves."""
    run_sql("0014_down")
