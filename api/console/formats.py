"""How pages write amounts, moments and hashes. Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from orchestrator.gateway.currencies import exponent

HASH_SHOWN: Final = 12


def money(amount: int, currency: str) -> str:
    """Write an amount in minor units as people read it: ``19.99 USD``."""
    places = exponent(currency)
    return f"{Decimal(amount).scaleb(-places):,.{places}f} {currency.upper()}"


def clock(moment: datetime) -> str:
    """Write a moment as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def machine_time(moment: datetime) -> str:
    """Write a moment as programs read it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def elapsed(before: datetime | None, now: datetime) -> str:
    """Write the time between two steps; nothing before the first."""
    if before is None:
        return ""
    seconds = (now - before).total_seconds()
    for least, size, unit in ((172_800, 86_400, "days"), (7200, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"+{seconds / size:.1f} {unit}"
    return f"+{seconds:.1f} s" if seconds >= 1 else f"+{seconds * 1000:.0f} ms"


def short(text: str) -> str:
    """Write the beginning of a hash, enough to tell two apart."""
    return text if len(text) <= HASH_SHOWN + 1 else f"{text[:HASH_SHOWN]}…"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write how many there are of something: ``1 payment``, ``1,200 payments``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def lasting(seconds: int) -> str:
    """Write a length of time in the largest unit that it is whole in: ``3 days``."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def words(name: str) -> str:
    """Write a name of the machine's as words."""
    return name.replace("_", " ")


def plainly(value: Any) -> str:
    """Write a value of a record as a person would: yes, none, a list with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(plainly, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{words(name)} {plainly(inner)}" for name, inner in value.items())
    return "none" if value is None else str(value)


def document(value: Any) -> str:
    """Write JSON so that a person can read it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
