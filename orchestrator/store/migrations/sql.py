"""Runs a migration's SQL file for the dialect at hand.

Statements end with a line that holds only ``;;``, because trigger bodies hold semicolons.
"""

from importlib.resources import files

from alembic import op


def run_sql(name: str) -> None:
    """Run ``versions/NAME.DIALECT.sql`` statement by statement."""
    bind = op.get_bind()
    resource = files(__package__) / "versions" / f"{name}.{bind.dialect.name}.sql"
    for statement in resource.read_text(encoding="utf-8").split("\n;;\n"):
        if statement.strip():
            bind.exec_driver_sql(statement)
