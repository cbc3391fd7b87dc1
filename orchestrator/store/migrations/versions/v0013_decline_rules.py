"""Versions of decline rules, and what each version of the whole set stands for."""

from orchestrator.store.migrations.sql import run_sql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and their rules."""
    run_sql("0013_decline_rules")


def downgrade() -> None:
    """Take them away: the rules are the program's and the deployment's again."""
    run_sql("0013_down")
