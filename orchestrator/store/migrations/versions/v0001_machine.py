"""The machine's tables and the rules that make the database their referee."""

from orchestrator.store.migrations.sql import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, seed the legal edges, close them, and add the triggers."""
    for part in ("0001_tables", "0001_edges", "0001_rules"):
        run_sql(part)


def downgrade() -> None:
    """Drop everything; the payments go with it."""
    run_sql("0001_down")
