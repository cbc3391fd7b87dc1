"""${message}."""

from orchestrator.store.migrations.sql import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("${up_revision}_up")


def downgrade() -> None:
    run_sql("${up_revision}_down")
