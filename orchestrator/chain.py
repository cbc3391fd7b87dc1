"""The hash chain: canonical bytes of a row, and the hash that ties it to the row before.

Rows are hashed as RFC 8785 canonical JSON. Sorted-key orjson gives the same bytes as long as
keys are ASCII and no value is a float or an integer beyond 2**53; ``canonical`` refuses the rest.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

GENESIS = "0" * 64
_MAX_EXACT_INTEGER = 2**53
# Most of a row; told apart by type alone, because each row of each payment is looked through.
_ALWAYS_EXACT = frozenset({str, bool, type(None)})


def canonical(value: Mapping[str, Any]) -> bytes:
    """Write a row as canonical JSON.

    Raises:
        TypeError: a float, an integer beyond 2**53 or a key that is not ASCII.
    """
    _refuse_inexact(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def row_hash(row: Mapping[str, Any]) -> str:
    """Hash a row that carries the hash of the row before under ``previous_hash``."""
    return hashlib.sha256(canonical(row)).hexdigest()


def rehash(row: Mapping[str, Any]) -> str:
    """Hash a stored row again, to compare: as ``row_hash``, and sooner, for what it took.

    A float is not looked for: no row that was hashed holds one, so it gives another hash.

    Raises:
        TypeError: an integer beyond 2**53, or a key that is no plain text.
    """
    written = orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    return hashlib.sha256(written).hexdigest()


def instant(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with microseconds, always of one width."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _refuse_inexact(value: object) -> None:
    if isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > _MAX_EXACT_INTEGER:
            raise TypeError(f"a hashed row takes integers up to 2**53, not {value}")
    elif isinstance(value, float):
        raise TypeError("a hashed row takes no floats; they have no single spelling")
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_inexact(inner)
    elif isinstance(value, Mapping):
        _refuse_inexact_members(value)


def _refuse_inexact_members(value: Mapping[Any, Any]) -> None:
    for key, inner in value.items():
        if not (isinstance(key, str) and key.isascii()):
            raise TypeError(f"a hashed row takes ASCII keys, not {key!r}")
        if type(inner) not in _ALWAYS_EXACT:
            _refuse_inexact(inner)
