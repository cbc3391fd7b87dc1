"""API keys: how one is made, read and checked. Pure but for the random bytes of a new key.

A key reads ``ork_ID_SECRET``. The id finds the row; of the secret only a SHA-256 is stored, which
is enough for 256 random bits.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

PREFIX: Final = "ork"
SCOPES: Final = ("payments", "audit", "admin")

_SHAPE = re.compile(rf"{PREFIX}_([a-z0-9]{{16}})_([A-Za-z0-9_-]{{43}})\Z")


def create_key(
    name: str, scope: str, expires_days: int | None, now: datetime
) -> tuple[dict[str, Any], str]:
    """Make a key: the row to store, and the secret to show once.

    Raises:
        ValueError: the name is empty or long, the scope unknown, or the days not positive.
    """
    if not 0 < len(name) <= 100 or name != name.strip():
        raise ValueError("A key's name has 1 to 100 characters and no space around it.")
    if scope not in SCOPES:
        raise ValueError(f"A key's scope is one of {', '.join(SCOPES)}.")
    if expires_days is not None and not 1 <= expires_days <= 3650:
        raise ValueError("A key expires after 1 to 3650 days.")
    key_id = secrets.token_hex(8)
    secret = secrets.token_urlsafe(32)
    row = {
        "id": key_id,
        "name": name,
        "scope": scope,
        "secret_hash": _hash(secret),
        "created_at": now,
        "expires_at": now + timedelta(days=expires_days) if expires_days else None,
        "revoked_at": None,
    }
    return row, f"{PREFIX}_{key_id}_{secret}"


def parse_secret(text: str) -> tuple[str, str] | None:
    """Split a key into its id and its secret; null for what cannot be one."""
    match = _SHAPE.fullmatch(text)
    return (match[1], match[2]) if match else None


def verify(row: dict[str, Any], secret: str, now: datetime) -> bool:
    """Tell whether the secret is the row's, and the key neither revoked nor expired."""
    matches = hmac.compare_digest(row["secret_hash"], _hash(secret))
    expired = row["expires_at"] is not None and row["expires_at"] <= now
    return matches and row["revoked_at"] is None and not expired


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
