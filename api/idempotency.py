"""The Idempotency-Key: what one may look like, and what makes a request the same request again."""

import hashlib
import re
from typing import Final

import orjson
from starlette.requests import Request

from api.body import Body
from api.errors import IdempotencyKeyMissing, ValidationFailed

HEADER: Final = "Idempotency-Key"
MAX_LENGTH: Final = 255

_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def read_idempotency_key(request: Request, *, required: bool) -> str | None:
    """Return the request's Idempotency-Key; an empty one counts as none.

    Raises:
        IdempotencyKeyMissing: it is required, and there is none.
        ValidationFailed: it is too long, not printable ASCII, or given twice.
    """
    given = request.headers.getlist(HEADER)
    if len(given) > 1:
        raise ValidationFailed(f"Send one {HEADER}, not {len(given)}.", HEADER)
    # Spaces and tabs alone are no part of a header's value (RFC 9110, 5.5).
    key = given[0].strip(" \t") if given else ""
    if not key:
        if required:
            raise IdempotencyKeyMissing(
                f"Send an {HEADER} header, so that the same request sent twice is done once.",
                HEADER,
            )
        return None
    if len(key) > MAX_LENGTH or _PRINTABLE.fullmatch(key) is None:
        raise ValidationFailed(
            f"The {HEADER} takes up to {MAX_LENGTH} printable ASCII characters.", HEADER
        )
    return key


def request_digest(operation: str, payment_id: str, body: Body) -> str:
    """Hash what was asked for; a field left out and one given as its default are the same."""
    asked = body.model_dump(exclude_defaults=True)
    content = orjson.dumps([operation, payment_id, asked], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()
