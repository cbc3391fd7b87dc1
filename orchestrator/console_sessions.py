"""Who is signed in to the console: begins a session for a key, and tells whether one still holds.

A session ends after 30 minutes without a page, after 8 hours, and at once with its key. The token
is the browser's alone; nothing here remembers it. Who came in, who left and who was not let in is
on record, in the transaction in which it happens.
"""

import hashlib
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.actions import sign_in_failed, signed_in, signed_out
from orchestrator.requests import utc_now
from orchestrator.store.actions import record_action
from orchestrator.store.connections import Database
from orchestrator.store.console_sessions import (
    delete_session,
    find_session,
    insert_session,
    see_session,
)

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)
# How exactly it is known when a session was last seen: each page would be a write otherwise.
SEEN_EVERY: Final = timedelta(minutes=1)
# 45 letters are 256 random bits. No digit is among them, so that no token looks like a card number.
TOKEN_LETTERS: Final = 45


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in, and the key it signed in with."""

    digest: str
    key_id: str
    key_name: str
    scope: str
    expires_at: datetime


@dataclass(slots=True)
class Sessions:
    """The sessions of one database."""

    database: Database
    clock: Callable[[], datetime] = utc_now

    async def begin(self, key_id: str, request_id: str) -> str:
        """Begin a session for a key, and return the token to give the browser."""
        now, token = self.clock(), new_token()
        row = {
            "token_digest": digest_of(token),
            "key_id": key_id,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + LONGEST,
        }
        await self.database.write(insert_session, row, signed_in(key_id, now, request_id))
        return token

    async def refuse(self, key_id: str | None, reason: str, request_id: str) -> None:
        """Put on record that somebody was not let in; the key's id is what was shown, if it was."""
        action = sign_in_failed(key_id, reason, self.clock(), request_id)
        await self.database.write(record_action, action)

    async def find(self, token: str) -> Session | None:
        """Return the session of a token; null where there is none, or none any more."""
        digest = digest_of(token)
        row = await self.database.read(find_session, digest)
        now = self.clock()
        if row is None or row["key_revoked_at"] is not None or _is_over(row, now):
            return None
        if now - row["last_seen_at"] >= SEEN_EVERY:
            await self.database.write(see_session, digest, now)
        return Session(digest, row["key_id"], row["name"], row["scope"], row["expires_at"])

    async def end(self, session: Session, request_id: str) -> None:
        """End a session."""
        action = signed_out(session.key_id, self.clock(), request_id)
        await self.database.write(delete_session, session.digest, action)


def _is_over(row: dict[str, Any], now: datetime) -> bool:
    key_over: bool = row["key_expires_at"] is not None and row["key_expires_at"] <= now
    idle: bool = row["last_seen_at"] + IDLE <= now
    return key_over or idle or row["expires_at"] <= now


def new_token() -> str:
    """Make a token that nobody can guess."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(TOKEN_LETTERS))


def digest_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
