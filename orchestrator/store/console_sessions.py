"""Sessions of the console in the database: begun, found, seen again, ended.

Of a browser's token only a digest is stored, so that who reads the table can sign in nowhere.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from orchestrator.actions import Action
from orchestrator.store.actions import record_action
from orchestrator.store.schema import api_keys, console_sessions

_SESSION: Final = (
    select(
        console_sessions,
        api_keys.c.name,
        api_keys.c.scope,
        api_keys.c.expires_at.label("key_expires_at"),
        api_keys.c.revoked_at.label("key_revoked_at"),
    )
    .join(api_keys, api_keys.c.id == console_sessions.c.key_id)
    .where(console_sessions.c.token_digest == bindparam("digest"))
)


def insert_session(connection: Connection, row: dict[str, Any], action: Action) -> None:
    """Store a session that begins, put it on record, and forget sessions that are over."""
    over = console_sessions.c.expires_at < row["created_at"]
    connection.execute(delete(console_sessions).where(over))
    connection.execute(insert(console_sessions), row)
    record_action(connection, action)


def find_session(connection: Connection, digest: str) -> dict[str, Any] | None:
    """Read a session with its key, whether it is over or not."""
    row = connection.execute(_SESSION, {"digest": digest}).mappings().one_or_none()
    return dict(row) if row is not None else None


def see_session(connection: Connection, digest: str, now: datetime) -> None:
    """Note that a session is in use; one that was seen later already stays as it is."""
    connection.execute(
        update(console_sessions)
        .where(
            console_sessions.c.token_digest == digest,
            console_sessions.c.last_seen_at < now,
            console_sessions.c.expires_at >= now,
        )
        .values(last_seen_at=now)
    )


def delete_session(connection: Connection, digest: str, action: Action) -> None:
    """End a session, and put that on record; of two who do so at once, the first does."""
    of_session = console_sessions.c.token_digest == digest
    if connection.execute(delete(console_sessions).where(of_session)).rowcount:
        record_action(connection, action)
