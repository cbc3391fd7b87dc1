"""Tells whether a text holds what could be a card's number, so that none ever enters the system.

Pure. It answers yes or no and never gives the number back. Refuses to guess inside random ids: a
run of digits counts only where no letter touches it, or a plain word does.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

SHORTEST: Final = 14
LONGEST: Final = 19

_LONG: Final = range(16, 20)


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
_SEPARATOR = r"[\s\u00ad\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
_RUN = re.compile(rf"\d(?:{_SEPARATOR}{{0,3}}\d){{{SHORTEST - 1},}}")
_GROUP = re.compile(r"\d+")
_WORD_BEFORE = re.compile(r"[^\W_]+\Z")
_WORD_AFTER = re.compile(r"[^\W_]+")
_HEX_LETTERS: Final = frozenset("abcdefABCDEF")

# Digits in dashed groups are what a UUID is made of; one in twenty thousand would look like a card.
_UUID = re.compile(
    r"(?<![^\W_])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![^\W_])", re.ASCII
)

# Bytes that cannot hold a card number fail this; whatever passes is looked at closely.
_SUSPECT_BYTES = re.compile(rb"\d(?:[\s\-]{0,3}\d){13}")

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def holds_card_number(text: str) -> bool:
    """Tell whether a card brand could have issued a number that stands in the text."""
    if _RUN.search(text) is None:
        return False
    text = _UUID.sub("/", text)
    return any(
        _is_issuable(number) for run in _RUN.finditer(text) for number in _numbers(text, run)
    )


def suspicious(content: bytes) -> bool:
    """Tell quickly whether bytes deserve a close look; escapes and other alphabets always do."""
    return not content.isascii() or b"\\" in content or _SUSPECT_BYTES.search(content) is not None


def find_card_number(value: Any, name: str = "") -> str | None:
    """Name the first field of a JSON document that holds a card number; null when none does.

    A number that stands in a key is reported under the name of the object around it.
    """
    if isinstance(value, Mapping):
        return _find_in_object(value, name)
    if isinstance(value, list):
        found = (
            find_card_number(item, f"{name}[{position}]") for position, item in enumerate(value)
        )
        return next((place for place in found if place is not None), None)
    if isinstance(value, str | int | float) and holds_card_number(str(value)):
        return name or "body"
    return None


def _find_in_object(value: Mapping[str, Any], name: str) -> str | None:
    for key, item in value.items():
        if holds_card_number(key):
            return name or "body"
        place = find_card_number(item, f"{name}.{key}" if name else key)
        if place is not None:
            return place
    return None


def _numbers(text: str, run: re.Match[str]) -> Iterator[str]:
    """Yield every number of a fitting length that begins and ends where a group of digits does."""
    groups = [_ascii(group) for group in _GROUP.findall(run[0])]
    if not _is_apart(_WORD_BEFORE.search(text, max(0, run.start() - 40), run.start())):
        groups = groups[1:]
    if groups and not _is_apart(_WORD_AFTER.match(text, run.end())):
        groups = groups[:-1]
    for start in range(len(groups)):
        number = ""
        for group in groups[start:]:
            number += group
            if len(number) > LONGEST:
                break
            if len(number) >= SHORTEST:
                yield number


def _is_apart(word: re.Match[str] | None) -> bool:
    """Tell whether digits stand apart from what touches them: nothing, or a word like ``card``.

    Letters a to f alone are more likely the rest of a hexadecimal id.
    """
    return word is None or (word[0].isalpha() and not _HEX_LETTERS.issuperset(word[0]))


def _ascii(digits: str) -> str:
    """Write digits of any alphabet as 0 to 9."""
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _is_issuable(number: str) -> bool:
    return _passes_luhn(number) and any(_is_in(number, issuer) for issuer in ISSUER_RANGES)


def _is_in(number: str, issuer: IssuerRange) -> bool:
    prefix = number[: len(issuer.first)]
    return issuer.first <= prefix <= issuer.last and len(number) in issuer.lengths


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(_DOUBLED[digit] for digit in digits[1::2])) % 10 == 0
