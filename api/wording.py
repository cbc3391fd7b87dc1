"""What is wrong with a field, said so that a caller knows what to send instead. Pure.

Refuses to repeat what was sent: the sentence tells the field and the rule, never the value.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from api.fields import field_name

# What each pattern of ``api/schemas.py`` asks for.
PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"^[^\x00]*$": "must not hold a NUL character",
        r"^[^\x00-\x1f\x7f]*$": "must be one line, without control characters",
        r"^[^\x00\[\]]*$": "must hold neither square brackets nor a NUL character",
        r"^cus_[A-Za-z0-9_]{1,250}$": "must be a Stripe customer's id: cus_…",
        r"^pm_[A-Za-z0-9_]{1,250}$": "must be a Stripe payment method's id: pm_…",
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
        "too_long": "must have at most {max_length} entries",
        "literal_error": "must be {expected}",
        "value_error": "{error}",
    }
)


def sentence_of(complaint: Mapping[str, Any]) -> tuple[str, str]:
    """Return the field that a complaint of pydantic's is about, and the sentence to tell of it.

    A complaint without words of ours keeps pydantic's: a test sees to it that there is none.
    """
    # Of a bad key pydantic tells the key and then that it is one.
    name = field_name(part for part in complaint["loc"] if part not in ("", "[key]"))
    facts = complaint.get("ctx", {})
    if complaint["type"] == "string_pattern_mismatch":
        return name, f"{name} {PATTERNS[facts['pattern']]}."
    words = SENTENCES.get(complaint["type"])
    if words is None:
        return name, f"{name}: {complaint['msg']}."
    return name, f"{name} {words.format(**facts)}."
