"""What schemas are made of: a field's type with what it means, for readers without our docs."""

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.states import PaymentEvent, PaymentState

Schema = dict[str, Any]

STATES: Final = [state.value for state in PaymentState]
EVENTS: Final = [event.value for event in PaymentEvent]


def text(meaning: str, **more: Any) -> Schema:
    """Describe a text."""
    return {"type": "string", "description": meaning, **more}


def maybe_text(meaning: str, **more: Any) -> Schema:
    """Describe a text that may be missing."""
    return {"type": ["string", "null"], "description": meaning, **more}


def number(meaning: str, *, minimum: int = 0, **more: Any) -> Schema:
    """Describe a whole number."""
    return {"type": "integer", "minimum": minimum, "description": meaning, **more}


def maybe_number(meaning: str, **more: Any) -> Schema:
    """Describe a whole number that may be missing."""
    return {"type": ["integer", "null"], "description": meaning, **more}


def flag(meaning: str) -> Schema:
    """Describe a yes or no."""
    return {"type": "boolean", "description": meaning}


def maybe_flag(meaning: str) -> Schema:
    """Describe a yes or no that may be missing."""
    return {"type": ["boolean", "null"], "description": meaning}


def moment(meaning: str) -> Schema:
    """Describe a timestamp: RFC 3339, UTC."""
    return text(meaning, format="date-time")


def maybe_moment(meaning: str) -> Schema:
    """Describe a timestamp that may be missing."""
    return maybe_text(meaning, format="date-time")


def one_of(values: list[str], meaning: str) -> Schema:
    """Describe a text of a closed list."""
    return text(meaning, enum=values)


def always(value: str) -> Schema:
    """Describe the field that names an object's kind."""
    return {"const": value, "description": "What kind of object this is."}


def list_of(item: Schema, meaning: str) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": item, "description": meaning}


def labels(meaning: str) -> Schema:
    """Describe texts under names of the caller's."""
    return {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": meaning,
    }


def record(
    meaning: str, properties: Mapping[str, Schema], optional: tuple[str, ...] = ()
) -> Schema:
    """Describe an object: these fields and no other, all of them there but the optional ones."""
    return {
        "type": "object",
        "description": meaning,
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def maybe(schema: Schema) -> Schema:
    """Describe something that may be missing."""
    meaning = schema.get("description", "")
    return {"anyOf": [schema, {"type": "null"}], "description": meaning}


def reference(name: str) -> Schema:
    """Point to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str, meaning: str) -> Schema:
    """Describe a list of objects as the API answers with it."""
    return record(
        meaning,
        {
            "object": always("list"),
            "data": list_of(reference(name), "The objects of this page."),
            "has_more": flag("Whether there are more beyond this page."),
            "url": text("The path that was asked."),
        },
    )
