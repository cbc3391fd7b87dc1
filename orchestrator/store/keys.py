"""API keys in the database: only a hash of the secret is ever stored.

Whoever makes or revokes one is on record for it, in the same transaction.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from orchestrator.actions import key_created, key_revoked
from orchestrator.operator import this_operator
from orchestrator.payment import Actor
from orchestrator.store.actions import record_action
from orchestrator.store.schema import api_keys, deployment

_MODE = select(deployment.c.mode)
# Of two processes that start at once, the second finds what the first has bound.
_BIND_MODE = text("INSERT INTO deployment (single, mode) VALUES (1, :mode) ON CONFLICT DO NOTHING")
_KEY = select(api_keys).where(api_keys.c.id == bindparam("id"))


def insert_key(connection: Connection, row: dict[str, Any], actor: Actor | None = None) -> None:
    """Store a new key, made by ``actor``: without one by whoever runs this process."""
    connection.execute(insert(api_keys), row)
    record_action(connection, key_created(row, actor or this_operator()))


def find_api_key(connection: Connection, key_id: str) -> dict[str, Any] | None:
    """Read one key by its id."""
    row = connection.execute(_KEY, {"id": key_id}).mappings().one_or_none()
    return dict(row) if row is not None else None


def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """Read every key, newest first."""
    query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def revoke_key(
    connection: Connection, key_id: str, now: datetime, actor: Actor | None = None
) -> bool:
    """Revoke a key, as ``actor`` wishes or whoever runs this process; False where none is in use.

    Only what was revoked by this very call is on record.
    """
    result = connection.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if result.rowcount != 1:
        return False
    record_action(connection, key_revoked(key_id, actor or this_operator(), now))
    return True


def claim_mode(connection: Connection, mode: str) -> str:
    """Bind the database to ``test`` or ``live``, once; return the mode it is bound to."""
    if connection.execute(_MODE).scalar_one_or_none() is None:
        connection.execute(_BIND_MODE, {"mode": mode})
    bound: str = connection.execute(_MODE).scalar_one()
    return bound
