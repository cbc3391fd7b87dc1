"""Sets of rules with all that their version is the hash of, and keys older than the record of them.

Actions are on record since 0008. A key that was made before would look slipped in ever since.
"""

from dataclasses import replace

from alembic import op
from sqlalchemy import Connection, column, select, table

from orchestrator.actions import key_created, key_revoked
from orchestrator.operator import this_operator
from orchestrator.store.actions import record_action
from orchestrator.store.migrations.sql import run_sql
from orchestrator.store.types import MOMENT

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENTS = (column(name, MOMENT) for name in ("created_at", "expires_at", "revoked_at"))
_KEYS = table("api_keys", column("id"), column("name"), column("scope"), *_MOMENTS)
_ACTIONS = table("actions", column("action"), column("subject_id"))
_OF_KEYS = _ACTIONS.c.action.in_(["key_created", "key_revoked"])
_WHY = "done before it was put on record"


def upgrade() -> None:
    """Make the table anew: what was kept could not be checked, and is kept again when it serves."""
    run_sql("0014_rule_sets")
    _put_keys_on_record(op.get_bind())


def downgrade() -> None:
    """Make the table of before anew; each set is kept again when it serves."""
    run_sql("0014_down")


def _put_keys_on_record(connection: Connection) -> None:
    """Record what was done to keys before that was on record, in the name of whoever migrates."""
    actor = this_operator()
    acts = connection.execute(
        select(_ACTIONS.c.subject_id, _ACTIONS.c.action).where(_OF_KEYS)
    ).all()
    known = {tuple(act) for act in acts}
    query = select(_KEYS).order_by(_KEYS.c.created_at, _KEYS.c.id)
    for key in map(dict, connection.execute(query).mappings().all()):
        done = [key_created(key, actor)]
        if key["revoked_at"] is not None:
            done.append(key_revoked(key["id"], actor, key["revoked_at"]))
        for action in done:
            if (key["id"], action.name) not in known:
                record_action(connection, replace(action, reason=_WHY))
