"""A body that is wrong in one field, with the field that the answer must name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is sent, and the field that the answer must name.
Cases = Mapping[str, tuple[dict[str, Any], str | None]]

# Names a card, and nothing else.
CONFIRM = {"payment_method": "pm_card_visa"}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a document without one field."""
    return {key: value for key, value in document.items() if key != name}


def nested(depth: int) -> dict[str, Any]:
    """Return objects within objects."""
    value: dict[str, Any] = {"escaped": "\n"}
    for _ in range(depth):
        value = {"a": value}
    return value
