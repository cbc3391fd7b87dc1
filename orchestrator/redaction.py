"""Takes what must not be read out of what is written down: keys, secrets, passwords, card numbers.

The last line of defence: nothing of ours logs any of these, but libraries, tracebacks and mistakes
do. What is left of a secret names its kind, and an id that stands in it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "[redacted]"

# Fields whose value is a secret whatever it looks like.
SECRET_NAMES: Final = re.compile(
    r"(?i)(?:authorization|cookie|password|passwd|secret|token|api_?key)$"
)
# What is called like a secret and is none: how Stripe knows one of our requests again.
_NO_SECRETS: Final = frozenset({"idempotency_key", "key_id"})

_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # Stripe's client secrets: whoever has one can pay, or see who pays.
    (re.compile(r"\b(pi|seti|cs)_(\w+?)_secret_[\w-]+"), rf"\1_\2_secret_{REDACTED}"),
    # Our own API keys begin with their id, which is in the log anyway.
    (re.compile(r"\bork_([a-z0-9]{16})_[\w-]+"), rf"ork_\1_{REDACTED}"),
    (re.compile(r"\bork_(?![a-z0-9]{16}_)[\w-]+"), f"ork_{REDACTED}"),
    (re.compile(r"\b([sr]k)_(?:(live|test)_)?\w{3,}"), rf"\1_{REDACTED}"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{REDACTED}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {REDACTED}"),
    (
        re.compile(
            r"(?i)(\bauthorization['\"]?\s*[:=,]\s*(?:b?['\"])?)(?!bearer|basic)[^\s'\",)]+"
        ),
        rf"\1{REDACTED}",
    ),
    # The password in a database's address.
    (re.compile(r"(://[^\s/:@'\"]*):[^\s/@'\"]+@"), rf"\1:{REDACTED}@"),
)
# Nearly no text holds any of these, and looking for them costs less than any pattern.
_MARKS: Final = (
    "_secret_",
    "ork_",
    "sk_",
    "rk_",
    "whsec_",
    "bearer",
    "basic",
    "authorization",
    "://",
)
# What stands for a value that cannot be looked through as a text.
_LOOK_CLOSELY: Final = "://"
# Every digit as a nought, so that thirteen of them are found without a pattern.
_DIGITS: Final = bytes(48 if 48 <= byte <= 57 else 120 for byte in range(256))
_THIRTEEN: Final = b"0" * 13

# Digits that stand by themselves, alone or in groups: inside an id they are no card.
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def redact(text: str) -> str:
    """Return the text without secrets and card numbers."""
    if not _is_suspect(text):
        return text
    for pattern, left in _PATTERNS:
        text = pattern.sub(left, text)
    return _CARD.sub(_without_card, text)


def redact_event(_logger: Any, _method: str, event: Any) -> Any:
    """Take secrets out of every value of a log event; the last step before it is written."""
    # Nearly all lines hold none: they are looked through at once, in a tenth of the time.
    texts = []
    for name, value in event.items():
        if isinstance(value, str):
            texts.append(value)
        elif not (value is None or isinstance(value, float) or type(value) is bool):
            texts.append(_LOOK_CLOSELY if type(value) is not int else str(value))
        if _is_secret(name):
            texts.append(_LOOK_CLOSELY)
    if _is_suspect("\n".join(texts)):
        for name, value in event.items():
            event[name] = _clean(name, value)
    return event


def _is_suspect(text: str) -> bool:
    lowered = text.lower()
    for mark in _MARKS:
        if mark in lowered:
            return True
    return _THIRTEEN in text.encode(errors="replace").translate(_DIGITS, b" -")


def _clean(name: object, value: Any) -> Any:
    if type(value) is str:
        return REDACTED if value and _is_secret(name) else redact(value)
    if value is None or isinstance(value, bool | int | float):
        return _without_number(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): _clean(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, each) for each in value]
    # Whatever else it is, it is written as it shows itself.
    shown = str(value) if isinstance(value, str | BaseException) else repr(value)
    return REDACTED if _is_secret(name) else redact(shown)


@lru_cache(256)
def _is_secret(name: object) -> bool:
    return isinstance(name, str) and name not in _NO_SECRETS and bool(SECRET_NAMES.search(name))


def _without_number(value: Any) -> Any:
    """Mask a card's number that somebody took for a number."""
    long = isinstance(value, int) and value >= 10**12
    return REDACTED if long and redact(str(value)) != str(value) else value


def _without_card(found: re.Match[str]) -> str:
    digits = [int(digit) for digit in found[0] if digit.isdigit()]
    odd, even = digits[-1::-2], digits[-2::-2]
    is_card = (sum(odd) + sum(_DOUBLED[digit] for digit in even)) % 10 == 0
    return REDACTED if is_card else found[0]
