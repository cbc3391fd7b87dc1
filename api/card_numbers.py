"""Tells whether a text holds what could be a card's number, so that none ever enters the system.

Pure. It answers yes or no and never gives the number back. Refuses to guess inside random ids: a
run of digits counts only where no letter touches it, or a plain word does.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

from api.fields import field_name

SHORTEST: Final = 14
LONGEST: Final = 19

_LONG: Final = range(16, 20)

# The way to a field: the way to what it stands in, and its key or position there.
_Way = tuple[Any, int | str] | None


class IssuerRange(NamedTuple):
    """Numbers a brand issues: prefixes from ``first`` to ``last``, of so many digits."""

    brand: str
    first: str
    last: str
    lengths: range


# ISO/IEC 7812 issuer ranges as the brands publish them:
# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
ISSUER_RANGES: Final = (
    IssuerRange("visa", "4", "4", range(16, 20)),
    IssuerRange("mastercard", "51", "55", range(16, 17)),
    IssuerRange("mastercard", "2221", "2720", range(16, 17)),
    IssuerRange("american express", "34", "34", range(15, 16)),
    IssuerRange("american express", "37", "37", range(15, 16)),
    IssuerRange("diners club", "300", "305", range(14, 20)),
    IssuerRange("diners club", "3095", "3095", range(14, 20)),
    IssuerRange("diners club", "36", "36", range(14, 20)),
    IssuerRange("diners club", "38", "39", range(14, 20)),
    IssuerRange("jcb", "3528", "3589", _LONG),
    IssuerRange("discover", "6011", "6011", _LONG),
    IssuerRange("discover", "644", "659", _LONG),
    IssuerRange("unionpay", "62", "62", range(14, 20)),
    IssuerRange("maestro", "50", "50", range(14, 20)),
    IssuerRange("maestro", "56", "69", range(14, 20)),
    IssuerRange("mir", "2200", "2204", _LONG),
    IssuerRange("borica", "2205", "2205", range(16, 17)),
    IssuerRange("rupay", "81", "82", range(16, 17)),
    IssuerRange("troy", "9792", "9792", range(16, 17)),
    IssuerRange("uzcard", "8600", "8600", range(16, 17)),
    IssuerRange("humo", "9860", "9860", range(16, 17)),
)

# People write numbers in groups: spaces, tabs, no-break spaces, and every dash Unicode has.
_SEPARATOR = r"[\s_/\u00ad\-\u2022\u200b-\u200d\u2060\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
_RUN = re.compile(rf"\d(?:{_SEPARATOR}{{0,3}}\d){{{SHORTEST - 1},}}")
_GROUP = re.compile(r"\d+")
_WORD_BEFORE = re.compile(r"[^\W_]+\Z")
_WORD_AFTER = re.compile(r"[^\W_]+")
_HEX_LETTERS: Final = frozenset("abcdefABCDEF")

# Digits in dashed groups are what a UUID is made of; one in twenty thousand would look like a card.
_UUID = re.compile(
    r"(?<![^\W_])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![^\W_])", re.ASCII
)

# Dots stand in prices, versions and coordinates; they part a card's number only in its own groups.
_DOTTED = re.compile(r"(?<!\d)(?<!\d\.)\d{4}\.(?:\d{4}\.\d{4}\.\d{4}|\d{6}\.\d{5})(?!\.?\d)")

# Bytes that cannot hold a card number fail this; whatever passes is looked at closely. A number
# may have its point anywhere: 4242424242424.242e3.
_SUSPECT_BYTES = re.compile(rb"\d(?:[\s\-_/.]{0,3}\d){13}")

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def holds_card_number(text: str) -> bool:
    """Tell whether a card brand could have issued a number that stands in the text."""
    text = _DOTTED.sub(lambda found: found[0].replace(".", "-"), text)
    if _RUN.search(text) is None:
        return False
    text = _UUID.sub("/", text)
    return any(
        _is_issuable(number) for run in _RUN.finditer(text) for number in _numbers(text, run)
    )


def suspicious(content: bytes) -> bool:
    """Tell quickly whether bytes deserve a close look; escapes and other alphabets always do."""
    return not content.isascii() or b"\\" in content or _SUSPECT_BYTES.search(content) is not None


def find_card_number(document: Any) -> str | None:
    """Name a field of a JSON document that holds a card number; null when none does.

    A number that stands in a key is reported under the name of the object around it. The walk
    keeps its own stack, so that no nesting a parser takes is too deep for it.
    """
    waiting: list[tuple[_Way, Any]] = [(None, document)]
    while waiting:
        way, value = waiting.pop()
        if isinstance(value, Mapping):
            if any(holds_card_number(key) for key in value):
                return _name(way)
            waiting += [((way, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((way, position), item) for position, item in enumerate(value)]
        elif isinstance(value, str | int | float) and holds_card_number(str(value)):
            return _name(way)
    return None


def _name(way: _Way) -> str:
    parts: list[int | str] = []
    while way is not None:
        way, part = way
        parts.append(part)
    return field_name(reversed(parts)) or "body"


def _numbers(text: str, run: re.Match[str]) -> Iterator[str]:
    """Yield every number that passes Luhn and begins and ends where a group of digits does."""
    groups = [_ascii(group) for group in _GROUP.findall(run[0])]
    edges = list(accumulate(map(len, groups), initial=0))
    if not _is_apart(_WORD_BEFORE.search(text, max(0, run.start() - 40), run.start())):
        del edges[0]
    if not _is_apart(_WORD_AFTER.match(text, run.end())):
        del edges[-1]
    return _passing_luhn("".join(groups), frozenset(edges))


def _passing_luhn(digits: str, edges: frozenset[int]) -> Iterator[str]:
    """Yield what passes Luhn between two edges.

    Sums are taken once for the whole run, or a body of single digits would keep us for seconds.
    """
    sums = (_luhn_sums(digits, 0), _luhn_sums(digits, 1))
    for start in edges:
        for end in range(start + SHORTEST, start + LONGEST + 1):
            if end in edges:
                from_last = sums[(end - 1) % 2]
                if (from_last[end] - from_last[start]) % 10 == 0:
                    yield digits[start:end]


def _luhn_sums(digits: str, parity: int) -> list[int]:
    """Add digits up from the left, as they are at places of one parity, doubled at the others."""
    values = map(int, digits)
    return list(
        accumulate(
            (
                value if place % 2 == parity else _DOUBLED[value]
                for place, value in enumerate(values)
            ),
            initial=0,
        )
    )


def _is_apart(word: re.Match[str] | None) -> bool:
    """Tell whether digits stand apart from what touches them: nothing, or a word like ``card``.

    Letters a to f alone are more likely the rest of a hexadecimal id.
    """
    return word is None or (word[0].isalpha() and not _HEX_LETTERS.issuperset(word[0]))


def _ascii(digits: str) -> str:
    """Write digits of any alphabet as 0 to 9."""
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _is_issuable(number: str) -> bool:
    return any(_is_in(number, issuer) for issuer in ISSUER_RANGES)


def _is_in(number: str, issuer: IssuerRange) -> bool:
    prefix = number[: len(issuer.first)]
    return issuer.first <= prefix <= issuer.last and len(number) in issuer.lengths
