"""What an address asks of a page: each parameter once, read, and none that the page has not."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from api.console.visit import Visit
from api.errors import ValidationFailed

# No id of ours or of Stripe's is longer.
LONGEST_TEXT: Final = 255
Readers = Mapping[str, Callable[[str], Any]]


def read_query(visit: Visit, readers: Readers) -> dict[str, Any]:
    """Read what is asked for, less what was left empty.

    Raises:
        ValidationFailed: a parameter is there twice, is not the page's, or cannot be read.
    """
    given = visit.request.query_params.multi_items()
    asked = {name: value.strip() for name, value in given if value.strip()}
    if len(given) != len(dict(given)) or not dict(given).keys() <= readers.keys():
        raise ValidationFailed("The address has a filter twice, or one that there is not.")
    return read_fields(asked, readers)


def read_fields(asked: Mapping[str, str], readers: Readers) -> dict[str, Any]:
    """Read fields that were filled in.

    Raises:
        ValidationFailed: one cannot be read.
    """
    found = {}
    for name, text in asked.items():
        try:
            found[name] = readers[name](text)
        except (ValueError, OverflowError) as exc:
            raise ValidationFailed(
                f"The filter {name} cannot be read. A day is written as 2026-11-26.", name
            ) from exc
    return found


def read_text(value: str) -> str:
    """Read an id or a name.

    Raises:
        ValueError: it is longer than any, or no database keeps it.
    """
    if len(value) > LONGEST_TEXT or "\x00" in value:
        raise ValueError
    return value


def read_path(visit: Visit, name: str) -> str:
    """Return the id or name that a page's address holds.

    Raises:
        HTTPException: nothing is called so.
    """
    try:
        return read_text(visit.request.path_params[name])
    except ValueError as exc:
        raise HTTPException(404) from exc


def read_moment(value: str) -> datetime:
    """Read a moment as this program writes them; one without a zone is in UTC.

    Raises:
        ValueError: it is none, or in no year that a payment is from in every zone.
    """
    moment = datetime.fromisoformat(value)
    if not 1970 <= moment.year < 9999:
        raise ValueError
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def read_number(value: str) -> int:
    """Read a number as this program writes them.

    Raises:
        ValueError: it is none, or larger than any there is.
    """
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise ValueError
    return int(value)


def address(path: str, **asked: object) -> str:
    """Return a page's address with what is asked for."""
    given = {name: str(value) for name, value in asked.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
