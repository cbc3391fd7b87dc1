"""What every request body is made of.

Strict: no coercion, no unknown field, no text without a limit, nothing the database could not keep.
"""

from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from api.errors import ValidationFailed
from api.wording import sentence_of

# Stripe keeps 50 keys with an intent; three of them are ours.
RESERVED_METADATA_KEYS: Final = frozenset({"payment_id", "transaction_id", "item_ids"})
MAX_METADATA_KEYS: Final = 50 - len(RESERVED_METADATA_KEYS)

CUSTOMER_ID: Final = r"^cus_[A-Za-z0-9_]{1,250}$"
PAYMENT_METHOD_ID: Final = r"^pm_[A-Za-z0-9_]{1,250}$"

# PostgreSQL keeps no NUL in a text.
NO_NUL: Final = r"^[^\x00]*$"
ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_LABEL: Final = r"^[^\x00\[\]]*$"


def text(longest: int, *, shortest: int = 1, pattern: str = NO_NUL) -> StringConstraints:
    """Bound a text by its length, in characters, and a pattern."""
    return StringConstraints(strict=True, min_length=shortest, max_length=longest, pattern=pattern)


def _not_reserved(key: str) -> str:
    if key in RESERVED_METADATA_KEYS:
        names = ", ".join(sorted(RESERVED_METADATA_KEYS))
        raise ValueError(f"is a name that this service keeps for itself, like each of {names}")
    return key


class Body(BaseModel):
    """A request body; nothing that is not declared."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Read a document.

        Raises:
            ValidationFailed: naming the first field that is not what it must be.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as exc:
            raise _failure(exc) from exc


def _labels_schema(shortest: int) -> dict[str, Any]:
    # Said by hand: of a key's pattern pydantic's would let values of any kind pass under others.
    return {
        "type": "object",
        "maxProperties": MAX_METADATA_KEYS,
        "propertyNames": {
            "type": "string",
            "minLength": 1,
            "maxLength": 40,
            "pattern": _LABEL,
            "not": {"enum": sorted(RESERVED_METADATA_KEYS)},
        },
        "additionalProperties": {
            "type": "string",
            "minLength": shortest,
            "maxLength": 500,
            "pattern": NO_NUL,
        },
    }


LabelName = Annotated[str, text(40, pattern=_LABEL), AfterValidator(_not_reserved)]
Metadata = Annotated[
    dict[LabelName, Annotated[str, text(500, shortest=0)]],
    Field(max_length=MAX_METADATA_KEYS),
    WithJsonSchema(_labels_schema(0)),
]
# Kept at Stripe alone, where an empty value takes a label away.
CustomerMetadata = Annotated[
    dict[LabelName, Annotated[str, text(500)]],
    Field(max_length=MAX_METADATA_KEYS),
    WithJsonSchema(_labels_schema(1)),
]


def _failure(error: ValidationError) -> ValidationFailed:
    """Turn pydantic's first complaint into ours; it must not repeat the value."""
    name, sentence = sentence_of(error.errors(include_url=False, include_input=False)[0])
    return ValidationFailed(sentence, name)
