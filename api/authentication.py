"""Who is asking: reads the bearer key, looks it up, and tells what it may do.

A key that was found good is remembered for at most ``REMEMBERED_SECONDS``, so a revocation takes
that long to be felt everywhere. Refusals are never remembered.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from starlette.requests import Request

from api.errors import Forbidden, RateLimited, Unauthorized
from orchestrator import metrics
from orchestrator.keys import parse_secret, verify
from orchestrator.rates import RateLimiter
from orchestrator.store.connections import Database
from orchestrator.store.keys import find_api_key

REMEMBERED_SECONDS: Final = 2.0
REMEMBERED_KEYS: Final = 1024

PAYMENTS: Final = frozenset({"payments"})
READING: Final = frozenset({"payments", "audit"})
AUDIT: Final = frozenset({"audit"})
ADMIN: Final = frozenset({"admin"})
ANY: Final = frozenset({"payments", "audit", "admin"})

GRANTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "payments": frozenset({"payments"}),
        "audit": frozenset({"audit"}),
        "admin": frozenset({"payments", "audit", "admin"}),
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A key in use: its id, its owner (keys of one name share one) and what it grants."""

    key_id: str
    owner: str
    grants: frozenset[str]

    @property
    def reads(self) -> str | None:
        """Whose payments the key reads; null is everybody's."""
        return None if "audit" in self.grants else self.owner


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class KeyRing:
    """Finds the keys, and remembers the good ones for a moment."""

    database: Database
    clock: Callable[[], datetime] = utc_now
    ticks: Callable[[], float] = time.monotonic
    _known: dict[bytes, tuple[float, Identity]] = field(default_factory=dict)

    async def identify(self, token: str) -> Identity | None:
        """Return whose key a token is; null where it is nobody's, revoked or expired."""
        parsed = parse_secret(token)
        if parsed is None:
            return None
        # The ring holds no secret either, only what it hashes to.
        fingerprint = hashlib.sha256(token.encode()).digest()
        known = self._known.get(fingerprint)
        if known is not None and self.ticks() < known[0]:
            return known[1]
        return await self._look_up(fingerprint, *parsed)

    async def _look_up(self, fingerprint: bytes, key_id: str, secret: str) -> Identity | None:
        asked = self.ticks()
        row = await self.database.read(find_api_key, key_id)
        now = self.clock()
        self._known.pop(fingerprint, None)
        if row is None or not verify(row, secret, now):
            return None
        identity = Identity(row["id"], row["name"], GRANTS[row["scope"]])
        lifetime = REMEMBERED_SECONDS
        if row["expires_at"] is not None:
            lifetime = min(lifetime, (row["expires_at"] - now).total_seconds())
        if len(self._known) >= REMEMBERED_KEYS:
            del self._known[next(iter(self._known))]
        # Counted from before the read: what was revoked since may not outlive the promise.
        self._known[fingerprint] = (asked + lifetime, identity)
        return identity


def _refuse_too_fast(request: Request, identity: Identity) -> None:
    """Refuse a key that sends too much, before anything of the request is looked at."""
    limiter: RateLimiter | None = request.app.state.rate_limiter
    wait_seconds = limiter.enter(identity.key_id) if limiter is not None else None
    if wait_seconds is not None:
        metrics.RATE_LIMITED.inc()
        raise RateLimited(wait_seconds)


async def identify(request: Request) -> Identity | None:
    """Return whose key a request carries, if it is in use now."""
    given = request.headers.getlist("authorization")
    # Of two, one might be checked by whoever stands in front of us, and the other used.
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        return None
    ring: KeyRing = request.app.state.key_ring
    return await ring.identify(token.strip())


async def authenticate(request: Request, needed: frozenset[str]) -> Identity:
    """Return who is asking, if the key grants any of the needed scopes.

    Raises:
        Unauthorized: there is no key, or none that is in use.
        RateLimited: the key has sent as many requests as it may.
        Forbidden: the key's scope does not cover this.
    """
    identity = await identify(request)
    if identity is None:
        raise Unauthorized("Send a valid API key: Authorization: Bearer ork_…")
    request.scope["key_id"] = identity.key_id
    _refuse_too_fast(request, identity)
    if not identity.grants & needed:
        raise Forbidden(f"This needs a key of scope {' or '.join(sorted(needed))}.")
    return identity
