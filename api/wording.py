"""What is wrong with a field, said so that a caller knows what to send instead. Pure.

Refuses to repeat what was sent: the sentence tells the field and the rule, never the value.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from api.fields import field_name

# What each pattern of a request body asks for.
PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"^[^\x00]*$": "must not hold a NUL character",
        r"^[^\x00-\x1f\x7f]*$": "must be one line, without control characters",
        r"^[^\x00\[\]]*$": "must hold neither square brackets nor a NUL character",
        r"^cus_[A-Za-z0-9_]{1,250}$": "must be a Stripe customer's id: cus_…",
        r"^pm_[A-Za-z0-9_]{1,250}$": "must be a Stripe payment method's id: pm_…",
        r"^we_[A-Za-z0-9]{1,64}$": "must be a webhook endpoint's id: we_…",
        r"^[\x21-\x7e]+$": "must be an address without spaces, in ASCII",
        r"^([A-Z]{2})?$": "must be a country's two capitals (ISO 3166-1)",
    }
)

# By the type of pydantic's complaint: https://docs.pydantic.dev/latest/errors/validation_errors/
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "is required",
        "extra_forbidden": "is not a field of this request",
        "int_type": "must be a whole number, written without a point or quotes",
        "bool_type": "must be true or false",
        "string_type": "must be a text",
        "list_type": "must be a list",
        "dict_type": "must be an object",
        "model_type": "must be an object",
        "greater_than": "must be greater than {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than_equal": "must be at most {le}",
        "string_too_short": "must have at least {min_length} character",
        "string_too_long": "must have at most {max_length} characters",
        "too_short": "must have at least {min_length} entry",
        "too_long": "must have at most {max_length} entries",
        "literal_error": "must be {expected}",
        "value_error": "{error}",
    }
)


def sentence_of(complaint: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the field that a complaint of pydantic's is about, and the sentence to tell of it.

    A complaint without words of ours keeps pydantic's: a test sees to it that there is none.
    """
    kind, way = complaint["type"], complaint["loc"]
    # Of a bad key pydantic tells the key and then that it is one.
    of_key = kind != "extra_forbidden" and len(way) > 2 and way[-1] == "[key]"
    way = way[:-1] if of_key else way
    name = field_name(part for part in way if part != "")
    subject = _subject(kind, name, of_key=of_key, nameless=way[-1] == "")
    facts = complaint.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return name, f"{subject} {PATTERNS[facts['pattern']]}."
    words = SENTENCES.get(kind)
    if words is None:
        return name, f"{subject}: {complaint['msg']}."
    return name or None, f"{subject} {words.format(**facts)}."


def _subject(kind: str, name: str, *, of_key: bool, nameless: bool) -> str:
    """Say what a sentence is about, as it begins."""
    if nameless:
        return f"A key of {name}" if of_key else "A field without a name"
    # What is a name already needs no other word for it.
    return f"The key {name}" if of_key and kind != "value_error" else name
